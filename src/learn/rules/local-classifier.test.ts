import { describe, expect, test } from "vitest"
import { key, type Tensor } from "../../engine/index.ts"
import { crossEntropy } from "../losses.ts"
import { cascade, LocalClassifier, monoForward, monoForwardAll, uniformLinear } from "./local-classifier.ts"
import { type Bent, bent, differences, double, expectNear, images, labels, numbers } from "./testing.ts"

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
