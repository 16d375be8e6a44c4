/** The software that is measured beside ours, and how each is started. */
import fs from "node:fs"
import path from "node:path"
import type { Command } from "./participant.ts"

const bench = path.join(import.meta.dirname, "..")
export const javascriptFolder = path.join(bench, "peers", "javascript")
/** Holds what the install script makes that is no JavaScript. */
export const privateFolder = path.join(bench, ".peers")

interface Peer {
  readonly name: string
  readonly script: string
  /** A folder that is there only when the peer is installed. */
  readonly installed: string
  /** The Python environment it lives in, or undefined for JavaScript. */
  readonly environment?: "torch" | "jax"
}

const javascript = (name: string, script: string, module: string): Peer => ({
  name,
  script: path.join(javascriptFolder, script),
  installed: path.join(javascriptFolder, "node_modules", module),
})
const python = (name: string, script: string, environment: "torch" | "jax", module: string): Peer => ({
  name,
  script: path.join(bench, "peers", "python", script),
  installed: path.join(privateFolder, environment, `${module}.installed`),
  environment,
})

/** In the order in which figures and tables show them. */
export const peers: readonly Peer[] = [
  python("torch", "on_torch.py", "torch", "torch"),
  python("jax", "on_jax.py", "jax", "jax"),
  javascript("jax-js", "on-jax-js.js", "@jax-js/jax"),
  javascript("tfjs-wasm", "on-tfjs.js", "@tensorflow/tfjs-backend-wasm"),
  javascript("onnxruntime-web", "on-onnxruntime.js", "onnxruntime-web"),
  python("snnTorch", "on_snntorch.py", "torch", "snntorch"),
  python("SpikingJelly", "on_spikingjelly.py", "torch", "spikingjelly"),
  python("Norse", "on_norse.py", "torch", "norse"),
  python("Spyx", "on_spyx.py", "jax", "spyx"),
]

export const isInstalled = (peer: Peer): boolean => fs.existsSync(peer.installed)

/** The Python of an environment: `CAJAL_BENCH_TORCH` or `CAJAL_BENCH_JAX` name another one, with other versions installed. */
export const pythonOf = (environment: "torch" | "jax"): string =>
  process.env[`CAJAL_BENCH_${environment.toUpperCase()}`] ?? path.join(privateFolder, environment, "bin", "python")

/** How a peer is started for a number of threads. */
export function commandFor(peer: Peer, threads: number): Command {
  const env = threadSettings(threads)
  return peer.environment === undefined
    ? { name: peer.name, file: process.execPath, args: [peer.script, String(threads)], env }
    : { name: peer.name, file: pythonOf(peer.environment), args: [peer.script, String(threads)], env }
}

export const ourCommand = (threads: number): Command => ({
  name: "cajal",
  file: process.execPath,
  args: [path.join(bench, "ours.ts")],
  env: threadSettings(threads),
})

/** Every library reads its own name for it. */
const threadSettings = (threads: number): Record<string, string> => ({
  CAJAL_THREADS: String(threads),
  OMP_NUM_THREADS: String(threads),
  OPENBLAS_NUM_THREADS: String(threads),
  MKL_NUM_THREADS: String(threads),
  // XLA's pool is as large as the machine: it is held to the processors that it may use.
  XLA_FLAGS: threads === 1 ? "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1" : "",
  PYTHONUNBUFFERED: "1",
})
