import { bytesOf, type DType, type HostArray, type TypedArray, viewOf } from "../../dtype.ts"
import { CajalError } from "../../errors.ts"
import type { Graph, Value } from "../../graph.ts"
import { sizeOf } from "../../shape.ts"
import type { Device, Executable, KernelReport, KernelTime, Storage } from "../device.ts"
import { activeProfile, type WatchedProgram } from "../profiling.ts"
import { type FunctionBuilder, features, i32, ModuleBuilder } from "./assembler/index.ts"
import { Choice } from "./choice.ts"
import { Crew, checkThreads, defaultThreads } from "./crew.ts"
import { Heap, mostPages } from "./heap.ts"
import { hostMath } from "./host-math.ts"
import { lowerGraph, type ModuleContext } from "./lower.ts"
import { Notes } from "./notes.ts"
import { emitSteps, isParallel } from "./region.ts"
import { control, formTeam, worthWaking } from "./team.ts"
import { newBuffer, wholeView } from "./views.ts"

/** `strict`: the same bits on every machine; `fast` may round a product and a sum at once, where the machine can. */
export type Numerics = "fast" | "strict"

export interface WasmOptions {
  /** How many threads work together; by default CAJAL_THREADS, or as many as there are cores. */
  readonly threads?: number
  /** Default `fast`. Either gives the same bits for any number of threads. */
  readonly numerics?: Numerics
}

/** A tensor's elements in the heap. */
class HeapStorage implements Storage {
  readonly device: WasmDevice
  readonly address: number
  readonly #dtype: DType
  readonly #size: number
  #freed = false

  constructor(device: WasmDevice, address: number, dtype: DType, size: number) {
    this.device = device
    this.address = address
    this.#dtype = dtype
    this.#size = size
  }
  read(): TypedArray {
    return viewOf(this.#dtype, this.device.heap.memory.buffer, this.address, this.#size).slice()
  }
  free(): void {
    if (this.#freed) return
    this.#freed = true
    this.device.heap.free(this.address)
  }
}

const bytesFor = ({ type }: Value): number => sizeOf(type.shape) * bytesOf[type.dtype]
const total = (values: readonly Value[]): number => values.reduce((n, v) => n + bytesFor(v), 0)

/** Programs as WebAssembly modules generated at run time; all tensors and programs in one memory. */
class WasmDevice implements Device {
  readonly name = "wasm"
  readonly threads: number
  readonly numerics: Numerics
  readonly heap: Heap
  readonly controlAddress: number
  readonly #crew: Crew | undefined
  #programs = 0
  /** Scratch space that programs share: one runs at a time. */
  #arena = { address: 0, bytes: 0 }
  #table = { address: 0, entries: 0 }

  constructor(threads: number, numerics: Numerics) {
    this.threads = threads
    this.numerics = numerics
    this.heap = new Heap(threads > 1)
    this.controlAddress = this.heap.allocate(control.bytes)
    this.#crew = threads > 1 ? new Crew(this.heap.memory, this.controlAddress, threads) : undefined
  }

  async ready(): Promise<void> {
    await this.#crew?.ready()
  }

  upload(array: HostArray): Storage {
    const address = this.heap.allocate(array.data.byteLength)
    viewOf(array.dtype, this.heap.memory.buffer, address, array.data.length).set(array.data as never)
    return new HeapStorage(this, address, array.dtype, array.data.length)
  }

  compile(graph: Graph): Executable {
    const started = performance.now()
    const { bytes, arenaBytes, context, parallel } = assemble(graph, this)
    const module = new WebAssembly.Module(bytes)
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.heap.memory }, math: hostMath })
    const run = exports.run as (table: number) => void
    const enter = exports.enter as (thread: number, threads: number) => void
    const observer = activeProfile()
    const observed = observer === undefined ? undefined : watched(graph, this)
    if (observed !== undefined) observer?.watch(observed)
    const crew = parallel && observed === undefined ? this.#crew : undefined
    const id = this.#programs++
    crew?.send({ id, module })
    const choice = new Choice()
    const entries = 1 + graph.inputs.length + graph.outputs.length
    const compileMs = performance.now() - started
    const prepared = (inputs: readonly Storage[]): { results: HeapStorage[]; address: number } => {
      const results = graph.outputs.map(
        (v) => new HeapStorage(this, this.heap.allocate(bytesFor(v)), v.type.dtype, sizeOf(v.type.shape)),
      )
      const arena = this.#reserveArena(arenaBytes)
      const address = this.#reserveTable(entries)
      const table = new Int32Array(this.heap.memory.buffer, address, entries)
      table[0] = arena
      inputs.forEach((storage, i) => {
        table[1 + i] = (storage as HeapStorage).address
      })
      results.forEach((storage, i) => {
        table[1 + inputs.length + i] = storage.address
      })
      return { results, address }
    }
    return {
      run: (inputs) => {
        const { results, address } = prepared(inputs)
        const together = crew?.isComplete === true && choice.next()
        enter(0, together ? this.threads : 1)
        const began = crew === undefined ? 0 : performance.now()
        if (together) crew.run(id, address, () => run(address))
        else (observed?.run ?? run)(address)
        if (crew !== undefined) choice.took(together, performance.now() - began)
        return results
      },
      profile: (inputs, runs) => {
        const { results, address } = prepared(inputs)
        const times = profile(graph, this, address, runs)
        for (const storage of results) storage.free()
        return times
      },
      report: {
        temporaryBytes: arenaBytes,
        inputBytes: total(graph.inputs),
        outputBytes: total(graph.outputs),
        codeBytes: bytes.byteLength,
        kernels: kernelsOf(context),
        compileMs,
      },
      dispose: () => crew?.send({ id }),
    }
  }

  #reserveArena(bytes: number): number {
    if (bytes > this.#arena.bytes) {
      if (this.#arena.bytes > 0) this.heap.free(this.#arena.address)
      this.#arena = { address: 0, bytes: 0 }
      this.#arena = { address: this.heap.allocate(bytes), bytes }
    }
    return this.#arena.address
  }

  #reserveTable(entries: number): number {
    if (entries > this.#table.entries) {
      if (this.#table.entries > 0) this.heap.free(this.#table.address)
      const room = Math.max(256, entries * 2)
      this.#table = { address: this.heap.allocate(room * 4), entries: room }
    }
    return this.#table.address
  }
}

interface Assembled {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly arenaBytes: number
  readonly context: ModuleContext
  /** Whether threads beside the first one have something to do in it. */
  readonly parallel: boolean
}

const kernelsOf = ({ calls, notes }: ModuleContext): KernelReport[] =>
  [...calls].map(([key, count]) => {
    const at = key.indexOf(" ")
    return { name: key.slice(0, at), detail: key.slice(at + 1), calls: count, note: notes?.of(key) }
  })

/** A program for this thread alone that looks at the clock after every kernel. */
function watched(graph: Graph, device: WasmDevice): WatchedProgram & { run(table: number): void; reset(): void } {
  const { bytes, context } = assemble(graph, device, true)
  const times = new Array<number>(context.calls.size).fill(0)
  let before = 0
  const tick = (kernel: number) => {
    const now = performance.now()
    times[kernel] += now - before
    before = performance.now()
  }
  const imports = { env: { memory: device.heap.memory }, math: hostMath, profile: { tick } }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports)
  const run = exports.run as (table: number) => void
  let runs = 0
  return {
    kernels: kernelsOf(context),
    times,
    get runs() {
      return runs
    },
    run(table) {
      runs++
      before = performance.now()
      run(table)
    },
    reset() {
      runs = 0
      times.fill(0)
    },
  }
}

function profile(graph: Graph, device: WasmDevice, table: number, runs: number): KernelTime[] {
  const program = watched(graph, device)
  program.run(table) // the first run compiles
  program.reset()
  for (let i = 0; i < runs; i++) program.run(table)
  return program.kernels.map((kernel, i) => ({ ...kernel, ms: program.times[i] / runs }))
}

/** The module of a graph: one exported function that reads its pointers from a table. */
function assemble(graph: Graph, { heap, controlAddress, threads, numerics }: WasmDevice, profiled = false): Assembled {
  const module = new ModuleBuilder()
  const initialPages = heap.memory.buffer.byteLength / 65536
  const options = threads > 1 ? { shared: true, maximumPages: mostPages } : {}
  module.memory({ import: ["env", "memory"], initialPages, ...options })
  const team = formTeam(module, controlAddress, threads, numerics === "strict")
  const tick = profiled ? module.importFunction("profile", "tick", ["i32"]) : undefined
  const notes = profiled ? new Notes() : undefined
  const context: ModuleContext = { module, kernels: new Map(), calls: new Map(), notes, sharedWork: 0, tick }
  const inputs = graph.inputs.map((v, i) => wholeView(newBuffer(bytesFor(v), i), v.type.dtype, v.type.shape))
  const region = lowerGraph(context, graph, inputs, inputs.length, 1)
  const parallel = isParallel(module, region) && context.sharedWork >= worthWaking
  module.function("run", { params: ["i32"], export: true }, (builder, table) => {
    const f = builder as unknown as FunctionBuilder
    const pointer = (i: number) => f.local("i32", i32.load(table, 4 * i))
    const arena = pointer(0)
    const parameters = Array.from({ length: inputs.length + graph.outputs.length }, (_, i) => pointer(i + 1))
    f.set(team.part, parallel ? team.thread : 0)
    f.set(team.parts, parallel ? team.threads : 1)
    emitSteps(module, f, region.steps, arena, parameters)
  })
  return { bytes: module.finish(), arenaBytes: region.arenaBytes, context, parallel }
}

/**
 * V8 never replaces a baseline function while it runs, so a loop nest inside one long call would stay several times slower for that
 * whole call. In Node the baseline compiler can be left out; it must be before the first module is compiled.
 */
function leaveOutBaselineCompiler(): void {
  if (typeof process === "undefined" || process.getBuiltinModule === undefined) return
  process.getBuiltinModule("node:v8").setFlagsFromString("--no-liftoff")
}

const made = new Map<string, WasmDevice>()

/** The device that generates WebAssembly: one for each number of threads and kind of numerics. */
export function wasmDevice(options: WasmOptions = {}): Device {
  const threads = checkThreads(options.threads ?? defaultThreads())
  const numerics = options.numerics ?? "fast"
  const known = made.get(`${threads} ${numerics}`)
  if (known !== undefined) return known
  if (!features().simd)
    throw new CajalError("this machine's WebAssembly has no SIMD", {
      hint: 'use a newer browser or Node, or the slow device "reference"',
    })
  if (made.size === 0) leaveOutBaselineCompiler()
  const device = new WasmDevice(features().threads ? threads : 1, numerics)
  made.set(`${threads} ${numerics}`, device)
  return device
}
