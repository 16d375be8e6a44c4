import { simplify } from "../compile/simplify.ts"
import {
  activeDevice,
  type Device,
  type Executable,
  type KernelTime,
  onDevice,
  type ProgramReport,
  type Storage,
} from "../devices/device.ts"
import { operationError } from "../errors.ts"
import type { Graph } from "../graph.ts"
import type { TensorType } from "../primitive.ts"
import { printGraph, typeKey } from "../print.ts"
import { Tensor } from "../tensor.ts"
import { currentTrace, traceGraph } from "../trace.ts"
import { type Flat, flatten, identityOf, type Structure, structureKey, type Tree, unflatten } from "../tree.ts"
import { explainNaN, hasNaN } from "./trap.ts"

export interface JitOptions {
  /**
   * Positions of arguments that the caller gives away: their tensors are freed after the run and must not be used again. A
   * training loop gives away the model and the optimiser's state, and so runs in constant memory.
   */
  readonly donate?: readonly number[]
  /**
   * Looks for NaN in the results of every run, and where there is one finds the operator that made it: an error with its name, shape and
   * step instead of a NaN that spreads. For finding mistakes; costs a look at all results. Default false.
   */
  readonly trapNaN?: boolean
}

/** A function compiled for one signature. */
export interface Program {
  readonly graph: Graph
  readonly device: Device
  readonly report: ProgramReport
  /** The graph as a person reads it. */
  toString(): string
}

interface Compiled extends Program {
  readonly executable: Executable
  /** Tensors that the function closed over: inputs before those of the arguments. */
  readonly captured: readonly Tensor[]
  readonly result: Structure
}

/** A compiled function. */
export type Jitted<A extends Tree[], R extends Tree> = ((...args: A) => R) & {
  /** The program for these arguments, compiled if need be. */
  program(...args: A): Program
  /** The time of each kernel in a run on these arguments (none is given away), longest first; empty where the device cannot tell. */
  profile(...args: A): KernelTime[]
  /** Forgets all its programs. */
  dispose(): void
}

/** Told of every run of a compiled function, before it: see `Meter`. */
type RunObserver = (graph: Graph, inputs: readonly Tensor[]) => void
let observer: RunObserver | undefined

export const observeRuns = (next: RunObserver | undefined): void => {
  observer = next
}

const mostPrograms = 1024
const profiledRuns = 5

/**
 * The function as a compiled program: traced once per signature (structure and static values of the arguments, shapes and dtypes
 * of their tensors, device), then run without tracing. `fn` must be pure: its side effects happen only while it is traced.
 * Inside another traced function it becomes part of it.
 */
export function jit<A extends Tree[], R extends Tree>(fn: (...args: A) => R, options: JitOptions = {}): Jitted<A, R> {
  const programs = new Map<string, Compiled>()
  const lookup = (flat: Flat, device: Device): Compiled => {
    const types = flat.leaves.map((x) => x.type)
    const key = `${identityOf(device)} ${structureKey(flat.structure)} ${types.map(typeKey).join(" ")}`
    const known = programs.get(key)
    if (known !== undefined) return known
    if (programs.size >= mostPrograms)
      throw operationError(`jit compiled ${mostPrograms} programs for one function`, {
        hint: "a static argument changes at every call: pass changing numbers as tensors, scalar(x)",
      })
    const made = compile(fn, flat, types, device)
    programs.set(key, made)
    return made
  }
  const call = (...args: A): R => {
    if (currentTrace() !== undefined) return fn(...args)
    const device = activeDevice()
    const flat = flatten(args)
    const { executable, captured, result, graph } = lookup(flat, device)
    const given = [...captured, ...flat.leaves]
    observer?.(graph, given)
    const inputs = given.map((x) => onDevice(device, x.type, x.storage))
    const outputs = executable.run(inputs).map((storage, i) => Tensor.stored(graph.outputs[i].type, storage))
    releaseCopies(inputs, given)
    if (options.trapNaN === true && outputs.some(hasNaN)) explainNaN(graph, given)
    for (const position of options.donate ?? [])
      for (const x of flatten(args[position]).leaves) x.retire("given away to a compiled function")?.free()
    return unflatten(result, outputs)
  }
  return Object.assign(call, {
    program: (...args: A): Program => lookup(flatten(args), activeDevice()),
    profile: (...args: A): KernelTime[] => {
      const flat = flatten(args)
      const device = activeDevice()
      const { executable, captured } = lookup(flat, device)
      const given = [...captured, ...flat.leaves]
      const inputs = given.map((x) => onDevice(device, x.type, x.storage))
      const times = executable.profile?.(inputs, profiledRuns) ?? []
      releaseCopies(inputs, given)
      return times.sort((a, b) => b.ms - a.ms)
    },
    dispose: () => {
      for (const { executable } of programs.values()) executable.dispose()
      programs.clear()
    },
  })
}

/** Frees what was copied from another device for one run. */
function releaseCopies(inputs: readonly Storage[], given: readonly Tensor[]): void {
  inputs.forEach((storage, i) => {
    if (storage !== given[i].storage) storage.free()
  })
}

function compile<A extends Tree[]>(
  fn: (...args: A) => Tree,
  flat: Flat,
  types: readonly TensorType[],
  device: Device,
): Compiled {
  let result: Structure = { kind: "static", value: undefined }
  const traced = traceGraph(types, (...leaves) => {
    const made = flatten(fn(...(unflatten(flat.structure, leaves) as A)))
    result = made.structure
    return made.leaves
  })
  const graph = simplify(traced.graph)
  const executable = device.compile(graph)
  return {
    graph,
    device,
    executable,
    captured: traced.captured,
    result,
    report: executable.report,
    toString: () => printGraph(graph),
  }
}

/** A number as a tensor, so that a compiled function can be run with another one without being compiled again. */
export const scalar = (x: number, dtype: "f32" | "f64" | "i32" = "f32"): Tensor =>
  Tensor.from({
    dtype,
    shape: [],
    data: dtype === "f32" ? new Float32Array([x]) : dtype === "f64" ? new Float64Array([x]) : new Int32Array([x]),
  })

/** Traces `fn` for tensors of the given trees without running it: the shapes and dtypes it would return. */
export function evalShape<A extends Tree[], R extends Tree>(
  fn: (...args: A) => R,
  ...args: A
): { types: TensorType[]; graph: Graph } {
  const flat = flatten(args)
  const { graph } = traceGraph(
    flat.leaves.map((x) => x.type),
    (...leaves) => flatten(fn(...(unflatten(flat.structure, leaves) as A))).leaves,
  )
  return { types: graph.outputs.map((v) => v.type), graph }
}
