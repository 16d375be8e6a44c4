/**
 * Web workers for libraries that know only the browser's: the part of `Worker` that they use, on Node's worker threads. With it they run in Node with
 * as many threads as in a cross-origin isolated page.
 */
import { resolveObjectURL } from "node:buffer"
import { Worker as NodeWorker } from "node:worker_threads"

// What a worker's script expects to find.
const prelude = `
const { parentPort } = require("node:worker_threads")
globalThis.self = globalThis
globalThis.postMessage = (data, transfer) => parentPort.postMessage(data, transfer)
parentPort.on("message", (data) => globalThis.onmessage?.({ data }))
`

class WebWorker {
  onmessage = null
  onerror = null
  #worker
  #early = []

  constructor(url) {
    resolveObjectURL(String(url))
      .text()
      .then((source) => {
        this.#worker = new NodeWorker(prelude + source, { eval: true })
        this.#worker.on("message", (data) => this.onmessage?.({ data }))
        this.#worker.on("error", (error) => this.onerror?.(error))
        this.#worker.unref()
        for (const [data, transfer] of this.#early) this.#worker.postMessage(data, transfer)
      })
  }

  postMessage(data, transfer) {
    if (this.#worker === undefined) this.#early.push([data, transfer])
    else this.#worker.postMessage(data, transfer)
  }

  terminate() {
    this.#worker?.terminate()
  }
}

/** Makes `Worker` and the number of processors that pages see. */
export function installWebWorkers(threads) {
  globalThis.Worker = WebWorker
  Object.defineProperty(globalThis.navigator, "hardwareConcurrency", { value: threads, configurable: true })
}
