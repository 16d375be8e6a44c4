import { expect, test } from "vitest"
import { grad, scan, type Tensor, tensor } from "../../engine/index.ts"
import { type MetaState, meta, metaLimit, metaLiterature, metaState } from "./meta.ts"

const step = (v: number, u: number, current: number, more: object = {}) => {
  const [state, s] = meta({ v: tensor([v]), u: tensor([u]) }, tensor([current]), { ...metaLiterature, ...more })
  return [state.v.item(), state.u.item(), s.item()]
}

test("a silent step and a spike, by hand", () => {
  // v = 0.2 + 0.5 (0.04 - 0.2 - 0.1 + 0.3) = 0.22; u = 0.1 + 0.5 (-0.172 · 0.2 - 0.529 · 0.1) = 0.05635
  const [v, u, s] = step(0.2, 0.1, 0.3)
  expect([v, u, s]).toEqual([expect.closeTo(0.22, 6), expect.closeTo(0.05635, 6), 0])
  // v = 0.2 + 0.5 (0.04 - 0.2 - 0.1 + 1) = 0.57 fires: v = c, u + d
  expect(step(0.2, 0.1, 1)).toEqual([expect.closeTo(0.021, 6), expect.closeTo(0.05635 + 0.132, 6), 1])
})

test("potential and recovery are clipped", () => {
  const [v, u] = step(0, 0, -100, { threshold: 50 })
  expect([v, u]).toEqual([-metaLimit, 0])
  expect(step(3, 3, 0, { a: 10, threshold: 50 })[1]).toBe(metaLimit)
})

test("the gradient reaches all five constants, also through the reset", () => {
  const loss = (p: Tensor): Tensor => {
    const at = (i: number): Tensor => p.slice(0, i, i + 1)
    const [end, spikes] = scan(
      (state: MetaState) => meta(state, tensor([0.4]), { a: at(0), b: at(1), c: at(2), d: at(3), threshold: at(4) }),
      metaState([1]),
      undefined,
      { length: 12 },
    )
    return spikes.sum().add(end.v.sum()).add(end.u.sum())
  }
  const { a, b, c, d, threshold } = metaLiterature
  const slopes = grad(loss)(tensor([a, b, c, d, threshold])).array()
  for (const slope of slopes) expect(Math.abs(slope)).toBeGreaterThan(1e-4)
})

test("by hand: one step that fires, through surrogate and reset", () => {
  // v' = 0.57 as above, slope 1 / (1 + (π 0.07)²); v = v' (1 - s) + c s, so dv/dc = 1 and dv/dthreshold = (v' - c) slope
  const slope = 1 / (1 + (Math.PI * 0.07) ** 2)
  const [ofC, ofThreshold] = grad(([c, threshold]: [Tensor, Tensor]) =>
    meta({ v: tensor([0.2]), u: tensor([0.1]) }, tensor([1]), { ...metaLiterature, c, threshold })[0].v.sum(),
  )([tensor([0.021]), tensor([0.5])])
  expect(ofC.item()).toBeCloseTo(1, 6)
  expect(ofThreshold.item()).toBeCloseTo((0.57 - 0.021) * slope, 5)
})

test("a step of more than 1 is refused", () => {
  expect(() => step(0, 0, 0, { stepSize: 1.5 })).toThrow(/above 0 and up to 1, not 1.5/)
})
