import { describe, expect, test } from "vitest"
import { grad, jit, type Tensor } from "../../engine/index.ts"
import { frozen, layerwise } from "./layerwise.ts"
import { type Bent, bent, differences, expectNear, images, numbers } from "./testing.ts"

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
