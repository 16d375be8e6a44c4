import { expect, test } from "vitest"
import type { HostArray } from "../../src/engine/index.ts"
import { checkParameters } from "../../src/run/index.ts"
import { costsOf, gradientStairs, macsOf, mostOf, type PhaseCost } from "./costs.ts"
import {
  byBackpropagation,
  byCascade,
  byForwardForward,
  byMonoForward,
  byReadoutsAlone,
  type Ground,
  throughBlocks,
} from "./methods.ts"
import { parameters } from "./parameters.ts"

/** Ground of so many examples of a shape, all 0. */
function groundOf(shape: readonly number[], given: Record<string, unknown>): Ground {
  const zeros = (size: readonly number[]): HostArray => {
    return { dtype: "f32", shape: size, data: new Float32Array(size.reduce((a, b) => a * b)) }
  }
  const part = {
    images: zeros([200, ...shape]),
    labels: { dtype: "i32" as const, shape: [200], data: new Int32Array(200) },
  }
  const p = checkParameters(parameters, given, "beyond-backprop")
  const data = { train: part, validation: part, test: part }
  return { data, classes: 10, width: p.width, weightDecay: 0, augment: undefined, p }
}

const sum = (costs: readonly PhaseCost[]): number => costs.reduce((total, { macs }) => total + macs, 0)
const each = (costs: readonly PhaseCost[]): number[] => costs.map(({ macs }) => macs)

test("multiply-adds of the graphs are those of the formulas", () => {
  const ground = groundOf([60], { width: 40, batch: 16 })
  const [d0, d, C] = [60, 40, 10]
  const F = d0 * d + d * d + d * C
  expect(each(costsOf(byBackpropagation(ground), C))).toEqual([3 * F - d0 * d])
  const mf = costsOf(byMonoForward(ground, true), C)
  expect(each(mf)).toEqual([2 * d0 * C, 2 * d0 * d + 3 * d * C, 2 * d * d + 3 * d * C])
  expect(mf.map(({ crossing }) => crossing)).toEqual([0, 0, d0 * d])
  expect(costsOf(byMonoForward(ground, false), C)[2].macs).toBe(d0 * d + mf[2].macs)
  const frozen = costsOf(byReadoutsAlone(ground), C)
  expect(each(frozen)).toEqual([2 * d0 * C, 2 * d * C, 2 * d * C])
  expect(frozen.map(({ crossing }) => crossing)).toEqual([0, d0 * d, d * d])
  const ff = costsOf(
    byForwardForward(ground, () => []),
    C,
  )
  expect(each(ff)).toEqual([4 * (d0 * d + d * d + d * d) + 2 * 2 * d * C])
})

test("at 784-500-500 Mono-Forward spends 0.858 of backpropagation, 1.11 without its prefix kept, Forward-Forward 2.316; memory is less", () => {
  const ground = groundOf([784], { width: 500, batch: 8 })
  const [bp, kept, uncached, ff] = [
    byBackpropagation(ground),
    byMonoForward(ground, true),
    byMonoForward(ground, false),
    byForwardForward(ground, () => []),
  ].map((method) => costsOf(method, 10))
  expect(macsOf(byMonoForward(ground, true), 10)).toBe(sum(kept))
  expect(sum(kept) / sum(bp)).toBeCloseTo(0.8584, 4)
  expect(sum(uncached) / sum(bp)).toBeCloseTo(1.1115, 4)
  expect(sum(ff) / sum(bp)).toBeCloseTo(2.3163, 4)
  expect(mostOf(kept, "peakBytes")).toBeLessThan(mostOf(bp, "peakBytes"))
  const live = gradientStairs([784, 500, 500, 10], 8)
  expect(Math.max(...live["MF, layer 1"].bytes)).toBeLessThan(Math.max(...live.BP.bytes))
})

test("convolutions: predictors cost next to nothing, and feedback alignment saves the way back through the weights", () => {
  const ground = groundOf([1, 32, 32], { channels: "8/16/32", batch: 8 })
  const random = costsOf(byCascade(ground, "random"), 10)
  expect(random.map(({ crossing }) => crossing)).toEqual([9 * 8 * 1024, 9 * 8 * 16 * 256, 9 * 16 * 32 * 64])
  expect(each(random)).toEqual([2 * 2048 * 10, 2 * 1024 * 10, 2 * 512 * 10])
  const [blocks, ...predictors] = costsOf(byCascade(ground, "feedback"), 10)
  expect(each(predictors)).toEqual(each(random))
  expect(blocks.macs).toBeLessThan(sum(costsOf(throughBlocks(ground), 10)) + 10 * (2048 + 1024))
})
