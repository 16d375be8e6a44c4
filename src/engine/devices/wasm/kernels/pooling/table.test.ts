import fc from "fast-check"
import { expect, test } from "vitest"
import {
  device,
  grad,
  jit,
  maxPool2dWithIndices,
  type PoolingOptions,
  type Tensor,
  useDevice,
  where,
} from "../../../../index.ts"
import { expectClose, randomTensor } from "../../../../testing.ts"

const fast = device("wasm", { threads: 1 })
const pair = (from: number, to: number) =>
  fc.tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to }))

/** Numbers of which many are equal and some are NaN or infinite. */
function draw(shape: readonly number[], seed: number): Tensor {
  const x = randomTensor(shape, seed, { from: -3, to: 3, dtype: "f32" }).round()
  const chance = randomTensor(shape, seed + 1, { from: 0, dtype: "f32" })
  const instead = (y: Tensor, at: number, value: number): Tensor => where(chance.sub(at).abs().lt(0.02), value, y)
  return instead(instead(instead(x, 0.1, Number.NaN), 0.2, Number.POSITIVE_INFINITY), 0.3, Number.NEGATIVE_INFINITY)
}

test("maxima, where they are and the gradient equal the reference's", () => {
  const cases = fc.record({
    planes: pair(1, 3),
    size: pair(3, 23),
    window: pair(1, 4),
    stride: pair(1, 4),
    padding: pair(0, 3),
  })
  fc.assert(
    fc.property(cases, ({ planes, size, window, stride, padding }) => {
      fc.pre([0, 1].every((i) => padding[i] < window[i] && size[i] + 2 * padding[i] >= window[i]))
      const options: PoolingOptions = { stride, padding }
      const run = (x: Tensor): Tensor[] => {
        const { values, indices } = maxPool2dWithIndices(x, window, options)
        const loss = (t: Tensor): Tensor => {
          const y = maxPool2dWithIndices(t, window, options).values
          return y.mul(randomTensor(y.shape, 5, { dtype: "f32" })).sum()
        }
        return [values, indices, grad(loss)(x)]
      }
      const x = useDevice("reference", () => draw([...planes, ...size], 1))
      const expected = useDevice("reference", () => run(x))
      useDevice(fast, () => jit(run)(x)).forEach((y, i) => {
        expectClose(y, expected[i], { relative: 1e-5 }, `output ${i}`)
      })
    }),
    { numRuns: 60, seed: 4 },
  )
})

test("f64 too", () => {
  const x = useDevice("reference", () => randomTensor([2, 2, 9, 13], 1))
  const run = (): Tensor[] => Object.values(maxPool2dWithIndices(x, 3, { stride: 2 }))
  const expected = useDevice("reference", run)
  expect(useDevice(fast, () => jit(run)()).map((y) => y.toList())).toEqual(expected.map((y) => y.toList()))
})
