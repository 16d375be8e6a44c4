import { bytesOf, type DType } from "../../dtype.ts"
import { CajalError } from "../../errors.ts"
import type { Graph, Node, Value } from "../../graph.ts"
import type { CondAttributes, ScanAttributes } from "../../operators/control.ts"
import { type Shape, sizeOf, stridesOf } from "../../shape.ts"
import type { Fn, ModuleBuilder } from "./assembler/index.ts"
import { canUpdateInPlace } from "./in-place.ts"
import type { Ref } from "./kernels/expression.ts"
import { emitMap, type MapSpec } from "./kernels/map.ts"
import { emitPackWhole, type MatmulSpec, packedBytes } from "./kernels/matmul.ts"
import { type Combine, emitReduce, type ReduceSpec } from "./kernels/reduce.ts"
import { kernels, type Lowering, lowerProduct } from "./kernels/table.ts"
import { planArena } from "./plan.ts"
import { emitRegion, type PackedMatrix, type Pointer, type Region, type Step } from "./region.ts"
import { teamOf } from "./team.ts"
import { formUnits, plain, readersOf, type Unit } from "./units.ts"
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
type Place = View | { readonly fill: number; readonly dtype: DType; readonly shape: Shape }
const isFill = (place: Place): place is Exclude<Place, View> => "fill" in place

/** What one module shares between its programs and bodies: its kernels by what they do. */
export interface ModuleContext {
  readonly module: ModuleBuilder
  readonly kernels: Map<string, Fn<"i32"[]>>
  /** Calls of each kernel in one run of the program. */
  readonly calls: Map<string, number>
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
  /** Outputs that lie where an input does, and that input. */
  readonly inPlace: ReadonlyMap<Value, Value>
  /** How many of its inputs, from the first, stay the same from step to step. */
  readonly constants: number
}

class GraphLowering implements Lowering {
  readonly module: ModuleBuilder
  readonly #context: ModuleContext
  readonly #graph: Graph
  readonly #repeats: number
  readonly #places = new Map<Value, Place>()
  readonly #copies = new Map<Value, View>()
  readonly #targets = new Map<Value, Buffer>()
  readonly #outputs: Buffer[]
  readonly #loop: LoopBody
  readonly #firstExtra: number
  readonly #packed = new Map<string, PackedMatrix>()
  readonly #steps: Step[] = []
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
    this.#context = context
    this.#graph = graph
    this.#repeats = repeats
    graph.inputs.forEach((v, i) => {
      this.#places.set(v, inputs[i])
    })
    this.#outputs = graph.outputs.map((v, i) => newBuffer(bytesFor(v), firstOutput + i))
  }

  run(): Region {
    const direct = this.#claimOutputs()
    for (const unit of formUnits(this.#graph)) this.#lowerUnit(unit)
    this.#graph.outputs.forEach((v, i) => {
      if (direct[i]) return
      const to = wholeView(this.#outputs[i], v.type.dtype, v.type.shape)
      const place = this.#resolve(v)
      if (isFill(place)) this.fill(to, place.fill)
      else this.copy(place, to)
    })
    const arenaBytes = planArena(this.#buffers)
    if (arenaBytes > mostArenaBytes)
      throw new CajalError(
        `a program needs ${(arenaBytes / 2 ** 30).toFixed(1)} GiB for its intermediate values, more than the 4 GiB of WebAssembly`,
        { hint: "use a smaller batch or fewer steps, checkpoint(fn), or stopGradient on what a scan carries" },
      )
    return { steps: this.#steps, arenaBytes, packed: [...this.#packed.values()] }
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
    const place = this.#resolve(v)
    if (!isFill(place)) return place
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
    const buffer = this.#targets.get(v) ?? this.#newBuffer(bytesFor(v))
    const view = wholeView(buffer, v.type.dtype, v.type.shape)
    this.#places.set(v, view)
    return view
  }

  scratch(bytes: number): Buffer {
    return this.#newBuffer(bytes)
  }

  packedOnce(v: Value, view: View, spec: MatmulSpec): Buffer | undefined {
    const input = this.#graph.inputs.slice(0, this.#loop.constants).indexOf(sourceOf(v))
    if (input < 0 || this.#repeats < 2) return undefined
    const { shape, strides, offset } = view
    const key = `${input} ${JSON.stringify({ shape, strides, offset })}`
    const known = this.#packed.get(key)
    if (known !== undefined) return known.buffer
    const buffer = newBuffer(packedBytes(spec), this.#firstExtra + this.#packed.size)
    this.#packed.set(key, { input, view, spec, buffer })
    return buffer
  }

  call(key: string, operands: readonly (View | Buffer)[], write: (name: string) => Fn<"i32"[]>): void {
    let fn = this.#context.kernels.get(key)
    if (fn === undefined) {
      fn = write(`${key.split(" ")[0]}#${this.#context.kernels.size}`)
      this.#context.kernels.set(key, fn)
    }
    this.#context.sharedWork += this.#repeats * (teamOf(this.module).together.get(fn) ?? 0)
    this.#context.calls.set(key, (this.#context.calls.get(key) ?? 0) + this.#repeats)
    const { tick } = this.#context
    const number = [...this.#context.calls.keys()].indexOf(key)
    this.#step({ kind: "call", fn, args: operands.map(pointerTo), ...(tick === undefined ? {} : { tick, number }) })
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

  #resolve(v: Value): Place {
    const known = this.#places.get(v)
    if (known !== undefined) return known
    const node = v.node as Node
    const place = node.primitive.name === "full" ? fillOf(node, v) : this.#viewOf(node, v)
    this.#places.set(v, place)
    return place
  }

  #viewOf(node: Node, v: Value): Place {
    const [input] = node.inputs
    const source = this.#resolve(input)
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

  #step(step: Step): void {
    const at = this.#steps.length
    for (const { buffer } of pointersOf(step)) {
      if (buffer.first < 0) buffer.first = at
      buffer.last = at
    }
    this.#steps.push(step)
  }

  // Units -------------------------------------------------------------------------------------------------------------

  #lowerUnit(unit: Unit): void {
    if (unit.kind === "map" || unit.kind === "reduce") return this.#lowerElementwise(unit)
    if (unit.kind === "accumulate") return this.#lowerAccumulation(unit)
    const [node] = unit.nodes
    if (node.primitive.name === "scan") return this.#lowerScan(node)
    if (node.primitive.name === "cond") return this.#lowerCond(node)
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

  #lowerElementwise(unit: Unit): void {
    const reduction = unit.kind === "reduce" ? unit.nodes[unit.nodes.length - 1] : undefined
    const nodes = unit.nodes.filter((node) => node !== reduction)
    const numbers = new Map<Value, number>(nodes.map((node, i) => [node.outputs[0], i]))
    const operands: View[] = []
    const known = new Map<Value, Ref>()
    const ref = (given: Value): Ref => {
      const v = plain(given)
      const own = numbers.get(v)
      if (own !== undefined) return { node: own }
      const before = known.get(v)
      if (before !== undefined) return before
      const place = this.#resolve(v)
      const made: Ref = isFill(place)
        ? { constant: place.fill, dtype: place.dtype }
        : { input: operands.push(place) - 1 }
      known.set(v, made)
      return made
    }
    const expression = nodes.map((node) => ({
      name: node.primitive.name,
      input: node.inputs[node.inputs.length - 1].type.dtype,
      output: node.outputs[0].type.dtype,
      args: node.inputs.map(ref),
    }))
    if (reduction !== undefined) {
      const [out] = reduction.outputs
      const result = ref(reduction.inputs[0])
      const inputs = operands.map(({ dtype, strides }) => ({ dtype, strides }))
      const spec: ReduceSpec = {
        shape: unit.shape,
        inputs,
        nodes: expression,
        axes: reduction.attributes.axes,
        combine: reduction.primitive.name as Combine,
        dtype: out.type.dtype,
        ref: result,
      }
      const names = [...nodes, reduction].map((node) => node.primitive.name).join("_")
      if (sizeOf(unit.shape) === 0) return this.fill(this.output(out), 0)
      return this.call(`${names} ${specKey(spec)}`, [...operands, this.output(out)], (name) =>
        emitReduce(this.module, name, spec),
      )
    }
    const results = nodes.filter((node) => this.#isReadOutside(node.outputs[0], unit))
    const views = results.map((node) => this.output(node.outputs[0]))
    if (sizeOf(unit.shape) === 0) return
    const spec: MapSpec = {
      shape: unit.shape,
      inputs: operands.map(({ dtype, strides }) => ({ dtype, strides })),
      nodes: expression,
      outputs: results.map((node) => ({
        ref: { node: numbers.get(node.outputs[0]) as number },
        dtype: node.outputs[0].type.dtype,
      })),
    }
    this.call(
      `${nodes.map((node) => node.primitive.name).join("_")} ${specKey(spec)}`,
      [...operands, ...views],
      (name) => emitMap(this.module, name, spec),
    )
  }

  #readers: Map<Value, Set<Node | undefined>> | undefined

  #isReadOutside(v: Value, unit: Unit): boolean {
    this.#readers ??= readersOf(this.#graph)
    return [...(this.#readers.get(v) ?? [])].some((node) => node === undefined || !unit.nodes.includes(node))
  }

  // Control -----------------------------------------------------------------------------------------------------------

  #lowerScan(node: Node): void {
    const { body, constants, carries, length, reverse } = node.attributes as ScanAttributes
    const views = node.inputs.map((v, i) => (i < constants ? this.view(v) : undefined))
    const stepViews = node.inputs.map((v, i) => {
      if (i < constants + carries) return views[i]
      const { strides, shape, ...rest } = this.view(v)
      return { ...rest, shape: shape.slice(1), strides: strides.slice(1) }
    })
    const outs = node.outputs.map((v) => this.output(v))
    const inPlace = node.outputs.map((_, i) => i < carries && canUpdateInPlace(body, constants + i, i))
    const spares = outs
      .slice(0, carries)
      .map((out, i) => (inPlace[i] ? undefined : this.scratch(Math.max(1, out.buffer.bytes))))
    const starts = spares.map((spare, i) => (spare === undefined || length % 2 === 0 ? outs[i].buffer : spare))
    for (let i = 0; i < carries; i++) {
      const place = this.#resolve(node.inputs[constants + i])
      const to = wholeView(starts[i], node.outputs[i].type.dtype, node.outputs[i].type.shape)
      if (isFill(place)) this.fill(to, place.fill)
      else this.copy(place, to)
    }
    const inputs = body.inputs.map((v, i): View => {
      const bytes = bytesFor(v)
      const buffer = newBuffer(bytes, i)
      const view = stepViews[i]
      return view === undefined ? wholeView(buffer, v.type.dtype, v.type.shape) : { ...view, buffer, offset: 0 }
    })
    const stays = new Map(
      body.outputs.flatMap((v, i) => (inPlace[i] ? [[plain(v), body.inputs[constants + i]] as const] : [])),
    )
    const loop = { inPlace: stays, constants }
    const region = lowerGraph(this.#context, body, inputs, inputs.length, this.#repeats * length, loop)
    const parameters = inputs.length + body.outputs.length + region.packed.length
    const fn = emitRegion(this.module, `step#${this.#steps.length}`, region, parameters)
    const extras = region.packed.map((wanted) => this.#pack(views[wanted.input] as View, wanted))
    const sliceOfView = (view: View): { pointer: Pointer; strideBytes: number } => ({
      pointer: pointerTo(view),
      strideBytes: view.strides[0] * bytesOf[view.dtype],
    })
    this.#step({
      kind: "scan",
      fn,
      arena: { buffer: this.scratch(region.arenaBytes), offset: 0 },
      length,
      reverse,
      constants: (views.slice(0, constants) as View[]).map(pointerTo),
      carries: outs.slice(0, carries).map((out, i) => ({
        start: { buffer: starts[i], offset: 0 },
        other: otherOf(out.buffer, spares[i], starts[i]),
      })),
      xs: node.inputs.slice(constants + carries).map((v) => sliceOfView(this.view(v))),
      ys: outs.slice(carries).map(sliceOfView),
      extras,
    })
  }

  /** Packs a matrix before a loop: the body saw it from the start of the constant, here it is seen from where that lies. */
  #pack(constant: View, { view, spec }: PackedMatrix): Pointer {
    const from = { ...constant, shape: view.shape, strides: view.strides, offset: constant.offset + view.offset }
    const to = this.scratch(packedBytes(spec))
    this.call(
      `pack ${JSON.stringify({ n: spec.n, k: spec.k, b: spec.b })}`,
      [from, to],
      (name) => emitPackWhole(this.module, name, spec) as unknown as Fn<"i32"[]>,
    )
    return { buffer: to, offset: 0 }
  }

  #lowerCond(node: Node): void {
    const { then, otherwise, split } = node.attributes as CondAttributes
    const [condition, ...rest] = node.inputs
    const outs = node.outputs.map((v) => this.output(v))
    const branch = (graph: Graph, values: readonly Value[]) => {
      const views = values.map((v) => this.view(v))
      const inputs = views.map((view, i): View => ({ ...view, buffer: newBuffer(view.buffer.bytes, i), offset: 0 }))
      const region = lowerGraph(this.#context, graph, inputs, inputs.length, this.#repeats)
      const fn = emitRegion(this.module, `branch#${this.#steps.length}`, region, inputs.length + outs.length)
      return {
        fn,
        arena: { buffer: this.scratch(region.arenaBytes), offset: 0 },
        args: [...views, ...outs].map(pointerTo),
      }
    }
    this.#step({
      kind: "cond",
      condition: pointerTo(this.contiguous(condition)),
      then: branch(then, rest.slice(0, split)),
      otherwise: branch(otherwise, rest.slice(split)),
    })
  }
}

/** The value that a view is of, through all views between. */
const sourceOf = (v: Value): Value => (v.node?.primitive.kind === "view" ? sourceOf(v.node.inputs[0]) : v)

/** Views that keep elements row-major in one piece. */
const contiguousViews = new Set(["reshape", "stopGradient", "identity", "asEvents"])

const bytesFor = (v: Value): number => sizeOf(v.type.shape) * bytesOf[v.type.dtype]

const fillOf = (node: Node, v: Value): Place => ({
  fill: node.attributes.value,
  dtype: v.type.dtype,
  shape: v.type.shape,
})

const isView = (x: View | Buffer): x is View => "buffer" in x
const pointerTo = (x: View | Buffer): Pointer =>
  isView(x) ? { buffer: x.buffer, offset: x.offset * bytesOf[x.dtype] } : { buffer: x, offset: 0 }

const otherOf = (out: Buffer, spare: Buffer | undefined, start: Buffer): Pointer | undefined =>
  spare === undefined ? undefined : { buffer: start === out ? spare : out, offset: 0 }

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

/** Infinity, NaN and -0 survive in a key. */
const specKey = (spec: unknown): string =>
  JSON.stringify(spec, (_, x) =>
    typeof x === "number" && (!Number.isFinite(x) || Object.is(x, -0)) ? `${1 / x} ${x}` : x,
  )
