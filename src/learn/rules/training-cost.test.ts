import { describe, expect, test } from "vitest"
import { jit, key, normal, randomIntegers, type Tensor, type Tree, valueAndGrad, zeros } from "../../engine/index.ts"
import { linear } from "../layers/linear.ts"
import { crossEntropy } from "../losses.ts"
import { LocalClassifier, monoForwardAll } from "./local-classifier.ts"
import { liveBytes, trainingCost } from "./training-cost.ts"

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

  const x = normal(key(1), [64, 20])
  const y = randomIntegers(key(2), [64], 0, 3)
  const parts = (depth: number) =>
    Array.from({ length: depth }, (_, i) => new LocalClassifier(linear(20, 20, key(i)), linear(20, 3, key(i))))
  type Parts = ReturnType<typeof parts>
  const deepLoss = (q: Parts): Tensor =>
    crossEntropy(q[0].readout.apply(q.reduce((h, { layer }) => layer.apply(h).tanh(), x)), y)

  test("layers with losses of their own keep nothing of one another: memory does not grow with depth as backpropagation's does", () => {
    const peak = (step: (p: Parts) => Tree, depth: number): number =>
      Math.max(...liveBytes(jit(step).program(parts(depth)).graph).bytes)
    const local = (depth: number) => peak((p) => monoForwardAll(p, x, y).losses, depth)
    const deep = (depth: number) => peak((p) => valueAndGrad(deepLoss)(p), depth)
    expect(local(8)).toBeLessThan(1.2 * local(2))
    expect(deep(8)).toBeGreaterThan(2 * deep(2))
  })

  test("multiply-adds of the graph, bytes of the plan", () => {
    const cost = trainingCost((p: Parts) => monoForwardAll(p, x, y).gradients, parts(2))
    // Each layer: its product and its weights' gradient; its readout's besides, and the way back through it.
    expect(cost.multiplyAdds).toBe(64 * 2 * (2 * 20 * 20 + 3 * 20 * 3))
    const own = 4 * 2 * (20 * 20 + 20 + 20 * 3 + 3)
    expect(cost.peakBytes - cost.temporaryBytes).toBeGreaterThanOrEqual(2 * own)
  })
})
