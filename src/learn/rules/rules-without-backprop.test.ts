import { describe, expect, test } from "vitest"
import {
  flatten,
  grad,
  jit,
  key,
  mapTree,
  normal,
  randomIntegers,
  stopGradient,
  type Tensor,
  type Tree,
  tensor,
  unflatten,
  valueAndGrad,
  zeros,
} from "../../engine/index.ts"
import { Linear, linear } from "../layers/linear.ts"
import { crossEntropy } from "../losses.ts"
import { outOfPatience } from "./early-stopping.ts"
import { directFeedback, feedbackMatrix, gradientFor } from "./feedback-alignment.ts"
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
import { type Applied, frozen, layerwise } from "./layerwise.ts"
import { cascade, LocalClassifier, monoForward, monoForwardAll, uniformLinear } from "./local-classifier.ts"
import { liveBytes, trainingCost } from "./training-cost.ts"

/** A layer that bends: differentiable everywhere, for finite differences. */
class Bent implements Applied {
  readonly linear: Linear
  constructor(linear: Linear) {
    this.linear = linear
  }
  apply(x: Tensor): Tensor {
    return this.linear.apply(x).tanh()
  }
}

const double = <T extends Tree>(tree: T): T => mapTree((x) => x.cast("f64"), tree)
const bent = (inputs: number, outputs: number, seed: number): Bent =>
  double(new Bent(new Linear(normal(key(seed), [inputs, outputs]), normal(key(seed + 50), [outputs]))))
const numbers = (tree: Tree): number[] => flatten(tree).leaves.flatMap((x) => [...x.array()])

const images = normal(key(1), [6, 5]).cast("f64")
const labels = randomIntegers(key(2), [6], 0, 3)

/** Central differences of a loss in every element of a tree. */
function differences<T extends Tree>(loss: (tree: T) => Tensor, tree: T, step = 1e-5): number[] {
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

function expectNear(actual: readonly number[], expected: readonly number[], digits = 6): void {
  expect(actual.length).toBe(expected.length)
  actual.forEach((x, i) => {
    expect(x).toBeCloseTo(expected[i], digits)
  })
}

describe("layers with losses of their own", () => {
  const layers = [bent(5, 4, 3), bent(4, 4, 4), bent(4, 3, 5)]
  const local = (layer: Bent, x: Tensor): [Tensor, Tensor] => {
    const y = layer.apply(x)
    return [y.sub(0.3).square().sum(), y]
  }

  test("each gradient is that of the layer's own loss, as finite differences say", () => {
    for (const run of [
      layerwise<Bent>,
      (...args: Parameters<typeof layerwise<Bent>>) => jit(() => layerwise(...args))(),
    ]) {
      const { losses, gradients, outputs } = run(layers, images, local)
      let below = images
      layers.forEach((layer, i) => {
        const x = below
        expect(losses[i].item()).toBeCloseTo(local(layer, x)[0].item(), 10)
        expectNear(
          numbers(gradients[i]),
          differences((own: Bent) => local(own, x)[0], layer),
        )
        below = layer.apply(x)
        expectNear(numbers(outputs[i]), numbers(below), 10)
      })
    }
  })

  test("no loss reaches a layer below it, even where the whole is differentiated", () => {
    const last = grad((all: readonly Bent[]) => layerwise(all, images, local).losses[2])(layers)
    expect(numbers([last[0], last[1]]).every((x) => x === 0)).toBe(true)
    expect(numbers(last[2]).some((x) => x !== 0)).toBe(true)
  })

  test("a frozen part has no gradient", () => {
    const g = grad((layer: Bent) => local(frozen(layer), images)[0])(layers[0])
    expect(numbers(g).every((x) => x === 0)).toBe(true)
  })
})

describe("Mono-Forward", () => {
  const parts = [bent(5, 4, 6), bent(4, 4, 7)].map(
    (layer, i) => new LocalClassifier(layer, double(uniformLinear(4, 3, key(8 + i)))),
  )

  test("one layer: cross-entropy of its own readout, gradients as finite differences", () => {
    const [loss, gradient] = monoForward(parts[0], images, labels)
    const own = (part: LocalClassifier<Bent>): Tensor => crossEntropy(part.apply(images).logits, labels)
    expect(loss.item()).toBeCloseTo(own(parts[0]).item(), 10)
    expectNear(numbers(gradient), differences(own, parts[0]))
  })

  test("all layers at once do what each does on what is frozen below it", () => {
    const { gradients, losses } = monoForwardAll(parts, images, labels)
    const second = monoForward(parts[1], parts[0].layer.apply(images), labels)
    expectNear(numbers(gradients[0]), numbers(monoForward(parts[0], images, labels)[1]), 10)
    expectNear(numbers(gradients[1]), numbers(second[1]), 10)
    expect(losses[1].item()).toBeCloseTo(second[0].item(), 10)
  })

  test("every layer's logits", () => {
    const [first, second] = cascade(parts, images)
    expectNear(numbers(first), numbers(parts[0].apply(images).logits), 10)
    expectNear(numbers(second), numbers(parts[1].apply(parts[0].layer.apply(images)).logits), 10)
  })

  test("uniform within 1 / √inputs", () => {
    const weights = numbers(uniformLinear(400, 50, key(1)))
    const largest = Math.max(...weights.map(Math.abs))
    expect(largest).toBeLessThanOrEqual(0.05)
    expect(largest).toBeGreaterThan(0.0499)
  })
})

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

describe("direct feedback alignment", () => {
  const blocks = [bent(5, 4, 20), bent(4, 6, 21), bent(6, 4, 22)]
  const head = double(linear(4, 3, key(23)))
  const feedback = [feedbackMatrix(key(24), 3, 4), feedbackMatrix(key(25), 3, 6)].map((b) => b.cast("f64"))
  const lossOf = (network: { blocks: readonly Bent[]; head: Linear }): Tensor => {
    let x = images
    for (const block of network.blocks) x = block.apply(x)
    return crossEntropy(network.head.apply(x), labels)
  }

  test("rows of a feedback matrix have length 1", () => {
    expectNear(numbers(feedback[0].norm(-1)), [1, 1, 1])
  })

  test("the last block and the head take the true gradient", () => {
    const [loss, g] = directFeedback({ blocks, head }, feedback, images, labels)
    const [trueLoss, trueGradient] = valueAndGrad(lossOf)({ blocks, head })
    expect(loss.item()).toBeCloseTo(trueLoss.item(), 8)
    expectNear(numbers([g.blocks[2], g.head]), numbers([trueGradient.blocks[2], trueGradient.head]), 7)
  })

  test("the others take e B: finite differences of <e B, output>", () => {
    const [, g] = directFeedback({ blocks, head }, feedback, images, labels)
    let x = images
    for (const block of blocks) x = block.apply(x)
    const p = head.apply(x).softmax().toList() as number[][]
    const e = tensor(
      p.map((row, b) => row.map((value, c) => (value - (c === labels.array()[b] ? 1 : 0)) / 6)),
      { dtype: "f64" },
    )
    const below = [images, blocks[0].apply(images)]
    for (const i of [0, 1]) {
      const cotangent = stopGradient(e.matmul(feedback[i]))
      const expected = differences((own: Bent) => own.apply(below[i]).mul(cotangent).sum(), blocks[i])
      expectNear(numbers(g.blocks[i]), expected)
      expectNear(numbers(gradientFor(blocks[i], below[i], cotangent)), expected)
    }
  })

  test("with the transposed weights above for B, it is backpropagation", () => {
    const straight = [5, 4, 6].map((inputs, i) => double(linear(inputs, [4, 6, 4][i], key(30 + i), { bias: false })))
    const above = (i: number): Tensor => {
      const weights = [...straight.slice(i + 1), head].map(({ weight }) => weight)
      return weights.reduce((a, b) => a.matmul(b)).T
    }
    const [, g] = directFeedback({ blocks: straight, head }, [above(0), above(1)], images, labels)
    const back = grad((n: { blocks: readonly Linear[]; head: Linear }) => {
      const y = n.blocks.reduce((x, block) => block.apply(x), images)
      return crossEntropy(n.head.apply(y), labels)
    })({ blocks: straight, head })
    expectNear(numbers(g), numbers(back), 7)
  })

  test("matrices that do not fit are named", () => {
    expect(() => directFeedback({ blocks, head }, [], images, labels)).toThrow(
      "3 blocks need 2 feedback matrices, not 0",
    )
    expect(() => directFeedback({ blocks, head }, [feedback[1], feedback[1]], images, labels)).toThrow(
      /feedback matrix 0 is f64 \[3, 6\]; 3 classes and a block of 4 outputs need \[3, 4\]/,
    )
  })
})

test("patience ends where nothing was better for so many epochs", () => {
  const history = [3, 2, 1.99995, 2.5, 1.5, 1.6].map((loss) => ({ loss }))
  const ended = (length: number, epochs: number, gain = 0) =>
    outOfPatience(history.slice(0, length), { measure: "loss", epochs, gain })
  expect(ended(4, 2)).toBe(false)
  expect(ended(4, 2, 1e-4)).toBe(true)
  expect(ended(4, 1)).toBe(true)
  expect(ended(6, 2)).toBe(false)
  expect(ended(6, 0)).toBe(false)
  expect(outOfPatience([], { measure: "loss", epochs: 1 })).toBe(false)
})

describe("what a step costs", () => {
  test("live bytes along a graph by hand", () => {
    const x = zeros([2, 3])
    const { graph } = jit((a: Tensor) => a.exp().sum(1).reshape([2, 1]).mul(a)).program(x)
    const { operators, bytes } = liveBytes(graph)
    // exp: 6 numbers; the sum beside them 2 more; the product 6 beside the 2, which are a view of the sum.
    expect(operators.filter((name) => ["exp", "sum", "mul"].includes(name))).toEqual(["exp", "sum", "mul"])
    expect(bytes[operators.indexOf("exp")]).toBe(24)
    expect(bytes[operators.indexOf("sum")]).toBe(32)
    expect(bytes[operators.indexOf("mul")]).toBe(32)
  })

  test("layers with losses of their own keep nothing of one another: memory does not grow with depth as backpropagation's does", () => {
    const x = normal(key(1), [64, 20])
    const y = randomIntegers(key(2), [64], 0, 3)
    const parts = (depth: number) =>
      Array.from({ length: depth }, (_, i) => new LocalClassifier(linear(20, 20, key(i)), linear(20, 3, key(i))))
    const peak = (live: { bytes: readonly number[] }) => Math.max(...live.bytes)
    const local = (depth: number) =>
      peak(trainingCost((p: LocalClassifier<Linear>[]) => monoForwardAll(p, x, y).losses, parts(depth)).live)
    const deep = (depth: number) =>
      peak(
        trainingCost(
          (p: LocalClassifier<Linear>[]) =>
            valueAndGrad((q: LocalClassifier<Linear>[]) =>
              crossEntropy(q[0].readout.apply(q.reduce((h, { layer }) => layer.apply(h).tanh(), x)), y),
            )(p),
          parts(depth),
        ).live,
      )
    expect(local(8)).toBeLessThan(1.2 * local(2))
    expect(deep(8)).toBeGreaterThan(2 * deep(2))
  })
})
