import { expect, test } from "vitest"
import { full, key, tensor } from "../engine/index.ts"
import { directEncode, latencyEncode, poisson, rateEncode } from "./encoders.ts"

test("rate coding fires with the probability given, and the same key fires the same", () => {
  const s = rateEncode(key(3), full([200, 200], 0.3))
  expect(s.mean().item()).toBeCloseTo(0.3, 2)
  expect(s.type.events).toBe(true)
  expect(rateEncode(key(3), full([200, 200], 0.3)).array()).toEqual(s.array())
  expect(rateEncode(key(4), tensor([0, 1, -2, 5])).toList()).toEqual([0, 1, 0, 1])
})

test("Poisson spikes come at 1 - exp(-rate dt) a step", () => {
  expect(
    poisson(key(1), full([300, 300], 200), 1)
      .mean()
      .item(),
  ).toBeCloseTo(1 - Math.exp(-0.2), 2)
  expect(() => poisson(key(1), full([1], 5), 0)).toThrow(/time step/)
})

test("latency coding: once each, larger earlier, nothing at or below the threshold", () => {
  const s = latencyEncode(tensor([1, 0.5, 0.01, 0]), 5)
  expect(s.sum(0).toList()).toEqual([1, 1, 1, 0])
  expect(s.argmax(0).toList()).toEqual([0, 2, 4, 0])
  expect(() => latencyEncode(tensor([1]), 0)).toThrow(/steps/)
})

test("direct coding repeats the values", () => {
  expect(directEncode(tensor([1, 2]), 3).toList()).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ])
})
