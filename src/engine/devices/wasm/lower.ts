import { bytesOf, type DType } from "../../dtype.ts"
import { CajalError } from "../../errors.ts"
import { checkSize, type Graph, type Node, type Value } from "../../graph.ts"
import { type Shape, sizeOf, stridesOf } from "../../shape.ts"
import type { Fn, ModuleBuilder } from "./assembler/index.ts"
import type { Ref } from "./kernels/expression.ts"
import type { Layout, Lowering } from "./kernels/lowering.ts"
import { emitMap, type MapSpec } from "./kernels/map.ts"
import { lowerProduct } from "./kernels/products/table.ts"
import { kernels } from "./kernels/table.ts"
import { lowerCond, lowerScan } from "./lower-control.ts"
import { lowerElementwise, lowerProductAndMap } from "./lower-elementwise.ts"
import type { Notes } from "./notes.ts"
import { planArena } from "./plan.ts"
import type { LaidOut, Pointer, Region, Step } from "./region.ts"
import { teamOf } from "./team.ts"
import { formUnits, readersOf, type Unit } from "./units.ts"
import {
  type Buffer,
  broadcastView,
  flipView,
  isContiguous,
  newBuffer,
  reshapeView,
  sliceView,
  transposeView,
  type View,
  wholeView,
} from "./views.ts"

/** WebAssembly addresses 4 GiB, in which inputs and outputs lie too. */
const mostArenaBytes = 0.9 * 2 ** 32

/** Where a value is, or the number that fills it. */
export type Place = View | { readonly fill: number; readonly dtype: DType; readonly shape: Shape }
export const isFill = (place: Place): place is Exclude<Place, View> => "fill" in place

/** What one module shares between its programs and bodies: its kernels by what they do. */
export interface ModuleContext {
  readonly module: ModuleBuilder
  readonly kernels: Map<string, Fn<"i32"[]>>
  /** Calls of each kernel in one run of the program. */
  readonly calls: Map<string, number>
  /** What is said of them where the program is profiled. */
  readonly notes?: Notes
  /** Elementary operations in one run that threads can share. */
  sharedWork: number
  /** Told the number of each kernel, in the order of `calls`, when it has run; only in programs that are profiled. */
  readonly tick: Fn<readonly ["i32"]> | undefined
}

/**
 * Lowers a graph (a program, or the body of a scan) to steps: kernel calls, loops and branches on buffers.
 * @param inputs where its inputs lie: views of buffers that are parameters 0, 1, ...
 * @param firstOutput the number of the parameter that points to the first output; outputs are row-major
 * @param repeats how often it runs in one run of the program
 */
export function lowerGraph(
  context: ModuleContext,
  graph: Graph,
  inputs: readonly View[],
  firstOutput: number,
  repeats: number,
  loop: LoopBody = { inPlace: new Map(), constants: 0 },
): Region {
  return new GraphLowering(context, graph, inputs, firstOutput, repeats, loop).run()
}

/** What is known of a graph that is the body of a loop. */
export interface LoopBody {
  /** Values that lie where an input does, one after another, and that input. */
  readonly inPlace: ReadonlyMap<Value, Value>
  /** How many of its inputs, from the first, stay the same from step to step. */
  readonly constants: number
}

/** The lowering of one graph: where its values are, and the steps so far. */
export class GraphLowering implements Lowering {
  readonly module: ModuleBuilder
  readonly context: ModuleContext
  readonly #graph: Graph
  readonly repeats: number
  readonly #places = new Map<Value, Place>()
  readonly #copies = new Map<Value, View>()
  readonly #targets = new Map<Value, Buffer>()
  readonly #outputs: Buffer[]
  readonly #loop: LoopBody
  readonly #firstExtra: number
  readonly #laidOut = new Map<string, LaidOut>()
  readonly steps: Step[] = []
  readonly #buffers: Buffer[] = []

  constructor(
    context: ModuleContext,
    graph: Graph,
    inputs: readonly View[],
    firstOutput: number,
    repeats: number,
    loop: LoopBody,
  ) {
    this.#loop = loop
    this.#firstExtra = firstOutput + graph.outputs.length
    this.module = context.module
    this.context = context
    this.#graph = graph
    this.repeats = repeats
    graph.inputs.forEach((v, i) => {
      this.#places.set(v, inputs[i])
    })
    this.#outputs = graph.outputs.map((v, i) => newBuffer(bytesFor(v), firstOutput + i))
  }

  run(): Region {
    for (const v of this.#graph.outputs) checkSize(v.type)
    const direct = this.#claimOutputs()
    for (const unit of formUnits(this.#graph)) {
      this.#lowerUnit(unit)
      this.context.notes?.unit(unit, this.repeats)
    }
    this.#graph.outputs.forEach((v, i) => {
      if (direct[i]) return
      const to = wholeView(this.#outputs[i], v.type.dtype, v.type.shape)
      const place = this.resolve(v)
      if (isFill(place)) this.fill(to, place.fill)
      else this.copy(place, to)
    })
    const arenaBytes = planArena(this.#buffers)
    if (arenaBytes > mostArenaBytes)
      throw new CajalError(
        `a program needs ${(arenaBytes / 2 ** 30).toFixed(1)} GiB for its intermediate values, more than the 4 GiB of WebAssembly`,
        { hint: "use a smaller batch or fewer steps, checkpoint(fn), or stopGradient on what a scan carries" },
      )
    return { steps: this.steps, arenaBytes, laidOut: [...this.#laidOut.values()] }
  }

  /** Lets results be written straight to where the outputs are, each to one place. */
  #claimOutputs(): boolean[] {
    return this.#graph.outputs.map((v, i) => {
      let source = v
      while (source.node !== undefined && contiguousViews.has(source.node.primitive.name))
        source = source.node.inputs[0]
      if (source.node === undefined || source.node.primitive.kind === "view" || source.node.primitive.name === "full")
        return false
      if (this.#targets.has(source)) return false
      this.#targets.set(source, this.#outputs[i])
      return true
    })
  }

  // What kernels are lowered with -----------------------------------------------------------------------------------

  view(v: Value): View {
    const place = this.resolve(v)
    if (!isFill(place)) return place
    checkSize(place)
    const view = this.#temporary(place.dtype, place.shape)
    this.fill(view, place.fill)
    this.#places.set(v, view)
    return view
  }

  contiguous(v: Value): View {
    const view = this.view(v)
    if (isContiguous(view)) return view
    const known = this.#copies.get(v)
    if (known !== undefined) return known
    const copy = this.#temporary(view.dtype, view.shape)
    this.copy(view, copy)
    this.#copies.set(v, copy)
    return copy
  }

  output(v: Value): View {
    checkSize(v.type)
    const buffer = this.#targets.get(v) ?? this.#newBuffer(bytesFor(v))
    const view = wholeView(buffer, v.type.dtype, v.type.shape)
    this.#places.set(v, view)
    return view
  }

  updated(out: Value, from: Value): View {
    const carry = this.#loop.inPlace.get(out)
    if (carry !== undefined) {
      const view = this.view(carry)
      this.#places.set(out, view)
      return view
    }
    const to = this.output(out)
    this.copy(this.view(from), to)
    return to
  }

  scratch(bytes: number): Buffer {
    return this.#newBuffer(bytes)
  }

  laidOutOnce(v: Value, view: View, layout: Layout): Buffer | undefined {
    const input = this.#graph.inputs.slice(0, this.#loop.constants).indexOf(sourceOf(v))
    if (input < 0 || this.repeats < 2) return undefined
    const { shape, strides, offset } = view
    const key = `${input} ${layout.key} ${JSON.stringify({ shape, strides, offset })}`
    const known = this.#laidOut.get(key)
    if (known !== undefined) return known.buffer
    const buffer = newBuffer(layout.bytes, this.#firstExtra + this.#laidOut.size)
    this.#laidOut.set(key, { input, view, layout, buffer })
    return buffer
  }

  call(key: string, operands: readonly (View | Buffer)[], write: (name: string) => Fn<"i32"[]>): void {
    let fn = this.context.kernels.get(key)
    if (fn === undefined) {
      fn = write(`${key.split(" ")[0]}#${this.context.kernels.size}`)
      this.context.kernels.set(key, fn)
    }
    this.context.sharedWork += this.repeats * (teamOf(this.module).together.get(fn) ?? 0)
    this.context.calls.set(key, (this.context.calls.get(key) ?? 0) + this.repeats)
    const { tick, calls, notes } = this.context
    notes?.call(key, operands, this.repeats)
    const profiled = tick === undefined ? {} : { tick, number: [...calls.keys()].indexOf(key) }
    this.step({ kind: "call", fn, args: operands.map(pointerTo), ...profiled })
  }

  copy(from: View, to: View): void {
    if (sizeOf(from.shape) === 0) return
    const spec: MapSpec = {
      shape: from.shape,
      inputs: [{ dtype: from.dtype, strides: from.strides }],
      nodes: [],
      outputs: [{ ref: { input: 0 }, dtype: to.dtype, strides: to.strides }],
    }
    this.call(`copy ${JSON.stringify(spec)}`, [from, to], (name) => emitMap(this.module, name, spec))
  }

  fill(to: View, value: number): void {
    const shape = [sizeOf(to.shape)]
    if (shape[0] === 0) return
    const ref: Ref = { constant: value, dtype: to.dtype }
    const spec: MapSpec = { shape, inputs: [], nodes: [], outputs: [{ ref, dtype: to.dtype }] }
    this.call(`fill ${JSON.stringify(spec)} ${value}`, [to], (name) => emitMap(this.module, name, spec))
  }

  // Values ------------------------------------------------------------------------------------------------------------

  resolve(v: Value): Place {
    const known = this.#places.get(v)
    if (known !== undefined) return known
    const node = v.node as Node
    const place = node.primitive.name === "full" ? fillOf(node, v) : this.#viewOf(node, v)
    this.#places.set(v, place)
    return place
  }

  #viewOf(node: Node, v: Value): Place {
    const [input] = node.inputs
    const source = this.resolve(input)
    const { shape } = v.type
    if (isFill(source)) return { ...source, shape }
    const a = node.attributes
    switch (node.primitive.name) {
      case "reshape":
        return reshapeView(source, shape) ?? { ...this.contiguous(input), shape, strides: stridesOf(shape) }
      case "transpose":
        return transposeView(source, a.order)
      case "broadcast":
        return broadcastView(source, shape)
      case "slice":
        return sliceView(source, a.start, a.shape, a.step)
      case "flip":
        return flipView(source, a.axes)
      default:
        return source
    }
  }

  #temporary(dtype: DType, shape: Shape): View {
    return wholeView(this.#newBuffer(sizeOf(shape) * bytesOf[dtype]), dtype, shape)
  }

  #newBuffer(bytes: number): Buffer {
    const buffer = newBuffer(Math.max(bytes, 1))
    this.#buffers.push(buffer)
    return buffer
  }

  step(step: Step): void {
    const at = this.steps.length
    for (const { buffer } of pointersOf(step)) {
      if (buffer.first < 0) buffer.first = at
      buffer.last = at
    }
    this.steps.push(step)
  }

  // Units -------------------------------------------------------------------------------------------------------------

  #lowerUnit(unit: Unit): void {
    if (unit.kind === "map" || unit.kind === "reduce") return lowerElementwise(this, unit)
    if (unit.kind === "product") return lowerProductAndMap(this, unit)
    if (unit.kind === "accumulate") return this.#lowerAccumulation(unit)
    const [node] = unit.nodes
    if (node.primitive.name === "scan") return lowerScan(this, node)
    if (node.primitive.name === "cond") return lowerCond(this, node)
    const kernel = kernels[node.primitive.name]
    if (kernel === undefined)
      throw new CajalError(`the wasm device has no kernel for ${node.primitive.name}`, {
        hint: 'run it on the reference device: useDevice("reference")',
      })
    if (node.outputs.every((v) => sizeOf(v.type.shape) === 0)) for (const v of node.outputs) this.output(v)
    else kernel(this, node)
  }

  /** `input + product`: the product is added to a copy of the input, or to the input itself where the sum is to lie there. */
  #lowerAccumulation({ nodes: [product, sum] }: Unit): void {
    const [out] = sum.outputs
    const input = sum.inputs.find((v) => v.node === undefined) as Value
    const to = this.output(out)
    if (this.#loop.inPlace.get(out) !== input) this.copy(this.view(input), to)
    lowerProduct(this, product, to, true)
  }

  #readers: Map<Value, Set<Node | undefined>> | undefined

  isReadOutside(v: Value, unit: Unit): boolean {
    this.#readers ??= readersOf(this.#graph)
    return [...(this.#readers.get(v) ?? [])].some((node) => node === undefined || !unit.nodes.includes(node))
  }
}

/** The value that a view is of, through all views between. */
const sourceOf = (v: Value): Value => (v.node?.primitive.kind === "view" ? sourceOf(v.node.inputs[0]) : v)

/** Views that keep elements row-major in one piece. */
const contiguousViews = new Set(["reshape", "stopGradient", "identity", "asEvents"])

export const bytesFor = (v: Value): number => sizeOf(v.type.shape) * bytesOf[v.type.dtype]

const fillOf = (node: Node, v: Value): Place => ({
  fill: node.attributes.value,
  dtype: v.type.dtype,
  shape: v.type.shape,
})

const isView = (x: View | Buffer): x is View => "buffer" in x
export const pointerTo = (x: View | Buffer): Pointer =>
  isView(x) ? { buffer: x.buffer, offset: x.offset * bytesOf[x.dtype] } : { buffer: x, offset: 0 }

function pointersOf(step: Step): Pointer[] {
  switch (step.kind) {
    case "call":
      return [...step.args]
    case "scan":
      return [
        step.arena,
        ...step.constants,
        ...step.carries.flatMap(({ start, other }) => (other === undefined ? [start] : [start, other])),
        ...[...step.xs, ...step.ys].map((x) => x.pointer),
        ...step.extras,
      ]
    case "cond":
      return [step.condition, step.then.arena, ...step.then.args, step.otherwise.arena, ...step.otherwise.args]
  }
}
