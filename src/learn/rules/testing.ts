/** For the tests of rules: small networks in double precision, and finite differences over trees. */
import { expect } from "vitest"
import {
  flatten,
  key,
  mapTree,
  normal,
  randomIntegers,
  type Tensor,
  type Tree,
  tensor,
  unflatten,
} from "../../engine/index.ts"
import { Linear } from "../layers/linear.ts"
import type { Applied } from "./layerwise.ts"

/** A layer that bends: differentiable everywhere, for finite differences. */
export class Bent implements Applied {
  readonly linear: Linear
  constructor(linear: Linear) {
    this.linear = linear
  }
  apply(x: Tensor): Tensor {
    return this.linear.apply(x).tanh()
  }
}

export const double = <T extends Tree>(tree: T): T => mapTree((x) => x.cast("f64"), tree)

export const bent = (inputs: number, outputs: number, seed: number): Bent =>
  double(new Bent(new Linear(normal(key(seed), [inputs, outputs]), normal(key(seed + 50), [outputs]))))

/** Six examples of five numbers, and classes out of three. */
export const images = normal(key(1), [6, 5]).cast("f64")
export const labels = randomIntegers(key(2), [6], 0, 3)

export const numbers = (tree: Tree): number[] => flatten(tree).leaves.flatMap((x) => [...x.array()])

/** Central differences of a loss in every element of a tree. */
export function differences<T extends Tree>(loss: (tree: T) => Tensor, tree: T, step = 1e-5): number[] {
  const { leaves, structure } = flatten(tree)
  return leaves.flatMap((leaf, at) =>
    Array.from({ length: leaf.size }, (_, i) => {
      const [above, below] = [step, -step].map((by) => {
        const { dtype, shape, data } = leaf.host()
        const moved = data.slice()
        moved[i] += by
        const other = tensor(Array.from(moved), { dtype }).reshape(shape)
        return loss(
          unflatten(
            structure,
            leaves.map((x, j) => (j === at ? other : x)),
          ),
        ).item()
      })
      return (above - below) / (2 * step)
    }),
  )
}

export function expectNear(actual: readonly number[], expected: readonly number[], digits = 6): void {
  expect(actual.length).toBe(expected.length)
  actual.forEach((x, i) => {
    expect(x).toBeCloseTo(expected[i], digits)
  })
}
