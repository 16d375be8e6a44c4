import { expect, test } from "vitest"
import { jit, tensor } from "../engine/index.ts"
import { keptShare, magnitudeMasks, masked, roundedTo8Bits } from "./pruning.ts"

const model = {
  a: tensor([
    [0.1, -3],
    [0.5, 2],
  ]),
  b: { weight: tensor([[1, -0.2, 0.3, 4]]), bias: tensor([0.01, 0.02]) },
}

test("the smallest weights of each matrix are cut, biases stay", () => {
  const masks = magnitudeMasks(model, 0.5)
  expect(masks.a.toList()).toEqual([
    [0, 1],
    [0, 1],
  ])
  expect(masks.b.weight.toList()).toEqual([[1, 0, 0, 1]])
  expect(masks.b.bias.toList()).toEqual([1, 1])
  const cut = jit(masked<typeof model>)(model, masks)
  expect(cut.a.toList()).toEqual([
    [0, -3],
    [0, 2],
  ])
  expect(keptShare(cut)).toBe(0.5)
  expect(keptShare(model)).toBe(1)
})

test("only the matrices that are named", () => {
  const masks = magnitudeMasks(model, 0.5, (name) => name === "a")
  expect(masks.b.weight.toList()).toEqual([[1, 1, 1, 1]])
  expect(masks.a.toList()).toEqual([
    [0, 1],
    [0, 1],
  ])
})

test("a fraction of 1 or less than 0 is refused", () => {
  expect(() => magnitudeMasks(model, 1)).toThrow(/0\.\.1 without 1, not 1/)
  expect(() => magnitudeMasks(model, -0.1)).toThrow(/not -0.1/)
})

test("eight bits: multiples of a 127th of the largest, zeros stay", () => {
  const { a, b } = roundedTo8Bits({
    a: tensor([
      [127, -1.4],
      [0.6, 0],
    ]),
    b: tensor([0.123]),
  })
  expect(a.toList()).toEqual([
    [127, -1],
    [1, 0],
  ])
  expect(b.toList()).toEqual([expect.closeTo(0.123, 6)])
  expect(roundedTo8Bits({ z: tensor([[0, 0]]) }).z.toList()).toEqual([[0, 0]])
})
