/** What operators with kernels of their own share: their rules in terms of other operators. */
import { allocate, type HostArray, isFloat } from "../dtype.ts"
import { operationError } from "../errors.ts"
import type { Primitive, TensorType } from "../primitive.ts"
import { sizeOf } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply1, traceGraph } from "../trace.ts"
import { vjpOfGraph } from "../transforms/gradient.ts"
import { scan } from "./control.ts"
import { broadcastTo } from "./layout.ts"

/** @throws CajalError unless all operands are floats of one dtype */
export function checkFloats(name: string, types: readonly TensorType[]): void {
  const [first] = types
  if (!isFloat(first.dtype) || types.some((type) => type.dtype !== first.dtype))
    throw operationError(`${name} needs floats of one dtype, not ${types.map((type) => type.dtype).join(", ")}`)
}

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

/** A batch rule: examples one after another, where an operator of one result cannot take several together. */
export const oneByOne =
  <A>(operator: () => Primitive<A>) =>
  (inputs: readonly Tensor[], batched: readonly boolean[], attributes: A): Tensor[] => {
    const [, y] = scan(
      (carry: Tensor[], xs: Tensor[]) => {
        let next = 0
        const own = inputs.map((x, i) => (batched[i] ? xs[next++] : x))
        return [carry, apply1(operator(), own, attributes)]
      },
      [],
      inputs.filter((_, i) => batched[i]),
    )
    return [y]
  }

/** Arrays for results, full of zeros. */
export const zerosOf = (types: readonly TensorType[]): HostArray[] =>
  types.map((type) => ({ ...type, data: allocate(type.dtype, sizeOf(type.shape)) }))
