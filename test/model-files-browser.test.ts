/** Model files in a real browser, under the policy of the page: the libraries that read them need no more than WebAssembly. */
import fs from "node:fs"
import http from "node:http"
import type { AddressInfo } from "node:net"
import os from "node:os"
import path from "node:path"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { pagePolicy } from "../src/server/guards.ts"
import { repository } from "./command.ts"
import { buildPage, hasBrowser, launch } from "./fixtures/browser.ts"

const files = path.join(repository, "src/data/formats/fixtures/nir")
const types: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".json": "application/json" }

describe.runIf(hasBrowser("of model files in a browser"))("in Chromium", () => {
  let folder: string
  let browser: Browser
  let server: http.Server

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-page-"))
    await buildPage("test/fixtures/model-files-page", folder)
    for (const ending of ["nir", "json"])
      fs.copyFileSync(path.join(files, `snntorch-recurrent.${ending}`), path.join(folder, `net.${ending}`))
    browser = await launch()
  }, 90_000)

  afterAll(async () => {
    await browser?.close()
    server?.close()
    fs.rmSync(folder, { recursive: true, force: true })
  })

  test("a NIR file runs, is written, and becomes an ONNX model; HDF5's library is a file of its own", async () => {
    const asked: string[] = []
    server = http.createServer((request, response) => {
      const name = path.normalize(request.url === "/" ? "/index.html" : (request.url ?? ""))
      const file = path.join(folder, name)
      asked.push(name)
      if (!file.startsWith(folder) || !fs.existsSync(file)) return response.writeHead(404).end()
      const type = types[path.extname(file)] ?? "application/octet-stream"
      response.writeHead(200, { "Content-Type": type, "Content-Security-Policy": pagePolicy })
      response.end(fs.readFileSync(file))
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await page.waitForFunction(() => document.body?.textContent?.includes("}"), undefined, { timeout: 90_000 })
    const result = JSON.parse((await page.textContent("body")) ?? "") as {
      spikes: unknown
      same: boolean
      error: string
    }
    expect(result.error).toBeUndefined()
    const { output } = JSON.parse(fs.readFileSync(path.join(files, "snntorch-recurrent.json"), "utf8"))
    expect(result.spikes).toEqual(output)
    expect(result.same).toBe(true)
    const large = asked.filter((name) => name.endsWith(".js") && fs.statSync(path.join(folder, name)).size > 2_000_000)
    expect(large).toHaveLength(1)
    expect(asked.indexOf(large[0])).toBeGreaterThan(asked.indexOf("/net.json"))
  }, 120_000)
})
