import { describe, expect, test } from "vitest"
import { key, normal, type Tensor } from "../../engine/index.ts"
import { linear } from "../layers/linear.ts"
import { crossEntropy } from "../losses.ts"
import { backpropagation, type Headed, logitsOf, readFlat, readoutAlone } from "./backpropagation.ts"
import { type Bent, bent, differences, double, expectNear, images, labels, numbers } from "./testing.ts"

describe("backpropagation", () => {
  const network: Headed<Bent> = { blocks: [bent(5, 4, 1), bent(4, 4, 2)], head: double(linear(4, 3, key(3))) }

  test("the gradient of all blocks and the head, as finite differences say", () => {
    const loss = (n: Headed<Bent>): Tensor => crossEntropy(logitsOf(n, images), labels)
    const [found, gradient] = backpropagation(network, images, labels)
    expect(found.item()).toBeCloseTo(loss(network).item(), 10)
    expectNear(numbers(gradient), differences(loss, network))
  })

  test("a readout alone: the difference of softmax and label, times what it reads", () => {
    const [, gradient] = readoutAlone(network.head, images.slice(1, 0, 4), labels)
    const head = (own: typeof network.head): Tensor => crossEntropy(own.apply(images.slice(1, 0, 4)), labels)
    expectNear(numbers(gradient), differences(head, network.head))
  })

  test("a readout takes all that lies behind the batch axis", () => {
    const maps = normal(key(4), [6, 1, 2, 2]).cast("f64")
    expectNear(numbers(readFlat(network.head, maps)), numbers(network.head.apply(maps.reshape([6, 4]))))
  })
})
