import { deflateRawSync, gzipSync } from "node:zlib"
import { describe, expect, test } from "vitest"
import { CajalError } from "../../engine/errors.ts"
import { gunzip, inflateRaw, unpackStream } from "./gzip.ts"

const content = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) % 251)
const packed = new Uint8Array(gzipSync(content))
const options = { where: "some.gz", maxBytes: 100_000 }

describe("gunzip", () => {
  test("gives the content back, in both ways", async () => {
    expect(await gunzip(packed, options)).toEqual(expect.objectContaining({ length: content.length }))
    expect(Buffer.compare(await gunzip(packed, options), content)).toBe(0)
    expect(Buffer.compare(await unpackStream(packed, "gzip", 100_000), content)).toBe(0)
    expect(Buffer.compare(await inflateRaw(deflateRawSync(content), options), content)).toBe(0)
  })

  const flipped = packed.slice()
  flipped[packed.length >> 1] ^= 1
  test.each([
    ["cut short", packed.subarray(0, packed.length - 9)],
    ["without its checksum", packed.subarray(0, packed.length - 8)],
    ["with one bit changed", flipped],
    ["with something after it", new Uint8Array([...packed, 0, 1, 2])],
    ["not gzip at all", new TextEncoder().encode("<html>not found</html>")],
    ["empty", new Uint8Array(0)],
  ])("refuses a file that is %s, naming it", async (_, damagedFile) => {
    const error = await gunzip(damagedFile, options).catch((caught) => caught)
    expect(error).toBeInstanceOf(CajalError)
    expect(error.where).toBe("some.gz")
    expect(error.message).toMatch(/expected .*, found /)
    expect(error.hint).toBeDefined()
  })

  test("stops when more comes out than may", async () => {
    await expect(gunzip(packed, { ...options, maxBytes: 99_999 })).rejects.toThrow("at most 99999 bytes unpacked")
    await expect(unpackStream(packed, "gzip", 99_999)).rejects.toThrow()
  })
})
