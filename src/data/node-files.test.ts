import { createHash } from "node:crypto"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type RequestListener, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { CajalError } from "../engine/errors.ts"
import { getDataset, whereIs } from "./datasets.ts"
import { fetchFiles } from "./fetch-files.ts"
import { type DataFile, DataUnavailable } from "./files.ts"
import { cacheFolder, nodeFiles } from "./node-files.ts"

const content = Uint8Array.from({ length: 200_000 }, (_, i) => i % 253)
const sha256 = createHash("sha256").update(content).digest("hex")

let server: Server
let base: string
let answer: RequestListener = (_, response) => void response.end(content)
let requests = 0
beforeAll(async () => {
  server = createServer((request, response) => {
    requests++
    answer(request, response)
  })
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

let root: string
let cache: string
let data: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "data-"))
  cache = join(root, "cache")
  data = join(root, "data")
  mkdirSync(join(data, "set"), { recursive: true })
  requests = 0
  answer = (_, response) => void response.end(content)
})
afterEach(() => rmSync(root, { recursive: true }))

const file = (more: Partial<DataFile> = {}): DataFile => ({
  path: "set/part.bin",
  urls: [`${base}/part.bin`],
  bytes: content.length,
  sha256,
  ...more,
})
const source = (more: object = {}) => nodeFiles({ dataFolder: data, cacheFolder: cache, offline: false, ...more })
/** Everything that lies in the cache, temporary files too. */
const cached = () => (existsSync(join(cache, "set")) ? readdirSync(join(cache, "set")) : [])

test("the data folder comes first, its files as they are", async () => {
  writeFileSync(join(data, "set/part.bin"), "mine")
  const found = await source().read(file())
  expect([new TextDecoder().decode(found.bytes), found.origin]).toEqual(["mine", "file"])
  expect(requests).toBe(0)
})

test("a download is verified, kept, and found in the cache the next time", async () => {
  const progress: number[] = []
  const first = await source().read(file(), { onProgress: (_, done) => progress.push(done) })
  expect([first.origin, first.where]).toEqual(["download", join(cache, "set/part.bin")])
  expect(Buffer.compare(first.bytes, content)).toBe(0)
  expect(progress.at(-1)).toBe(content.length)
  expect(cached()).toEqual(["part.bin"])
  const second = await source().read(file())
  expect([second.origin, requests]).toEqual(["cache", 1])
  expect(await source().locate(file())).toEqual({ origin: "cache", where: join(cache, "set/part.bin") })
})

test("a second address is tried when the first fails", async () => {
  answer = (request, response) => {
    response.statusCode = request.url === "/gone" ? 404 : 200
    response.end(content)
  }
  const found = await source().read(file({ urls: [`${base}/gone`, `${base}/part.bin`] }))
  expect([found.origin, requests]).toEqual(["download", 2])
})

describe("what is not the official file is refused, and nothing is left behind:", () => {
  const flipped = content.slice()
  flipped[1000] ^= 1
  test.each<[string, RequestListener, RegExp]>([
    ["another content", (_, response) => void response.end(flipped), /SHA-256/],
    ["too short", (_, response) => void response.end(content.subarray(1)), /200000 bytes, found 199999/],
    ["too long", (_, response) => void response.end(new Uint8Array(300_000)), /200000 bytes, found more/],
  ])("%s", async (_, listener, message) => {
    answer = listener
    const error = await source()
      .read(file())
      .catch((caught) => caught)
    expect(error).toBeInstanceOf(CajalError)
    expect(error).not.toBeInstanceOf(DataUnavailable)
    expect(error.message).toMatch(message)
    expect(error.where).toBe(`${base}/part.bin`)
    expect(cached()).toEqual([])
  })
})

describe("data that cannot be had is unavailable, and nothing is left behind:", () => {
  test.each<[string, RequestListener, RegExp]>([
    ["a server without it", (_, response) => void response.writeHead(404).end(), /HTTP 404/],
    ["a connection that breaks off", (_, response) => breakOff(response), /could not be downloaded/],
    ["a server that says nothing", () => {}, /no answer within 0.2 s/],
    ["a server that stops half-way", (_, response) => void response.write(content.subarray(0, 500)), /no answer/],
  ])("%s", async (_, listener, message) => {
    answer = listener
    const error = await source({ idleTimeoutMs: 200 })
      .read(file())
      .catch((caught) => caught)
    expect(error).toBeInstanceOf(DataUnavailable)
    expect(error.message).toMatch(message)
    expect(error.hint).toContain(join(data, "set/part.bin"))
    expect(cached()).toEqual([])
  })

  const breakOff: (response: Parameters<RequestListener>[1]) => void = (response) => {
    response.write(content.subarray(0, 500), () => response.destroy())
  }

  test("no network", async () => {
    const fetcher = async () => {
      throw new TypeError("fetch failed", { cause: new Error("getaddrinfo ENOTFOUND") })
    }
    await expect(source({ fetcher }).read(file())).rejects.toThrow("ENOTFOUND")
  })

  test("downloads switched off, or a file without any", async () => {
    await expect(source({ offline: true }).read(file())).rejects.toThrow("downloads are switched off")
    await expect(source().read(file({ urls: [] }))).rejects.toThrow("no official download")
    expect(requests).toBe(0)
  })
})

test("an abort stops a download with its own reason", async () => {
  answer = (_, response) => void response.write(content.subarray(0, 500))
  const stop = new AbortController()
  const reading = source().read(file(), { signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) })
  await expect(reading).rejects.toThrow("enough")
  expect(cached()).toEqual([])
})

test("a damaged file in the cache is named", async () => {
  mkdirSync(join(cache, "set"), { recursive: true })
  writeFileSync(join(cache, "set/part.bin"), content.subarray(0, 10))
  await expect(source().read(file())).rejects.toThrow("expected 200000 bytes, found 10 bytes")
  writeFileSync(join(cache, "set/part.bin"), content.slice().fill(0, 0, 2))
  await expect(source().read(file())).rejects.toThrow("expected SHA-256")
})

test("a data folder or cache that cannot be one is a clear error", async () => {
  await expect(source({ dataFolder: join(root, "nowhere") }).read(file())).rejects.toThrow(
    "CAJAL_DATA does not name a folder",
  )
  writeFileSync(join(root, "plain"), "")
  await expect(source({ cacheFolder: join(root, "plain") }).read(file())).rejects.toThrow("cannot write to the cache")
})

test("the cache folder is CAJAL_CACHE, else under XDG_CACHE_HOME, else under the home", () => {
  expect(cacheFolder({ CAJAL_CACHE: "/a", XDG_CACHE_HOME: "/b" })).toBe("/a")
  expect(cacheFolder({ XDG_CACHE_HOME: "/b" })).toBe(join("/b", "cajal"))
  expect(cacheFolder({})).toMatch(/\.cache.cajal$/)
})

test("where a dataset is, and getting what is missing", async () => {
  mkdirSync(join(data, "mnist"))
  writeFileSync(join(data, "mnist/train-labels-idx1-ubyte.gz"), "x")
  const places = await whereIs(source({ offline: true }), "mnist")
  expect(places.map(({ place }) => place?.origin)).toEqual([undefined, "file", undefined, undefined])
  await expect(whereIs(source(), "minst")).rejects.toThrow('no dataset "minst"')
  await expect(getDataset(source({ offline: true }), "mnist")).rejects.toBeInstanceOf(DataUnavailable)
  const fetcher = async () => new Response(readFileSync(join(data, "mnist/train-labels-idx1-ubyte.gz")))
  await expect(getDataset(source({ fetcher }), "mnist")).rejects.toThrow("not the official file")
})

test("the browser's source reads what a server has", async () => {
  answer = (request, response) => {
    if (request.url !== "/data/set/part.bin") response.statusCode = 404
    response.end(content)
  }
  const files = fetchFiles(`${base}/data/`)
  expect(await files.locate(file())).toEqual({ origin: "file", where: `${base}/data/set/part.bin` })
  expect(Buffer.compare((await files.read(file())).bytes, content)).toBe(0)
  expect(await files.locate(file({ path: "other" }))).toBeUndefined()
  await expect(files.read(file({ path: "other" }))).rejects.toThrow("HTTP 404")
  await expect(fetchFiles("http://127.0.0.1:9").read(file())).rejects.toBeInstanceOf(DataUnavailable)
})
