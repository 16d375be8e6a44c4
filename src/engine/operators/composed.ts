/** What operators with kernels of their own share: their rules in terms of other operators. */
import { allocate, type HostArray } from "../dtype.ts"
import type { TensorType } from "../primitive.ts"
import { sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { traceGraph } from "../trace.ts"
import { vjpOfGraph } from "../transforms/gradient.ts"
import { broadcastTo } from "./layout.ts"

/** Cotangents of the inputs of a function through the operators it consists of. */
export function pullBack(
  fn: (...inputs: Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
  cotangents: readonly (Tensor | undefined)[],
  wanted: readonly boolean[] = inputs.map(() => true),
): (Tensor | undefined)[] {
  const { graph, captured } = traceGraph(
    inputs.map((x) => x.type),
    fn,
  )
  const asked = [...captured.map(() => false), ...wanted.slice(0, inputs.length)]
  return vjpOfGraph(graph, [...captured, ...inputs], cotangents, asked).slice(captured.length)
}

/** The inputs of a batched operator, those that are not batched repeated. */
export const repeated = (inputs: readonly Tensor[], batched: readonly boolean[], size: number): Tensor[] =>
  inputs.map((x, i) => (batched[i] ? x : broadcastTo(x, [size, ...x.shape])))

/** Arrays for results, full of zeros. */
export const zerosOf = (types: readonly TensorType[]): HostArray[] =>
  types.map((type) => ({ ...type, data: allocate(type.dtype, sizeOf(type.shape)) }))
