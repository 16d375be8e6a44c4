/** The engine in a real browser: threads where the page is isolated, one thread where it is not, and the same bits as in Node. */
import fs from "node:fs"
import http from "node:http"
import type { AddressInfo } from "node:net"
import os from "node:os"
import path from "node:path"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { programs } from "../src/engine/devices/wasm/testing-threads.ts"
import { device } from "../src/engine/index.ts"
import { buildPage, hasBrowser, launch } from "./fixtures/browser.ts"
import { digest } from "./fixtures/page/digest.ts"

const types: Record<string, string> = { ".html": "text/html", ".js": "text/javascript" }
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" }

describe.runIf(hasBrowser("in a browser"))("in Chromium", () => {
  let folder: string
  let browser: Browser
  const servers: http.Server[] = []

  const serve = async (headers: Record<string, string>): Promise<string> => {
    const server = http.createServer((request, response) => {
      const file = path.join(folder, path.normalize(request.url === "/" ? "/index.html" : (request.url ?? "")))
      if (!file.startsWith(folder) || !fs.existsSync(file)) return response.writeHead(404).end()
      response.writeHead(200, { "Content-Type": types[path.extname(file)] ?? "text/plain", ...headers })
      response.end(fs.readFileSync(file))
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  }

  const resultOf = async (headers: Record<string, string>) => {
    const page = await browser.newPage()
    await page.goto(await serve(headers))
    await page.waitForFunction(() => document.body?.textContent?.includes("}"), undefined, { timeout: 90_000 })
    const text = (await page.textContent("body")) ?? ""
    await page.close()
    return JSON.parse(text) as { isolated: boolean; defaults: number; digests: Record<string, number[]> }
  }

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-page-"))
    await buildPage("test/fixtures/page", folder)
    browser = await launch()
  }, 90_000)

  afterAll(async () => {
    await browser?.close()
    for (const server of servers) server.close()
    fs.rmSync(folder, { recursive: true, force: true })
  })

  const here = () => {
    const strict = device("wasm", { threads: 1, numerics: "strict" })
    return Object.fromEntries(Object.entries(programs).map(([name, program]) => [name, digest(strict, program)]))
  }

  test("isolated: the bits of Node on 1, 2 and 3 threads", async () => {
    const { isolated, defaults, digests } = await resultOf(isolation)
    expect(isolated).toBe(true)
    expect(defaults).toBe(Math.min(8, os.availableParallelism()))
    for (const [name, expected] of Object.entries(here()))
      expect([name, ...(digests[name] ?? [])]).toEqual([name, expected, expected, expected])
  }, 120_000)

  test("not isolated: one thread, and it says so", async () => {
    const { isolated, defaults, digests } = await resultOf({})
    expect([isolated, defaults]).toEqual([false, 1])
    for (const [name, expected] of Object.entries(here()))
      expect([name, ...(digests[name] ?? [])]).toEqual([name, expected, expected])
  }, 120_000)
})
