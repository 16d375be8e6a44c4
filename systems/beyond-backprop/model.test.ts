import { describe, expect, test } from "vitest"
import {
  flatten,
  jit,
  key,
  normal,
  randomIntegers,
  scalar,
  type Tensor,
  type Tree,
  tensor,
} from "../../src/engine/index.ts"
import { adamState, backpropagation, batchNorm, Conv2d, monoForward, type Rule } from "../../src/learn/index.ts"
import {
  Block,
  blockSizes,
  cascadedLogits,
  cascadedNetwork,
  descent,
  partsOf,
  settledOn,
  sharedNetwork,
} from "./model.ts"

const numbers = (tree: Tree): number[] => flatten(tree).leaves.flatMap((x) => [...x.array()])
const batch = { images: normal(key(1), [6, 12]), labels: randomIntegers(key(2), [6], 0, 4), key: key(3) }

function expectNear(actual: readonly number[], expected: readonly number[], digits = 5): void {
  expect(actual.length).toBe(expected.length)
  actual.forEach((x, i) => {
    expect(x).toBeCloseTo(expected[i], digits)
  })
}

describe("the shared network", () => {
  test("784-1000-1000-10 has 1,823,850 parameters, those that one of the methods does not use among them", () => {
    const network = sharedNetwork([784, 1000, 1000, 10], key(0))
    expect(flatten(network).leaves.reduce((n, x) => n + x.size, 0)).toBe(1_823_850)
    expect(network.trunk.blocks[0].linear.weight.abs().max().item()).toBeLessThanOrEqual(1 / 28)
    const spread = Math.sqrt(numbers(network.trunk.head.weight).reduce((sum, x) => sum + x * x, 0) / 10_000)
    expect(spread).toBeCloseTo(0.01, 3)
  })

  test("backpropagation: loss and gradients by hand", () => {
    const network = sharedNetwork([12, 5, 4, 4], key(5)).trunk
    const [loss, g] = jit(() => backpropagation(network, batch.images, batch.labels))()
    type Matrix = number[][]
    const list = (x: Tensor): Matrix => x.toList() as Matrix
    const product = (a: Matrix, b: Matrix): Matrix =>
      a.map((row) => b[0].map((_, j) => row.reduce((sum, x, i) => sum + x * b[i][j], 0)))
    const turned = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]))
    const weights = [...network.blocks.map(({ linear }) => linear), network.head].map(({ weight }) => list(weight))
    const x = list(batch.images)
    const labels = batch.labels.toList() as number[]
    const h1 = product(x, weights[0]).map((row) => row.map((z) => Math.max(0, z)))
    const h2 = product(h1, weights[1]).map((row) => row.map((z) => Math.max(0, z)))
    const logits = product(h2, weights[2])
    const p = logits.map((row) => {
      const total = row.reduce((sum, z) => sum + Math.exp(z), 0)
      return row.map((z) => Math.exp(z) / total)
    })
    expect(loss.item()).toBeCloseTo(
      p.reduce((sum, row, b) => sum - Math.log(row[labels[b]]) / 6, 0),
      5,
    )
    const e3 = p.map((row, b) => row.map((value, c) => (value - (c === labels[b] ? 1 : 0)) / 6))
    const gated = (e: Matrix, h: Matrix): Matrix => e.map((row, b) => row.map((value, j) => (h[b][j] > 0 ? value : 0)))
    const e2 = gated(product(e3, turned(weights[2])), h2)
    const e1 = gated(product(e2, turned(weights[1])), h1)
    expectNear(numbers(g.head.weight), product(turned(h2), e3).flat())
    expectNear(numbers(g.blocks[1].linear.weight), product(turned(h1), e2).flat())
    expectNear(numbers(g.blocks[0].linear.weight), product(turned(x), e1).flat())
  })

  test("Mono-Forward's gradient of a layer is the transposed projection's error, gated by the rectifier", () => {
    const part = partsOf(sharedNetwork([12, 5, 4], key(6)))[1]
    const [, g] = monoForward(part, batch.images, batch.labels)
    const { activation, logits } = part.apply(batch.images)
    const error = logits
      .softmax()
      .sub(tensor((batch.labels.toList() as number[]).map((label) => [0, 1, 2, 3].map((c) => (c === label ? 1 : 0)))))
      .mul(1 / 6)
    const delta = error.matmul(part.readout.weight.T).mul(activation.gt(0).cast("f32"))
    expectNear(numbers(g.readout.weight), numbers(activation.T.matmul(error)))
    expectNear(numbers(g.layer), numbers([batch.images.T.matmul(delta), delta.sum(0)]))
  })

  test("without hidden layers there is no Mono-Forward", () => {
    expect(() => partsOf(sharedNetwork([12, 4], key(0)))).toThrow(/M_0 alone/)
  })
})

describe("convolution blocks", () => {
  test("conv, batch norm, rectifier, pool: by hand", () => {
    const block = new Block(new Conv2d(tensor([[[[2]]]]), undefined, {}), batchNorm(1, 0))
    const x = tensor([
      [
        [
          [1, 2],
          [3, 6],
        ],
      ],
    ]) // twice: 2, 4, 6, 12; mean 6, variance 14
    expect(block.apply(x).item()).toBeCloseTo(6 / Math.sqrt(14), 5)
    expect(block.apply(x).shape).toEqual([1, 1, 1, 1])
  })

  test("settled blocks do not look at their batch any more", () => {
    const images = normal(key(1), [8, 1, 8, 8])
    const settled = settledOn(cascadedNetwork([1, 8, 8], [2, 3], 4, key(2)).trunk.blocks, images)
    const of = (x: Tensor): number[] => numbers(settled.reduce((y, block) => block.apply(y), x))
    expectNear(of(images.slice(0, 0, 2)), of(images).slice(0, of(images).length / 4))
  })

  test("predictors read their blocks, flat; the last prediction is their sum", () => {
    const network = cascadedNetwork([1, 8, 8], [2, 3], 4, key(2))
    const images = normal(key(1), [5, 1, 8, 8])
    const [first, second, sum] = cascadedLogits(network, images)
    const { blocks } = network.trunk
    const deep = blocks[1].apply(blocks[0].apply(images)).reshape([5, 12])
    expectNear(numbers(second), numbers(network.predictors[1].apply(deep)))
    expectNear(numbers(sum), numbers(first.add(second)))
  })

  test("sizes behind each block, and what does not halve so often", () => {
    expect(blockSizes(32, [32, 128, 512])).toEqual([8192, 8192, 8192])
    expect(() => blockSizes(28, [8, 16, 32])).toThrow("3 pools halve 28 x 28 pixels to 3.5: not a whole number")
  })
})

test.each<[string, Rule<Tree>, Tree]>([
  ["backpropagation", backpropagation, sharedNetwork([12, 16, 16, 4], key(3)).trunk],
  ["Mono-Forward", monoForward, partsOf(sharedNetwork([12, 16, 16, 4], key(3)))[1]],
])("cross-entropy falls under %s", (_, rule, start) => {
  const step = jit(descent(rule))
  let [model, state, first] = step(start, adamState(start), batch, scalar(1e-2))
  let loss = first
  for (let i = 0; i < 30; i++) [model, state, loss] = step(model, state, batch, scalar(1e-2))
  expect(loss.item()).toBeLessThan(0.7 * first.item())
})
