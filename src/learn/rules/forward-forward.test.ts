import { describe, expect, test } from "vitest"
import { grad, key, normal, randomIntegers, type Tensor, tensor, zeros } from "../../engine/index.ts"
import { Linear, linear } from "../layers/linear.ts"
import {
  forwardForward,
  forwardForwardLoss,
  goodness,
  goodnessOfLabels,
  lively,
  paintLabels,
  paintNeutral,
  unitRms,
  wrongLabels,
} from "./forward-forward.ts"
import { differences, double, expectNear, numbers } from "./testing.ts"

describe("Forward-Forward", () => {
  const pixels = tensor([
    [0.5, 0.5, 0.5, 0.5, 0.25],
    [0.1, 0.2, 0.3, 0.4, 0.5],
  ])

  test("labels are painted into the first pixels", () => {
    expectNear(
      numbers(paintLabels(pixels, tensor([2, 0], { dtype: "i32" }), 3)),
      [0, 0, 1, 0.5, 0.25, 1, 0, 0, 0.4, 0.5],
    )
    expectNear(
      numbers(paintLabels(pixels, tensor([2, 0], { dtype: "i32" }), 3, 4)),
      [0, 0, 4, 0.5, 0.25, 4, 0, 0, 0.4, 0.5],
    )
    expectNear(numbers(paintNeutral(pixels, 4)), [0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.5])
    expectNear(numbers(paintNeutral(pixels, 5)), new Array(10).fill(0.2))
  })

  test("what cannot be painted is named", () => {
    expect(() => paintLabels(pixels, tensor([0, 1], { dtype: "i32" }), 6)).toThrow(
      "6 classes cannot be painted into images of 5 pixels",
    )
    expect(() => paintLabels(pixels, tensor([0, 3], { dtype: "i32" }), 3)).toThrow(
      "label 1 is 3, and there are 3 classes: 0 to 2",
    )
    expect(() => paintNeutral(pixels.reshape([2, 5, 1]), 3)).toThrow(/\[batch, pixels\]/)
  })

  test("wrong labels are never right, and each of the others comes equally often", () => {
    const right = randomIntegers(key(1), [9000], 0, 10)
    const wrong = wrongLabels(key(2), right, 10).array()
    const shifts = new Array(10).fill(0)
    right.array().forEach((label, i) => {
      expect(wrong[i]).toBeGreaterThanOrEqual(0)
      expect(wrong[i]).toBeLessThan(10)
      shifts[(wrong[i] - label + 10) % 10]++
    })
    expect(shifts[0]).toBe(0)
    for (const count of shifts.slice(1)) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })

  test("normalised rows have a root mean square of 1, whatever their size", () => {
    const rows = unitRms(normal(key(3), [4, 30]).mul(tensor([[1], [10], [0.01], [3]])))
    expectNear(numbers(rows.square().mean(-1)), [1, 1, 1, 1], 5)
  })

  test("loss of a layer by hand", () => {
    const h = tensor([
      [1, 2],
      [0, 1],
    ])
    const [loss, running] = forwardForwardLoss(h, tensor([0.5, 0.5]))
    // Goodness 5 and 1, less 2 units: 3 and -1. r = 0.9 · 0.5 + 0.1 · [1, 2] = [0.55, 0.65], 0.05 from their mean.
    const bce = (Math.log1p(Math.exp(-3)) + Math.log1p(Math.exp(-1))) / 2
    expect(loss.item()).toBeCloseTo(bce + 0.03 * 0.05 ** 2, 6)
    expectNear(numbers(running), [0.55, 0.65])
  })

  const layers = double([linear(7, 6, key(4)), linear(6, 6, key(5))])
  const right = normal(key(6), [3, 7]).abs().cast("f64")
  const wrong = normal(key(7), [3, 7]).abs().cast("f64")
  const rest = [zeros([6], "f64").add(0.5), zeros([6], "f64").add(0.5)]

  test("gradients are finite differences of each layer's own loss where units are active", () => {
    const { losses, gradients, running } = forwardForward(layers, right, wrong, rest, { peers: 0 })
    const both = unitRms(
      tensor([...(right.toList() as number[][]), ...(wrong.toList() as number[][])], { dtype: "f64" }),
    )
    const lossOf = (layer: Linear, x: Tensor): Tensor =>
      forwardForwardLoss(layer.apply(x).relu(), rest[0], { peers: 0 })[0]
    const second = unitRms(layers[0].apply(both).relu())
    expect(losses[0].item()).toBeCloseTo(lossOf(layers[0], both).item(), 6)
    expect(losses[1].item()).toBeCloseTo(lossOf(layers[1], second).item(), 6)
    expectNear(
      numbers(gradients[0]),
      differences((l: Linear) => lossOf(l, both), layers[0]),
      5,
    )
    expectNear(
      numbers(gradients[1]),
      differences((l: Linear) => lossOf(l, second), layers[1]),
      5,
    )
    expect(running).toHaveLength(2)
  })

  test("a silent unit is called back by its peers, though its rectifier is shut", () => {
    const shut = new Linear(tensor([[1, 0]]), tensor([0, -5]))
    const x = tensor([[1], [1]])
    const step = (rectify: (l: Linear, x: Tensor) => Tensor) =>
      grad((l: Linear) => forwardForwardLoss(rectify(l, x), tensor([0.5, 0.5]))[0])(shut).bias!.array()
    expect(step(lively)[1]).toBeLessThan(0)
    expect(step((l, y) => l.apply(y).relu())[1]).toBe(0)
  })

  test("goodness of a label is that of the image with it painted in, from the second layer on", () => {
    const own = [linear(5, 6, key(8)), linear(6, 6, key(9)), linear(6, 4, key(10))]
    const found = goodnessOfLabels(own, pixels, 3).toList() as number[][]
    for (const label of [0, 1, 2]) {
      const first = own[0].apply(unitRms(paintLabels(pixels, tensor([label, label], { dtype: "i32" }), 3))).relu()
      const second = own[1].apply(unitRms(first)).relu()
      const third = own[2].apply(unitRms(second)).relu()
      const expected = goodness(second).add(goodness(third)).array()
      for (const image of [0, 1]) expect(found[image][label]).toBeCloseTo(expected[image], 4)
    }
  })
})
