/** What a browser must load: the engine beside other libraries that compute on arrays, each whole. */
import fs from "node:fs"
import path from "node:path"
import { bundle, compressedKB, engineEntry } from "./bundle.ts"
import { type DetailedLine, ratioOf } from "./line.ts"
import { javascriptFolder } from "./peers.ts"

/** Entry modules of the peers, and the WebAssembly that they load besides. */
const peerModules: Readonly<Record<string, { entries: readonly string[]; wasm: readonly string[] }>> = {
  "jax-js": { entries: ["@jax-js/jax/dist/index.js"], wasm: [] },
  "tfjs-wasm": {
    entries: ["@tensorflow/tfjs-core/dist/index.js", "@tensorflow/tfjs-backend-wasm/dist/index.js"],
    wasm: ["@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm"],
  },
  "onnxruntime-web": {
    entries: ["onnxruntime-web/dist/ort.wasm.min.mjs"],
    wasm: ["onnxruntime-web/dist/ort-wasm-simd-threaded.wasm"],
  },
}

export async function sizeLines(wanted: (name: string) => boolean): Promise<DetailedLine[]> {
  const absent: Record<string, string> = {}
  const files: Record<string, readonly Uint8Array[]> = { cajal: await bundle(engineEntry) }
  for (const [name, { entries, wasm }] of Object.entries(peerModules)) {
    if (!wanted(name)) continue
    const modules = path.join(javascriptFolder, "node_modules")
    try {
      const bundles = await Promise.all(entries.map((entry) => bundle(path.join(modules, entry))))
      files[name] = [...bundles.flat(), ...wasm.map((file) => fs.readFileSync(path.join(modules, file)))]
    } catch (error) {
      absent[name] = fs.existsSync(path.join(modules, entries[0])) ? (error as Error).message : "not installed"
    }
  }
  return (["brotli", "gzip"] as const).map((method) => {
    const sizes = Object.fromEntries(Object.entries(files).map(([name, own]) => [name, compressedKB[method](own)]))
    const { cajal: ours, ...peers } = sizes
    const samples = Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, [size]]))
    const name = `engine for the browser, minified, ${method}`
    return { name, unit: "KB", ours, peers, ratio: ratioOf("KB", ours, peers), threads: 1, absent, samples }
  })
}
