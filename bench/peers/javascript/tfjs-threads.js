/**
 * TensorFlow.js keeps the threads of its WebAssembly backend to browsers: workers are given their script and its module as Blobs, which Node's do not
 * take. Here they are given the files that the package ships, and the backend runs in Node with as many threads as in a cross-origin isolated page.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import os from "node:os"
import path from "node:path"

const shipped = path.join(import.meta.dirname, "node_modules/@tensorflow/tfjs-backend-wasm/wasm-out")
const moduleFile = path.join(shipped, "tfjs-backend-wasm-threaded-simd.js")

/** To be called before the backend is initialised. */
export function letThreadsRunInNode(count) {
  // The backend takes at most half of the processors that it sees.
  const [processor] = os.cpus()
  os.cpus = () => Array.from({ length: 2 * count }, () => processor)
  const folder = mkdtempSync(path.join(os.tmpdir(), "cajal-bench-tfjs-"))
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }))
  const workerFile = path.join(folder, "worker.cjs")
  // The module expects the two names that Node gives to files, but is evaluated as a script.
  const names = "globalThis.__dirname = __dirname; globalThis.__filename = __filename\n"
  const { wasmWorkerContents } = createRequire(import.meta.url)(moduleFile.replace(/js$/, "worker.js"))
  // A template literal has made line breaks of what must be escapes, as the backend itself repairs.
  writeFileSync(workerFile, names + wasmWorkerContents.replaceAll("\n", "\\n"))

  const threads = process.getBuiltinModule("node:worker_threads")
  threads.Worker = class extends threads.Worker {
    constructor(script, options) {
      super(String(script).startsWith("blob:") ? workerFile : script, options)
    }
    postMessage(message, transfer) {
      const loads = message?.urlOrBlob instanceof Blob
      super.postMessage(loads ? { ...message, urlOrBlob: moduleFile } : message, transfer)
    }
  }
}
