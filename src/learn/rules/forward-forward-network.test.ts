import { describe, expect, test } from "vitest"
import { jit, key, normal, randomIntegers, scalar, type Tensor, tensor } from "../../engine/index.ts"
import { readoutAlone } from "./backpropagation.ts"
import { forwardForward, paintLabels, wrongLabels } from "./forward-forward.ts"
import {
  forwardForwardNetwork,
  forwardForwardState,
  forwardForwardStep,
  neutralLogits,
} from "./forward-forward-network.ts"
import { expectNear, numbers } from "./testing.ts"

const batch = { images: normal(key(1), [6, 12]), labels: randomIntegers(key(2), [6], 0, 4), key: key(3) }

describe("a network that learns by Forward-Forward", () => {
  const network = forwardForwardNetwork([12, 20, 30, 25, 4], key(7))

  test("the head reads all layers but the first, and starts at 0", () => {
    expect(network.head.weight.shape).toEqual([55, 4])
    expect(network.head.bias).toBeUndefined()
    expect(numbers(network.head).every((x) => x === 0)).toBe(true)
    expect(neutralLogits(network, batch.images.abs(), 1).shape).toEqual([6, 4])
  })

  test("a step moves every layer along its own gradient, the head along its own, at their own rates and decays", () => {
    const state = forwardForwardState(network)
    const rate = 4.8e-4
    const [next, nextState] = jit(forwardForwardStep)(network, state, batch.images, batch.labels, batch.key, {
      layers: { rate: scalar(rate), weightDecay: 4.2e-4 },
      head: { rate: scalar(1.07e-2), weightDecay: 6.2e-3 },
    })
    const right = paintLabels(batch.images, batch.labels, 4)
    const wrong = paintLabels(batch.images, wrongLabels(batch.key, batch.labels, 4), 4)
    const found = forwardForward(network.layers, right, wrong, state.running)
    // Adam's first step has the size of the rate, whatever the gradient's is.
    const moved = (w: Tensor, g: Tensor, by: number, decay: number): number[] =>
      numbers(w.mul(1 - by * decay).sub(g.div(g.abs().add(1e-8)).mul(by)))
    network.layers.forEach((layer, i) => {
      expectNear(numbers(next.layers[i].weight), moved(layer.weight, found.gradients[i].weight, rate, 4.2e-4), 4)
      expectNear(numbers(nextState.running[i]), numbers(found.running[i]))
    })
    const [, headGradient] = readoutAlone(network.head, tensor(joined(found.activities.slice(1))), batch.labels)
    expectNear(numbers(next.head), moved(network.head.weight, headGradient.weight, 1.07e-2, 6.2e-3), 4)
  })

  const joined = (list: readonly Tensor[]): number[][] => {
    const [a, b] = list.map((x) => x.toList() as number[][])
    return a.map((row, i) => [...row, ...b[i]])
  }

  test("one layer leaves the head without input", () => {
    expect(() => forwardForwardNetwork([12, 5, 4], key(0))).toThrow(/with 1 hidden layer has no input for its head/)
  })

  test("weights have a deviation of 1 / √units", () => {
    const weights = numbers(forwardForwardNetwork([100, 64, 64, 4], key(1)).layers[0].weight)
    expect(Math.sqrt(weights.reduce((sum, x) => sum + x * x, 0) / weights.length)).toBeCloseTo(1 / 8, 2)
  })
})
