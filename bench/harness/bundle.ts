/** The engine as a page would load it: one minified file for the browser. */
import path from "node:path"
import { brotliCompressSync, constants, gzipSync } from "node:zlib"
import { rolldown } from "rolldown"

export const engineEntry = path.join(import.meta.dirname, "..", "..", "src", "engine", "index.ts")

/** Everything that a module exports, with what it needs, minified: all files of the bundle. */
export async function bundle(entry: string): Promise<Uint8Array[]> {
  const build = await rolldown({
    input: entry,
    platform: "browser",
    // What a library asks of Node where it finds itself there is no part of a page.
    external: [/^node:/, "fs", "path", "os", "worker_threads", "perf_hooks", "crypto", "util", "string_decoder"],
    logLevel: "silent",
  })
  try {
    const { output } = await build.generate({ format: "esm", minify: true })
    return output.map((file) => Buffer.from(file.type === "chunk" ? file.code : file.source))
  } finally {
    await build.close()
  }
}

const brotli = (bytes: Uint8Array): number =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length

/** Bytes that a server sends for the files, in units of 1,000. */
export const compressedKB = {
  brotli: (files: readonly Uint8Array[]): number => files.reduce((total, file) => total + brotli(file), 0) / 1000,
  gzip: (files: readonly Uint8Array[]): number =>
    files.reduce((total, file) => total + gzipSync(file, { level: 9 }).length, 0) / 1000,
}
