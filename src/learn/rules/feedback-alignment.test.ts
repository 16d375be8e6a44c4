import { describe, expect, test } from "vitest"
import { grad, key, stopGradient, type Tensor, tensor, valueAndGrad } from "../../engine/index.ts"
import { type Linear, linear } from "../layers/linear.ts"
import { crossEntropy } from "../losses.ts"
import { directFeedback, feedbackMatrix, gradientFor } from "./feedback-alignment.ts"
import { type Bent, bent, differences, double, expectNear, images, labels, numbers } from "./testing.ts"

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
