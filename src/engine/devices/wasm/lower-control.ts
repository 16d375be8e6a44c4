import { bytesOf } from "../../dtype.ts"
import type { Graph, Node, Value } from "../../graph.ts"
import type { CondAttributes, ScanAttributes } from "../../operators/control.ts"
import { valuesInPlace } from "./in-place.ts"
import { bytesFor, type GraphLowering, isFill, lowerGraph, pointerTo } from "./lower.ts"
import { emitRegion, type LaidOut, type Pointer } from "./region.ts"
import { formUnits } from "./units.ts"
import { type Buffer, newBuffer, type View, wholeView } from "./views.ts"

/** A loop over time: its body is a function, its carries alternate between two buffers or stay where they are. */
export function lowerScan(lower: GraphLowering, node: Node): void {
  const { body, constants, carries, length, reverse } = node.attributes as ScanAttributes
  const views = node.inputs.map((v, i) => (i < constants ? lower.view(v) : undefined))
  const stepViews = node.inputs.map((v, i) => {
    if (i < constants + carries) return views[i]
    const { strides, shape, ...rest } = lower.view(v)
    return { ...rest, shape: shape.slice(1), strides: strides.slice(1) }
  })
  const outs = node.outputs.map((v) => lower.output(v))
  const units = formUnits(body)
  const inPlace = node.outputs.map((_, i) => (i < carries ? valuesInPlace(body, units, constants + i, i) : undefined))
  const spares = outs
    .slice(0, carries)
    .map((out, i) => (inPlace[i] !== undefined ? undefined : lower.scratch(Math.max(1, out.buffer.bytes))))
  const starts = spares.map((spare, i) => (spare === undefined || length % 2 === 0 ? outs[i].buffer : spare))
  for (let i = 0; i < carries; i++) {
    const place = lower.resolve(node.inputs[constants + i])
    const to = wholeView(starts[i], node.outputs[i].type.dtype, node.outputs[i].type.shape)
    if (isFill(place)) lower.fill(to, place.fill)
    else lower.copy(place, to)
  }
  const inputs = body.inputs.map((v, i): View => {
    const bytes = bytesFor(v)
    const buffer = newBuffer(bytes, i)
    const view = stepViews[i]
    return view === undefined ? wholeView(buffer, v.type.dtype, v.type.shape) : { ...view, buffer, offset: 0 }
  })
  const stays = new Map(
    inPlace.flatMap((values = [], i) => values.map((v) => [v, body.inputs[constants + i]] as const)),
  )
  const loop = { inPlace: stays, constants }
  const region = lowerGraph(lower.context, body, inputs, inputs.length, lower.repeats * length, loop)
  const parameters = inputs.length + body.outputs.length + region.laidOut.length
  const fn = emitRegion(lower.module, `step#${lower.steps.length}`, region, parameters)
  const extras = region.laidOut.map((wanted) => layOut(lower, views[wanted.input] as View, wanted))
  const sliceOfView = (view: View): { pointer: Pointer; strideBytes: number } => ({
    pointer: pointerTo(view),
    strideBytes: view.strides[0] * bytesOf[view.dtype],
  })
  lower.step({
    kind: "scan",
    fn,
    arena: { buffer: lower.scratch(region.arenaBytes), offset: 0 },
    length,
    reverse,
    constants: (views.slice(0, constants) as View[]).map(pointerTo),
    carries: outs.slice(0, carries).map((out, i) => ({
      start: { buffer: starts[i], offset: 0 },
      other: otherOf(out.buffer, spares[i], starts[i]),
    })),
    xs: node.inputs.slice(constants + carries).map((v) => sliceOfView(lower.view(v))),
    ys: outs.slice(carries).map(sliceOfView),
    extras,
  })
}

/** Lays a matrix out anew before a loop: the body saw it from the start of the constant, here it is seen from where that lies. */
function layOut(lower: GraphLowering, constant: View, { view, layout }: LaidOut): Pointer {
  const from = { ...constant, shape: view.shape, strides: view.strides, offset: constant.offset + view.offset }
  const to = lower.scratch(layout.bytes)
  lower.call(layout.key, [from, to], (name) => layout.write(lower.module, name))
  return { buffer: to, offset: 0 }
}

/** A branch: one of two functions is called. */
export function lowerCond(lower: GraphLowering, node: Node): void {
  const { then, otherwise, split } = node.attributes as CondAttributes
  const [condition, ...rest] = node.inputs
  const outs = node.outputs.map((v) => lower.output(v))
  const branch = (graph: Graph, values: readonly Value[]) => {
    const views = values.map((v) => lower.view(v))
    const inputs = views.map((view, i): View => ({ ...view, buffer: newBuffer(view.buffer.bytes, i), offset: 0 }))
    const region = lowerGraph(lower.context, graph, inputs, inputs.length, lower.repeats)
    const fn = emitRegion(lower.module, `branch#${lower.steps.length}`, region, inputs.length + outs.length)
    return {
      fn,
      arena: { buffer: lower.scratch(region.arenaBytes), offset: 0 },
      args: [...views, ...outs].map(pointerTo),
    }
  }
  lower.step({
    kind: "cond",
    condition: pointerTo(lower.contiguous(condition)),
    then: branch(then, rest.slice(0, split)),
    otherwise: branch(otherwise, rest.slice(split)),
  })
}

const otherOf = (out: Buffer, spare: Buffer | undefined, start: Buffer): Pointer | undefined =>
  spare === undefined ? undefined : { buffer: start === out ? spare : out, offset: 0 }
