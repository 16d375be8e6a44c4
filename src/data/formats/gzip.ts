/** Decompression with what both Node and browsers have built in. */
import { damaged } from "../files.ts"

interface InflateOptions {
  /** What error messages call the file. */
  where: string
  /** The most bytes that may come out; more is damage (or malice), and stops at once. */
  maxBytes: number
}

/**
 * The content of a gzip file.
 * @throws CajalError when it is not one, ends early, fails its checksum, or unpacks to more than `maxBytes`
 */
export async function gunzip(packed: Uint8Array, options: InflateOptions): Promise<Uint8Array> {
  if (packed[0] !== 0x1f || packed[1] !== 0x8b) {
    throw damaged(options.where, "a gzip file (first bytes 1f 8b)", firstBytes(packed))
  }
  return inflate(packed, "gzip", options)
}

/** The content of a raw deflate stream, as zip archives hold it. */
export const inflateRaw = (packed: Uint8Array, options: InflateOptions): Promise<Uint8Array> =>
  inflate(packed, "deflate-raw", options)

// Node's zlib is four times as fast as its web streams; asked for this way, browsers and bundlers never see it.
const zlib = globalThis.process?.getBuiltinModule?.("node:zlib")

async function inflate(packed: Uint8Array, format: CompressionFormat, options: InflateOptions): Promise<Uint8Array> {
  const unpack = zlib === undefined ? unpackStream : unpackWithZlib
  try {
    return await unpack(packed, format, options.maxBytes)
  } catch (error) {
    if (error instanceof TooLong || (error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") {
      throw damaged(options.where, `at most ${options.maxBytes} bytes unpacked`, "more", error)
    }
    const found = `a file of ${packed.length} bytes that breaks off or is corrupt (${(error as Error).message})`
    throw damaged(options.where, "whole compressed data", found, error)
  }
}

class TooLong extends Error {}

/** Unpacks with web streams. Exported for its test: in Node the other way is taken. */
export async function unpackStream(packed: Uint8Array, format: CompressionFormat, maxBytes: number) {
  const chunks: Uint8Array[] = []
  let length = 0
  const source = new Blob([packed as Uint8Array<ArrayBuffer>]).stream()
  const reader = source.pipeThrough(new DecompressionStream(format)).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    length += value.length
    if (length > maxBytes) {
      await reader.cancel().catch(() => undefined)
      throw new TooLong()
    }
  }
  const content = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    content.set(chunk, offset)
    offset += chunk.length
  }
  return content
}

function unpackWithZlib(packed: Uint8Array, format: CompressionFormat, maxBytes: number): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  const { gunzip, inflateRaw } = zlib as NonNullable<typeof zlib>
  const unpack = format === "gzip" ? gunzip : inflateRaw
  // With `info` zlib also hands back its engine, which knows how much of the input it used.
  unpack(packed, { maxOutputLength: maxBytes, info: true }, (error, result) => {
    if (error !== null) return reject(error)
    const { buffer, engine } = result as unknown as { buffer: Uint8Array; engine: { bytesWritten: number } }
    if (engine.bytesWritten !== packed.length) return reject(new Error("something follows the compressed data"))
    resolve(buffer)
  })
  return promise
}

/** The first bytes of a file as an error message shows them. */
export const firstBytes = (bytes: Uint8Array): string =>
  bytes.length === 0
    ? "an empty file"
    : `a file that starts ${[...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}`
