import { describe, expect, test } from "vitest"
import { hostRandom, key, mapTree, ones, type Tensor, tensor, zeros } from "../../src/engine/index.ts"
import { checkGradient } from "../../src/engine/testing.ts"
import { masked } from "../../src/learn/index.ts"
import { accuracyOf, confusionOf, linearAccuracy, masksFor, operationsOf, trainingPlan } from "./arms.ts"
import { copiesOf } from "./export.ts"
import { held } from "./held.ts"
import { activity, atRest, counts, L2mu, l2mu, memorySystem, populations, type Shape, step } from "./model.ts"
import { batchOf, type Examples, rowExamples, scaled, scalingOf, shuffledInTime, wristExamples } from "./windows.ts"

const shape: Shape = {
  ...{ channels: 2, encoder: 3, memory: 2, order: 3, hidden: 4, classes: 3, theta: 5 },
  ...{ neuron: "leaky", mode: "spiking", stateMatrix: "right" },
}
const signal = (steps: number, batch: number, channels = 2): Tensor =>
  tensor(
    Float32Array.from({ length: steps * batch * channels }, (_, i) => 2 * Math.sin(i * 1.3) + (i % 3)),
    { shape: [steps, batch, channels] },
  )

describe("a step", () => {
  test("populations of one neuron each, by hand", () => {
    const one: Shape = { ...shape, channels: 1, encoder: 1, memory: 1, order: 1, hidden: 1, classes: 1, theta: 4 }
    const built = l2mu(one, key(1))
    const net = new L2mu(
      mapTree((x: Tensor) => ones(x.shape), built.maps),
      built.leaks,
      one,
    )
    const after = step(net, atRest(one, 1), tensor([[0.6]]))
    // 0.6 >= 0.5 fires e1, e2, e3; u: 1 >= 0.3; m: B = 1 - exp(-1/4); h: 1 + m; out: Wo h + c = 2
    const b = 1 - Math.exp(-1 / 4)
    expect(memorySystem(one).a.item()).toBeCloseTo(Math.exp(-1 / 4), 5)
    expect(memorySystem(one).b.item()).toBeCloseTo(b, 5)
    expect([after.e1.v.item(), after.e3.v.item(), after.u.v.item(), after.m.v.item()]).toEqual(
      [0.6, 1, 1, b].map((x) => expect.closeTo(x, 5)),
    )
    expect([after.u.s.item(), after.m.s.item(), after.h.s.item(), after.out.v.item()]).toEqual([1, 0, 1, 2])
    // Next: nothing comes in. u = 0.8 · 1 + h (1) + m (0) - 0.3 for its spike; m = 0.5 b + A m (0) + B u (1)
    const then = step(net, after, tensor([[0]]))
    expect(then.e1.v.item()).toBeCloseTo(0.7 * 0.6 - 0.5, 5)
    expect(then.u.v.item()).toBeCloseTo(0.8 + 1 - 0.3, 5)
    expect(then.m.v.item()).toBeCloseTo(0.5 * b + b, 5)
  })

  test("of the Synaptic variant: currents leak too", () => {
    const net = l2mu({ ...shape, neuron: "synaptic" }, key(2))
    const x = signal(1, 1).at(0)
    const first = step(net, atRest(net.shape, 1), x)
    const second = step(net, first, zeros([1, 2]))
    const current = net.maps.input[0].apply(x).array()
    second.e1.j!.array().forEach((j, i) => {
      expect(j).toBeCloseTo(0.5 * current[i], 5)
      expect(first.e1.v.array()[i]).toBeCloseTo(current[i], 5)
    })
  })

  test("all that is passed on is 0 or 1; the analog memory is not", () => {
    const windows = signal(20, 4)
    for (const name of populations)
      expect(
        activity(l2mu(shape, key(3)), windows)
          [name].array()
          .every((s) => s === 0 || s === 1),
      ).toBe(true)
    const analog = activity(
      l2mu({ ...shape, encoder: 8, memory: 6, mode: "analog" }, key(3), { u: { theta: 0.01 } }),
      windows,
    ).m.array()
    expect(analog.every((s) => s === 0 || s === 1)).toBe(false)
  })

  test("without its memory the network does not hear what is in it", () => {
    const windows = signal(20, 4)
    const net = l2mu({ ...shape, mode: "off" }, key(3))
    const deaf = new L2mu(
      {
        ...net.maps,
        hFromM: { ...net.maps.hFromM, apply: net.maps.hFromM.apply, weight: net.maps.hFromM.weight.mul(100) } as never,
      },
      net.leaks,
      net.shape,
    )
    expect(counts(deaf, windows).toList()).toEqual(counts(net, windows).toList())
  })

  test("counts are the sums of the spikes of the classes", () => {
    const net = l2mu(shape, key(4))
    const windows = signal(20, 4)
    expect(counts(net, windows).toList()).toEqual(activity(net, windows).out.sum(0).toList())
  })

  test("windows of other channels are refused with both numbers", () => {
    expect(() => counts(l2mu(shape, key(1)), signal(5, 2, 3))).toThrow(/2 channels\], not f32 \[5, 2, 3\]/)
    expect(() => l2mu(shape, key(1), { h: { beta: 1 } })).toThrow(
      /beta of population h must lie between 0 and 1, not 1/,
    )
    expect(() => l2mu({ ...shape, order: 0 }, key(1)) && memorySystem({ ...shape, order: 0 })).toThrow(
      /order 1 or more/,
    )
  })
})

test("leaks and thresholds get gradients, and of the analog memory they agree with differences where nothing fires", () => {
  const quiet: Shape = { ...shape, mode: "analog" }
  const net = mapTree((x: Tensor) => x.cast("f64"), l2mu(quiet, key(5)))
  // Below its threshold no population fires, and the potential of the first is smooth in its leak and weights.
  checkGradient(
    (beta: Tensor, weight: Tensor) => {
      const leak = { ...net.leaks.e1, beta: { free: beta, value: () => beta.sigmoid() } }
      const own = new L2mu(
        {
          ...net.maps,
          input: [
            { ...net.maps.input[0], weight, apply: (x: Tensor) => x.matmul(weight) } as never,
            ...net.maps.input.slice(1),
          ],
        },
        { ...net.leaks, e1: leak },
        quiet,
      )
      const rest = mapTree((x: Tensor) => x.cast("f64"), atRest(quiet, 2))
      const x = tensor(
        [
          [0.05, -0.02],
          [0.03, 0.04],
        ],
        { dtype: "f64" },
      )
      return step(own, step(own, rest, x), x)
        .e1.v.square()
        .sum()
    },
    [net.leaks.e1.beta.free, net.maps.input[0].weight],
  )
})

describe("windows", () => {
  test("are z-scored by channel, and test windows as the training windows are", () => {
    const { train, test: unseen } = wristExamples(7, 140, 70, 0.35)
    const { mean, deviation } = scalingOf(train.windows)
    for (const c of [0, 3, 5]) {
      expect(mean[c]).toBeCloseTo(0, 5)
      expect(deviation[c]).toBeCloseTo(1, 5)
    }
    expect(Math.abs(scalingOf(unseen.windows).mean[0])).toBeGreaterThan(1e-6)
    expect(batchOf(train, [3, 8]).labels.toList()).toEqual([3, 1])
    expect(batchOf(train, [3]).windows.array()[6 * 4 + 2]).toBe(train.windows.data[(3 * 40 + 4) * 6 + 2])
  })

  test("a value that is none is named by channel and sample; other channels by both numbers", () => {
    const data = new Float32Array(2 * 5 * 3)
    data[(5 + 2) * 3 + 1] = Number.NaN
    expect(() => scalingOf({ dtype: "f32", shape: [2, 5, 3], data })).toThrow(/window 1 is NaN in channel 1, sample 2/)
    const scaling = { mean: new Float64Array(3), deviation: new Float64Array(3).fill(1) }
    expect(() => scaled({ dtype: "f32", shape: [1, 5, 4], data: new Float32Array(20) }, scaling)).toThrow(
      /4 channels .* 3 channels/,
    )
  })

  test("shuffled in time the samples are the same, in another order", () => {
    const { test: unseen } = wristExamples(7, 70, 70, 0)
    const mixed = shuffledInTime(unseen, hostRandom(1))
    const column = (examples: Examples) => Array.from({ length: 40 }, (_, t) => examples.windows.data[t * 6] as number)
    expect(column(mixed)).not.toEqual(column(unseen))
    expect(column(mixed).sort()).toEqual(column(unseen).sort())
  })

  test("digits row by row", () => {
    const images = { dtype: "u8", shape: [2, 28, 28], data: new Uint8Array(2 * 784).map((_, i) => i % 251) } as const
    const labels = { dtype: "u8", shape: [2], data: Uint8Array.of(3, 9) } as const
    const { train } = rowExamples({ train: { images, labels }, test: { images, labels } } as never)
    expect([train.windows.shape, [...train.labels], train.classes]).toEqual([[2, 28, 28], [3, 9], 10])
  })
})

describe("cutting and counting", () => {
  const { train, test: unseen } = wristExamples(7, 210, 140, 0.35)
  const wrist: Shape = { ...shape, channels: 6, encoder: 8, memory: 3, hidden: 10, classes: 7 }
  const net = l2mu(wrist, key(1))

  test("what is cut stays cut while the rest is tuned", () => {
    const masks = masksFor(net, 0.5)
    const fit = { steps: 4, rate: 0.01, batch: 16, seed: 3 }
    const plan = trainingPlan(l2mu(wrist, key(1)), train, fit, masks)
    let { model, optimiser } = plan
    for (const batch of plan.batches(0, 0)) [model, optimiser] = plan.step(model, optimiser, batch, tensor(0.01))
    const weight = model.maps.hFromH.weight
    expect(Array.from(weight.array()).filter((w) => w === 0)).toHaveLength(50)
    expect(weight.toList()).not.toEqual(masked(net, masks).maps.hFromH.weight.toList())
    expect(model.leaks.u.beta.value().item()).not.toBeCloseTo(0.8, 6)
  })

  test("operations are spikes times the connections that are left", () => {
    const { accumulates, rates, multiplyAdds, isBinary } = operationsOf(net, unseen, 20)
    expect(isBinary).toBe(true)
    expect(multiplyAdds).toBe(6 * 8 * 40)
    expect(accumulates.e1).toBeCloseTo(rates.e1 * 8 * 40 * 8, 0)
    expect(accumulates.e3).toBeCloseTo(rates.e3 * 8 * 40 * (3 + 10), 0)
    expect(accumulates.u).toBeCloseTo(rates.u * 3 * 40 * 3, 0)
    const cut = operationsOf(masked(net, masksFor(net, 0.5)), unseen, 20)
    expect(cut.multiplyAdds).toBe(6 * 4 * 40)
  })

  test("accuracies and confusions agree, and a linear classifier does not see phases", () => {
    const table = confusionOf(net, unseen)
    const right = table.reduce((sum, row, i) => sum + row[i], 0) / 140
    expect(accuracyOf(net, unseen)).toBeCloseTo(right, 6)
    expect(linearAccuracy(train, unseen, 1)).toBeLessThan(0.45)
  })

  test("copies from NIR and ONNX files tell the same, of both kinds of neurons", async () => {
    const { windows } = batchOf(
      unseen,
      Array.from({ length: 40 }, (_, i) => i),
    )
    for (const neuron of ["leaky", "synaptic"] as const) {
      const { nir, onnx } = await copiesOf(l2mu({ ...wrist, neuron }, key(4)), windows)
      expect([nir.same, onnx.same]).toEqual([40, 40])
    }
  })
})

test("the linear memory reads its input a window ago", () => {
  expect(held(4, 10, false).error).toBeCloseTo(0.079, 2)
  expect(held(4, 10, true).error).toBeGreaterThan(0.4)
})
