/** The software that is measured beside ours, and how each is started. */
import fs from "node:fs"
import path from "node:path"
import type { Group } from "./case.ts"
import type { Command } from "./participant.ts"

const bench = path.join(import.meta.dirname, "..")
export const javascriptFolder = path.join(bench, "peers", "javascript")
const nativeFolder = path.join(bench, "peers", "native")
/** Holds what the install script makes that is no JavaScript. */
export const privateFolder = path.join(bench, ".peers")

export interface Peer {
  readonly name: string
  /** The groups it has anything for. */
  readonly groups: readonly Group[]
  readonly script: string
  /** A folder that is there only when the peer is installed. */
  readonly installed: string
  /** The Python environment it lives in, or undefined for JavaScript. */
  readonly environment?: Environment
  /** What its script is told besides the number of threads. */
  readonly options?: readonly string[]
}

export type Environment = "torch" | "jax" | "brian2" | "brainpy" | "nest"

const everything: readonly Group[] = ["dense", "spiking", "scan"]
const spikingOnly: readonly Group[] = ["spiking"]
const simulationOnly: readonly Group[] = ["simulation"]

const javascript = (name: string, script: string, module: string): Peer => ({
  name,
  groups: everything,
  script: path.join(javascriptFolder, script),
  installed: path.join(javascriptFolder, "node_modules", module),
})
const python = (name: string, script: string, environment: Environment, module: string, groups = everything): Peer => ({
  name,
  groups,
  script: path.join(bench, "peers", "python", script),
  installed: path.join(privateFolder, environment, `${module}.installed`),
  environment,
})
const simulator = (name: string, environment: Environment, script: string, ...options: readonly string[]): Peer => ({
  ...python(name, script, environment, environment, simulationOnly),
  options,
})
/** The loop by hand, compiled when it is first asked. */
const native = (name: string, ...options: readonly string[]): Peer => ({
  name,
  groups: simulationOnly,
  script: path.join(nativeFolder, "on-native.js"),
  installed: path.join(nativeFolder, "coba.c"),
  options,
})

/** In the order in which figures and tables show them. */
export const peers: readonly Peer[] = [
  python("torch", "on_torch.py", "torch", "torch"),
  python("jax", "on_jax.py", "jax", "jax"),
  javascript("jax-js", "on-jax-js.js", "@jax-js/jax"),
  javascript("tfjs-wasm", "on-tfjs.js", "@tensorflow/tfjs-backend-wasm"),
  javascript("onnxruntime-web", "on-onnxruntime.js", "onnxruntime-web"),
  python("snnTorch", "on_snntorch.py", "torch", "snntorch", spikingOnly),
  python("SpikingJelly", "on_spikingjelly.py", "torch", "spikingjelly", spikingOnly),
  python("Norse", "on_norse.py", "torch", "norse", spikingOnly),
  python("Spyx", "on_spyx.py", "jax", "spyx", spikingOnly),
  simulator("Brian2 Cython", "brian2", "on_brian2.py"),
  simulator("Brian2 C++", "brian2", "on_brian2_cpp.py"),
  simulator("Brian2 C++ OpenMP", "brian2", "on_brian2_cpp.py", "openmp"),
  simulator("BrainPy", "brainpy", "on_brainpy.py"),
  simulator("NEST", "nest", "on_nest.py"),
  native("native C"),
  native("native C, 1 thread", "alone"),
]

/** A Python that is used instead of an environment's, with other versions installed: `CAJAL_BENCH_TORCH`, `CAJAL_BENCH_JAX`, and so on. */
const givenPython = (environment: Environment | undefined): string | undefined =>
  environment && process.env[`CAJAL_BENCH_${environment.toUpperCase()}`]

export const isInstalled = (peer: Peer): boolean =>
  givenPython(peer.environment) !== undefined || fs.existsSync(peer.installed)

export const pythonOf = (environment: Environment): string =>
  givenPython(environment) ?? path.join(privateFolder, environment, "bin", "python")

/** How a peer is started for a number of threads. */
export function commandFor(peer: Peer, threads: number): Command {
  const file = peer.environment === undefined ? process.execPath : pythonOf(peer.environment)
  return {
    name: peer.name,
    file,
    args: [peer.script, String(threads), ...(peer.options ?? [])],
    env: threadSettings(threads),
  }
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
  PYTHONUNBUFFERED: "1",
  // Debian's torch multiplies with whatever BLAS is found first: this one shares its threads with torch's own loops.
  LD_LIBRARY_PATH: [sharedThreadsBlas, process.env.LD_LIBRARY_PATH].filter(Boolean).join(":"),
})

const sharedThreadsBlas = "/usr/lib/x86_64-linux-gnu/openblas-openmp"
