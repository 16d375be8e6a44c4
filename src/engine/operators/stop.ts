import { type Primitive, primitive } from "../primitive.ts"
import type { Tensor } from "../tensor.ts"
import { apply, apply1 } from "../trace.ts"
import { broadcastTo } from "./layout.ts"

export const stopPrimitive: Primitive = primitive({
  name: "stopGradient",
  kind: "view",
  type: ([x]) => [x],
  evaluate: ([x]) => [{ ...x, data: x.data.slice() }],
  batch: ([x]) => [stopGradient(x)],
})

/** The same values; what is computed from them does not pass its gradient on. */
export const stopGradient = (x: Tensor): Tensor => apply1(stopPrimitive, [x], {})

/** Marks where a transform's own inputs begin: the same values under a new name. */
export const identityPrimitive: Primitive = primitive({
  name: "identity",
  kind: "view",
  type: ([x]) => [x],
  evaluate: ([x]) => [{ ...x, data: x.data.slice() }],
  gradient: ({ cotangents: [g] }) => [g],
  batch: ([x]) => [identity(x)],
})

export const identity = (x: Tensor): Tensor => apply1(identityPrimitive, [x], {})

/** Says that a tensor is a spike tensor: mostly zeros, so that products with it cost what its non-zero entries cost. */
export const eventsPrimitive: Primitive = primitive({
  name: "asEvents",
  kind: "view",
  type: ([x]) => [{ ...x, events: true }],
  evaluate: ([x]) => [{ ...x, data: x.data.slice() }],
  gradient: ({ cotangents: [g] }) => [g],
  batch: ([x]) => [asEvents(x)],
})

export const asEvents = (x: Tensor): Tensor => (x.type.events === true ? x : apply1(eventsPrimitive, [x], {}))

/**
 * The same values, computed again rather than shared: an optimiser neither merges what follows with equal work elsewhere nor
 * runs it before the last input is there. `checkpoint` rests on it.
 */
export const barrierPrimitive: Primitive = primitive({
  name: "barrier",
  type: (inputs) => inputs,
  evaluate: (inputs) => inputs.map((x) => ({ ...x, data: x.data.slice() })),
  gradient: ({ cotangents }) => cotangents,
  batch: (inputs, batched, _, size) =>
    barrier(inputs).map((x, i) => (batched[i] ? x : broadcastTo(x, [size, ...x.shape]))),
})

export const barrier = (inputs: readonly Tensor[]): Tensor[] => apply(barrierPrimitive, inputs, {})
