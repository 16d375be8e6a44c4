import { expect, test } from "vitest"
import { grad, key, normal, type Tensor, tensor } from "../../engine/index.ts"
import { coneMask, DelayKernels, delayKernels, geometryOf } from "./kernels.ts"
import { averagedDelays, largestSynapses, reversedDelays, shortestDelays, synapseCount } from "./pruning.ts"
import { complexPatchInput, patchInput } from "./responses.ts"

const geometry = { neurons: 2, polarities: 2, delays: 3, rows: 3, columns: 3 }

test("the cone has one synapse at no delay, and all within half a kernel in the end", () => {
  const mask = coneMask({ ...geometry, delays: 11, rows: 9, columns: 9 })
  const perDelay = [...mask.sum([0, 1, 3, 4]).array()]
  // Places within 0.5, 1.7, 2.9, 4.1 and then 4.5 px of the middle, counted by hand on the grid.
  expect(perDelay).toEqual([1, 9, 25, 49, 69, 69, 69, 69, 69, 69, 69])
})

test("a new kernel looks at the newest ON event in the middle, and has nothing outside its mask", () => {
  const mask = coneMask(geometry)
  const kernels = delayKernels(geometry, key(3), { noise: 0.01, centre: 4, mask })
  const weights = kernels.weight.array()
  const middle = (c: number, p: number): number => weights[(c * 2 + p) * 27 + 4]
  for (const c of [0, 1]) {
    expect(middle(c, 0)).toBeCloseTo(-4, 0)
    expect(middle(c, 1)).toBeCloseTo(4, 0)
  }
  const outside = mask.neg().add(1)
  expect(kernels.weight.mul(outside).abs().sum().item()).toBe(0)
  expect(synapseCount(kernels)).toBe(4 * mask.sum().item())
  expect([...kernels.bias.array()]).toEqual([0, 0])
})

test.each([
  [{ ...geometry, delays: 4 }, /4 delays and 3 x 3/],
  [{ ...geometry, rows: 2 }, /2 x 3 places has no middle/],
  [{ ...geometry, columns: 6 }, /3 x 6 places has no middle/],
])("a kernel without a middle is refused: %o", (given, message) => {
  expect(() => delayKernels(given, key(1))).toThrow(message)
})

test("the input of a patch is the sum of the weights of its spikes, and a complex cell takes the better contrast", () => {
  const kernels = new DelayKernels(normal(key(1), [2, 2, 3, 3, 3]), tensor([0.5, -0.25]))
  const spikes = [
    [1, 0, 1, 1],
    [0, 2, 0, 2],
    [1, 1, 2, 0],
  ]
  const patch = new Float32Array(54)
  for (const [p, d, j, i] of spikes) patch[((p * 3 + d) * 3 + j) * 3 + i] = 1
  const weights = kernels.weight.array()
  const at = (c: number, [p, d, j, i]: number[]): number => weights[(((c * 2 + p) * 3 + d) * 3 + j) * 3 + i]
  const given = tensor(patch, { shape: [1, 2, 3, 3, 3] })
  const b = patchInput(kernels, given).array()
  const both = complexPatchInput(kernels, given).array()
  for (const c of [0, 1]) {
    const own = spikes.reduce((sum, s) => sum + at(c, s), 0)
    const inverted = spikes.reduce((sum, [p, ...rest]) => sum + at(c, [1 - p, ...rest]), 0)
    expect(b[c]).toBeCloseTo(own, 5)
    expect(both[c]).toBeCloseTo(Math.max(own, inverted) + [0.5, -0.25][c], 5)
  }
  expect(() => patchInput(kernels, tensor(new Float32Array(27), { shape: [1, 1, 3, 3, 3] }))).toThrow(
    /do not fit kernels/,
  )
})

test("the gradient of a complex cell is that of finite differences, and goes to the larger contrast alone", () => {
  const patches = normal(key(5), [4, 2, 3, 3, 3]).gt(0.4).cast("f64")
  const weight = normal(key(6), [2, 2, 3, 3, 3]).cast("f64")
  const bias = tensor([0.1, -0.2], { dtype: "f64" })
  const lossOf = (k: DelayKernels): Tensor => complexPatchInput(k, patches).square().sum()
  const gradient = grad(lossOf)(new DelayKernels(weight, bias))
  const values = Float64Array.from(weight.array())
  const measured = gradient.weight.array()
  for (const at of [0, 13, 30, 53, 54, 80, 107]) {
    const moved = (by: number): number => {
      const other = values.slice()
      other[at] += by
      return lossOf(new DelayKernels(tensor(other, { shape: weight.shape }), bias)).item()
    }
    expect(measured[at]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 5)
  }
})

test("synapses are cut by size or by delay, and averages and reversals keep what they must", () => {
  const kernels = new DelayKernels(normal(key(2), [2, 2, 3, 3, 3]), tensor([0, 0]))
  const sizes = [...kernels.weight.array()].map(Math.abs).sort((a, b) => b - a)
  const cut = largestSynapses(kernels, 10)
  expect(synapseCount(cut)).toBe(10)
  expect(cut.weight.abs().sum().item()).toBeCloseTo(
    sizes.slice(0, 10).reduce((a, b) => a + b),
    4,
  )
  const short = shortestDelays(kernels, 1)
  expect(synapseCount(short)).toBe(2 * 2 * 9)
  expect(short.weight.array().subarray(0, 9)).toEqual(kernels.weight.array().subarray(0, 9))
  const averaged = averagedDelays(kernels)
  const total = (k: DelayKernels): number[] => [...k.weight.sum(2).array()]
  total(averaged).forEach((sum, i) => expect(sum).toBeCloseTo(total(kernels)[i], 5))
  expect(averaged.weight.array().subarray(0, 9)).toEqual(averaged.weight.array().subarray(18, 27))
  const back = reversedDelays(kernels)
  expect(back.weight.array().subarray(0, 9)).toEqual(kernels.weight.array().subarray(18, 27))
  expect(geometryOf(back)).toEqual(geometry)
})
