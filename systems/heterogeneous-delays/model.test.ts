import { describe, expect, test } from "vitest"
import { type EventMovie, motionClasses } from "../../src/data/index.ts"
import { grad, hostRandom, key, normal, type Tensor, tensor } from "../../src/engine/index.ts"
import { coneMask, DelayKernels, delayKernels, synapseCount } from "../../src/neuro/index.ts"
import { smallestLead, tuningOf } from "./measures.ts"
import { angleBetween, delaysWithin, evidence, loss, pooled, streamEvidence, trajectories } from "./model.ts"
import { PatchSampler, Reader } from "./movies.ts"

const complex = { maximum: true, link: "softmax" } as const
const linear = { maximum: false, link: "softmax" } as const
const shape = [3, 2, 3, 3, 3]
const kernels = new DelayKernels(normal(key(1), shape), tensor([0.3, -0.1, 0.2]))
const patches = normal(key(2), [5, 2, 3, 3, 3]).gt(0.5).cast("f32")
const labels = tensor([0, 2, 1, 1, 0], { dtype: "i32" })

/** Sum of the weights of a patch's spikes, the contrast kept or exchanged. */
function byHand(c: number, n: number, exchanged: boolean): number {
  const [weights, spikes] = [kernels.weight.array(), patches.array()]
  let sum = 0
  for (let p = 0; p < 2; p++)
    for (let k = 0; k < 27; k++)
      sum += weights[(c * 2 + p) * 27 + k] * spikes[(n * 2 + (exchanged ? 1 - p : p)) * 27 + k]
  return sum
}

describe("L and its loss", () => {
  test("are those of the equations", () => {
    const given = evidence(kernels, patches, complex).array()
    const plain = evidence(kernels, patches, linear).array()
    const bias = [0.3, -0.1, 0.2]
    const L: number[][] = []
    for (let n = 0; n < 5; n++) {
      L.push(bias.map((b, c) => Math.max(byHand(c, n, false), byHand(c, n, true)) + b))
      for (let c = 0; c < 3; c++) {
        expect(given[n * 3 + c]).toBeCloseTo(L[n][c], 4)
        expect(plain[n * 3 + c]).toBeCloseTo(byHand(c, n, false) + bias[c], 4)
      }
    }
    const y = [0, 2, 1, 1, 0]
    const softmax =
      L.reduce((sum, row, n) => sum - row[y[n]] + Math.log(row.reduce((a, x) => a + Math.exp(x), 0)), 0) / 5
    expect(loss(kernels, { patches, labels }, complex).item()).toBeCloseTo(softmax, 4)
    const sigmoid =
      L.reduce(
        (sum, row, n) => sum + row.reduce((a, x, c) => a + Math.log1p(Math.exp(x)) - (c === y[n] ? x : 0), 0),
        0,
      ) / 15
    expect(loss(kernels, { patches, labels }, { maximum: true, link: "sigmoid" }).item()).toBeCloseTo(sigmoid, 4)
  })

  test.each([complex, linear, { maximum: true, link: "sigmoid" } as const])(
    "have the gradient of finite differences: %o",
    (setting) => {
      const batch = { patches: patches.cast("f64"), labels }
      const weight = kernels.weight.cast("f64")
      const of = (k: DelayKernels): Tensor => loss(k, batch, setting)
      const bias = kernels.bias.cast("f64")
      const gradient = grad(of)(new DelayKernels(weight, bias))
      const values = Float64Array.from(weight.array())
      const moved = (at: number, by: number): number => {
        const other = Float64Array.from(values, (w, i) => (i === at ? w + by : w))
        return of(new DelayKernels(tensor(other, { shape }), bias)).item()
      }
      for (const at of [0, 20, 53, 54, 100, 161])
        expect(gradient.weight.array()[at]).toBeCloseTo((moved(at, 1e-6) - moved(at, -1e-6)) / 2e-6, 5)
    },
  )

  test("a patch and its negative are one to a complex cell, and not to a linear one", () => {
    const negative = patches.flip(1)
    expect(evidence(kernels, negative, complex).array()).toEqual(evidence(kernels, patches, complex).array())
    expect(evidence(kernels, negative, linear).array()).not.toEqual(evidence(kernels, patches, linear).array())
  })

  test("without the maximum, kernels of 0 are the optimum where every motion shows the same patches on average", () => {
    // Each patch comes once with each contrast and once with each label: the motions differ in nothing of first order.
    const both = tensor([...patches.array(), ...patches.flip(1).array()], { shape: [10, 2, 3, 3, 3] })
    const start = new DelayKernels(kernels.weight.mul(0), kernels.bias.mul(0))
    const gradients = [0, 1, 2].map((label) => {
      const batch = { patches: both, labels: tensor(new Int32Array(10).fill(label)) }
      return grad((k: DelayKernels) => loss(k, batch, linear))(start).weight
    })
    const sum = gradients[0].add(gradients[1]).add(gradients[2])
    expect(sum.abs().max().item()).toBeLessThan(1e-6)
  })

  test("a whole stream gives at each place what a patch there gives", () => {
    const random = hostRandom(3)
    const events = Float32Array.from({ length: 5 * 2 * 25 }, () => (random.uniform() < 0.3 ? 1 : 0))
    const stream = tensor(events, { shape: [5, 2, 5, 5] })
    const given = streamEvidence(kernels, stream, complex)
    expect(given.shape).toEqual([3, 3, 3, 3])
    const cut: number[] = [] // the patch that ends at step 4, around row 2 and column 3
    for (let p = 0; p < 2; p++)
      for (let d = 0; d < 3; d++)
        for (let j = 1; j <= 3; j++) for (let i = 2; i <= 4; i++) cut.push(events[(((4 - d) * 2 + p) * 5 + j) * 5 + i])
    const alone = evidence(kernels, tensor(cut, { shape: [1, 2, 3, 3, 3] }), complex).array()
    for (let c = 0; c < 3; c++) expect(given.array()[((2 * 3 + c) * 3 + 1) * 3 + 2]).toBeCloseTo(alone[c], 4)
    const mean = pooled(given).array()
    for (let c = 0; c < 3; c++) {
      const places = given.array().subarray((2 * 3 + c) * 9, (2 * 3 + c + 1) * 9) as Float32Array
      expect(mean[2 * 3 + c]).toBeCloseTo(places.reduce((a, b) => a + b) / 9, 5)
    }
  })
})

describe("trajectories of kernels", () => {
  /** One synapse a delay, at these columns of the middle row. */
  const along = (columns: readonly number[], polarity = 1): DelayKernels => {
    const weight = new Float32Array(2 * columns.length * 25)
    columns.forEach((column, d) => {
      weight[((polarity * columns.length + d) * 5 + 2) * 5 + column] = -2
    })
    return new DelayKernels(tensor(weight, { shape: [1, 2, columns.length, 5, 5] }), tensor([0]))
  }

  test("the centre of mass moves by the slope", () => {
    const [one] = trajectories(along([4, 3, 2, 1, 0]))
    expect(one.centres).toEqual([2, 1, 0, -1, -2].map((x) => [x, 0]))
    expect(one.slope[0]).toBeCloseTo(-1, 9)
    expect(one.slope[1]).toBeCloseTo(0, 9)
    const [within] = trajectories(along([2, 3, 4, 0, 0]), () => 3)
    expect(within.slope[0]).toBeCloseTo(1, 9)
  })

  test("a neuron without synapses has none", () => {
    const empty = new DelayKernels(along([2, 2, 2]).weight.mul(0), tensor([0]))
    expect(trajectories(empty)[0]).toEqual({ centres: [undefined, undefined, undefined], slope: [0, 0] })
    expect(angleBetween([0, 0], [1, 0])).toBe(Math.PI)
    expect(angleBetween([1, 0], [1, 1])).toBeCloseTo(Math.PI / 4, 9)
  })

  test("only delays count at which a motion is within the kernel", () => {
    const geometry = { neurons: 1, polarities: 2, delays: 11, rows: 9, columns: 9 }
    expect([0.25, 0.5, 1, 2].map((speed) => delaysWithin(speed, geometry))).toEqual([11, 10, 5, 3])
  })
})

test("tuning counts decisions by the angle to the motion, whatever the speed", () => {
  const confusion = Array.from({ length: 4 }, () => [0, 0, 0, 0]) // 2 directions at 2 speeds
  confusion[0][0] = 3
  confusion[0][2] = 1 // the direction is right, the speed is not
  confusion[1][0] = 4
  expect(tuningOf(confusion, 2)).toEqual([0.5, 0.5])
})

test("the smallest lead leaves out where less than a tenth of the synapses remain", () => {
  const cut = (share: number, accAll: number) => ({ share, accAll, accSteady: 0 })
  const shortened = [cut(0.05, 0.9), cut(0.2, 0.3), cut(0.7, 0.5)]
  const equal = [cut(0.05, 0.1), cut(0.2, 0.6), cut(0.7, 0.45)]
  expect(smallestLead({ shortened, equal })).toBeCloseTo(-0.05, 9)
})

describe("reading movies", () => {
  /** A dot that moves to the right (class 0) or to the left (class 1) by a pixel a step. */
  const dot = (label: number): EventMovie => {
    const data = new Uint8Array(9 * 2 * 81)
    for (let t = 0; t < 9; t++) data[(t * 2 + 1) * 81 + 4 * 9 + (label === 0 ? t : 8 - t)] = 1
    return {
      events: { dtype: "u8", shape: [9, 2, 9, 9], data },
      labels: new Int32Array(9).fill(label),
      path: new Float64Array(20),
    }
  }

  test("kernels along the two trajectories name both motions, and reversed they name the other", () => {
    const weight = new Float32Array(2 * 2 * 3 * 9)
    for (const c of [0, 1])
      for (let d = 0; d < 3; d++) weight[(((c * 2 + 1) * 3 + d) * 3 + 1) * 3 + (c === 0 ? 2 - d : d)] = 1
    const detectors = new DelayKernels(tensor(weight, { shape: [2, 2, 3, 3, 3] }), tensor([0, 0]))
    const reader = new Reader([dot(0), dot(1)], 3, complex)
    // Neurons stand three pixels apart: every third step has the dot in the middle of one.
    const { accAll, accSteady, confusion } = reader.read(detectors)
    expect(accAll).toBe(1)
    expect(accSteady).toBe(1)
    expect(confusion[0][1] + confusion[1][0]).toBe(0)
    const reversed = new DelayKernels(detectors.weight.flip(2), detectors.bias)
    expect(reader.read(reversed).accAll).toBe(0)
  })

  test("patches stand around events, newest step first", () => {
    const sampler = new PatchSampler([dot(0)], { polarities: 2, delays: 3, rows: 3, columns: 3 })
    const batch = sampler.draw(hostRandom(1), 4)
    const values = batch.patches.array()
    for (let n = 0; n < 4; n++)
      for (let d = 0; d < 3; d++)
        for (let k = 0; k < 9; k++) {
          const isThere = k === 4 - d // one pixel further left a step earlier; two steps earlier it is out of sight
          expect(values[((n * 2 + 1) * 3 + d) * 9 + k]).toBe(isThere && d < 2 ? 1 : 0)
        }
    expect([...batch.labels.array()]).toEqual([0, 0, 0, 0])
    expect(() => new PatchSampler([dot(0)], { polarities: 2, delays: 9, rows: 9, columns: 9 })).toThrow(
      /none of the events of 1 movies \(9\) has a whole patch of 9 steps and 9 x 9 px/,
    )
  })
})

test("16 motions of the pilot are 16 neurons of 1134 existing synapses", () => {
  const geometry = { neurons: motionClasses(8, [0.5, 1]).length, polarities: 2, delays: 11, rows: 9, columns: 9 }
  expect(geometry.neurons * 2 * 11 * 81).toBe(28_512)
  expect(synapseCount(delayKernels(geometry, key(1), { mask: coneMask(geometry) }))).toBe(16 * 1134)
})
