/** `cajal serve` as strangers meet it: the page, datasets, votes, and all that it refuses. */
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { cajal } from "./command.ts"
import { builtPage, emptyPage, endAll, json, newFolder, raw, type Served, serve, smoke } from "./fixtures/server.ts"

let shared: Served
let cwd: string
beforeAll(async () => {
  cwd = newFolder()
  shared = await serve(cwd, await builtPage())
}, 120_000)
afterAll(endAll)

describe("the page", () => {
  test("is isolated, allows only its own files, and is kept by name", async () => {
    const { status, body, headers } = await shared.ask("")
    expect(status).toBe(200)
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin")
    expect(headers.get("cross-origin-embedder-policy")).toBe("require-corp")
    const policy = headers.get("content-security-policy")!
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain("unsafe-inline")
    expect(headers.get("cache-control")).toBe("no-cache")
    const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(body.text as string)![1]!
    const asset = await shared.ask(script, { headers: { "Accept-Encoding": "br" } })
    expect(asset.headers.get("cache-control")).toContain("immutable")
    expect(asset.headers.get("content-encoding")).toBe("br")
    expect(asset.headers.get("cross-origin-embedder-policy")).toBe("require-corp")
    const plain = await fetch(shared.address + script, { headers: { "Accept-Encoding": "identity" } })
    expect(plain.headers.get("content-encoding")).toBe(null)
    expect(await plain.text()).toBe(asset.body.text)
    const again = await shared.ask(script, { headers: { "If-None-Match": asset.headers.get("etag")! } })
    expect([again.status, again.body.text]).toEqual([304, ""])
    expect((await fetch(shared.address, { method: "HEAD" })).status).toBe(200)
  })

  test("datasets are served by their names, and nothing is downloaded for a request", async () => {
    const text = await fetch(`${shared.address}data/tinyshakespeare/input.txt`)
    expect(await text.text()).toBe("First Citizen: ä\n")
    expect(text.headers.get("content-length")).toBe("18")
    expect((await fetch(`${shared.address}data/tinyshakespeare/input.txt`, { method: "HEAD" })).status).toBe(200)
    const missing = await shared.ask("data/wikitext-2/wikitext-2-v1.zip")
    expect(missing.status).toBe(404)
    expect((await shared.ask("data/secret.txt")).status).toBe(404)
  })

  test.each([
    "/../../../../etc/passwd",
    "/..%2f..%2f..%2fetc%2fpasswd",
    "/%2e%2e/%2e%2e/package.json",
    "/assets/..%5c..%5cpackage.json",
    "/data/../secret.txt",
    "/data/..%2fsecret.txt",
    "/data/tinyshakespeare/..%2f..%2fsecret.txt",
    "/data/%2fetc%2fpasswd",
    "/api/runs/..%2f..%2f.server/result",
    "/api/runs/..%2f../stream",
    "/assets/%00",
    "//etc/passwd",
  ])("%s leads nowhere", async (target) => {
    const { status, text } = await raw(shared.address, target)
    expect(status).toBe(404)
    expect(Object.keys(JSON.parse(text))).toContain("error")
  })

  test("an address that is not well encoded is refused", async () => {
    for (const target of ["/%zz", "/data/%e4%", "/api/runs/%ff"])
      expect([400, 404]).toContain((await raw(shared.address, target)).status)
    expect((await raw(shared.address, "/%zz")).status).toBe(400)
  })
})

describe("what is refused has a status and one line", () => {
  const mistakes: [string, RequestInit, number, string][] = [
    ["api/runs", json("{"), 400, "no valid JSON"],
    ["api/runs", json("[]"), 400, "must be a JSON object"],
    ["api/runs", json(""), 400, "no valid JSON"],
    ["api/runs", { method: "POST", body: "{}" }, 415, "must be JSON"],
    ["api/runs", json({ ...smoke, extra: 1 }), 400, 'unknown field "extra"'],
    ["api/runs", json({ system: 7 }), 400, "system must be"],
    ["api/runs", json({ system: "../sltt" }), 404, "there is no system"],
    ["api/runs", json({ system: "sltr" }), 404, 'there is no system "sltr"'],
    ["api/runs", json({ system: "__proto__" }), 404, "there is no system"],
    ["api/runs", json({ system: "spikegpt" }), 422, "spikegpt does not run here yet"],
    ["api/runs", json({ ...smoke, preset: "huge" }), 422, "preset must be one of"],
    ["api/runs", json({ ...smoke, seed: -1 }), 422, "seed must be a whole number"],
    ["api/runs", json({ ...smoke, parameters: [] }), 400, "parameters must be"],
    ["api/runs", json({ ...smoke, parameters: { celsl: 3 } }), 422, 'no parameter "celsl"'],
    ["api/runs", json({ ...smoke, parameters: { cells: 1 } }), 422, "cells must lie in 2..5000"],
    ["api/runs", json('{"system": "self-sorting", "parameters": {"__proto__": 1}}'), 422, "no parameter"],
    ["api/runs", json({ ...smoke, filling: "x".repeat(70_000) }), 413, "65536 bytes at most"],
    ["api/runs/nothing", {}, 404, "there is no run"],
    ["api/runs/nothing/stream", {}, 404, "there is no run"],
    ["api/runs/nothing/stop", { method: "POST" }, 404, "there is no run"],
    ["api/runs?limit=0", {}, 400, "limit must be"],
    ["api/runs?before=then", {}, 400, "before must be"],
    ["api/runs?system=sltr", {}, 404, "there is no system"],
    ["api/papers/sltr/vote", { method: "PUT" }, 404, "there is no system"],
    ["api/nothing", {}, 404, "there is no"],
    ["api/runs", { method: "DELETE" }, 405, "DELETE is not possible"],
    ["api/health", { method: "POST" }, 405, "POST is not possible"],
    ["index.html", { method: "PUT" }, 405, "PUT is not possible"],
    [
      "api/runs",
      { ...json(smoke), headers: { ...json(smoke).headers, Origin: "http://evil.example" } },
      403,
      "another",
    ],
    [
      "api/runs",
      { ...json(smoke), headers: { ...json(smoke).headers, "Sec-Fetch-Site": "cross-site" } },
      403,
      "another",
    ],
    ["api/papers/sltt/vote", { method: "PUT", headers: { Origin: "null" } }, 403, "another site"],
  ]
  test.each(mistakes)("%s %j: %d", async (name, options, expected, words) => {
    const { status, body, headers } = await shared.ask(name, options)
    expect({ status, error: body.error }).toEqual({ status: expected, error: expect.stringContaining(words) })
    expect(body.error).not.toContain("\n")
    expect(headers.get("content-security-policy")).toContain("default-src 'self'")
    expect((await shared.ask("api/runs")).body).toEqual({ runs: [] })
  })

  test("a body without a length is read no further than allowed", async () => {
    const endlessBody = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(16_384).fill(32)),
    })
    const request = fetch(`${shared.address}api/runs`, {
      ...json(""),
      body: endlessBody,
      duplex: "half",
    } as RequestInit)
    expect(
      await request.then(
        ({ status }) => status,
        () => "closed",
      ),
    ).toBe(413)
  })

  test("another name for this machine is not answered to", async () => {
    expect((await raw(shared.address, "/api/health", { Host: "evil.example" })).status).toBe(403)
    expect((await raw(shared.address, "/api/health", { Host: "evil.example:4200" })).status).toBe(403)
    expect((await raw(shared.address, "/api/health", { Host: "a b" })).status).toBe(400)
    expect(
      (await raw(shared.address, "/api/health", { Host: `localhost:${new URL(shared.address).port}` })).status,
    ).toBe(200)
  })
})

describe("votes", () => {
  test("are one a browser, can be taken back, and make papers trend", async () => {
    const put = (cookie?: string, method = "PUT") =>
      shared.ask("api/papers/sltt/vote", { method, ...(cookie === undefined ? {} : { headers: { Cookie: cookie } }) })
    const first = await put()
    expect(first.body).toEqual({ votes: 1, voted: true, trending: 1 })
    const set = first.headers.get("set-cookie")!
    expect(set).toMatch(/HttpOnly/)
    expect(set).toMatch(/SameSite=Strict/)
    const cookie = set.split(";")[0]!
    const again = await put(cookie)
    expect([again.body.votes, again.headers.get("set-cookie")]).toEqual([1, null])
    expect((await put("cajal-browser=of-my-own")).body.votes).toBe(2)
    const all = (await shared.ask("api/papers", { headers: { Cookie: cookie } })).body.sltt as Record<string, unknown>
    expect([all.votes, all.voted]).toEqual([2, true])
    expect((await shared.ask("api/papers")).body.sltt).toMatchObject({ votes: 2, voted: false })
    expect((await put(cookie, "DELETE")).body).toMatchObject({ votes: 1, voted: false })
    expect((await put(cookie, "DELETE")).body.votes).toBe(1)
  })
})

test("a second server on the same runs or port is refused in words", async () => {
  const same = await cajal(["serve", "--port", "0", "--page", emptyPage()], { cwd })
  expect([same.code, same.err]).toEqual([2, expect.stringMatching(/^cajal: process \d+ serves these runs already/)])
  const port = await cajal(["serve", "--page", emptyPage(), "--port", new URL(shared.address).port], {
    cwd: newFolder(),
  })
  expect([port.code, port.err]).toEqual([2, expect.stringContaining("is taken")])
  const flag = await cajal(["serve", "--port", "many"], { cwd: newFolder() })
  expect([flag.code, flag.err]).toEqual([2, expect.stringContaining("--port must be a whole number in 0..65535")])
  const empty = await cajal(["serve", "--page", newFolder()], { cwd: newFolder() })
  expect([empty.code, empty.err]).toEqual([2, expect.stringContaining("there is no built page in this folder")])
}, 30_000)
