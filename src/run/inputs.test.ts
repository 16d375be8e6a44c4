import { expect, test } from "vitest"
import { drawing, Inputs, level, pick, press, pressAddress, pressOf } from "./inputs.ts"

const schema = {
  digit: drawing("a digit", { width: 3, height: 2 }),
  current: level("current", { from: 0, to: 10, start: 0, unit: "nA" }),
  cell: press("break a cell", { below: 4 }),
  neuron: pick("neuron", { options: ["LIF", "HH"] }),
}
const never = new AbortController().signal

test("what was given is taken once, in order; levels and picks are held", () => {
  const inputs = new Inputs(schema)
  expect(inputs.value("current")).toBe(0)
  expect(inputs.value("neuron")).toBe("LIF")
  inputs.give("cell", 3)
  inputs.give("cell", 0)
  inputs.give("current", 2.5)
  inputs.give("neuron", "HH")
  const picture = new Float32Array(6).fill(0.5)
  inputs.give("digit", picture)
  expect(inputs.take("cell")).toEqual([3, 0])
  expect(inputs.take("cell")).toEqual([])
  expect(inputs.take("digit")).toEqual([picture])
  expect([inputs.value("current"), inputs.value("current")]).toEqual([2.5, 2.5])
  expect(inputs.value("neuron")).toBe("HH")
})

test.each([
  ["cells", 1, 'there is no input "cells"'],
  ["toString", 1, 'there is no input "toString"'],
  ["cell", 4, "cell must be a whole number in 0..3"],
  ["cell", 0.5, "cell must be a whole number in 0..3"],
  ["cell", "1", "cell must be a whole number in 0..3"],
  ["current", Number.NaN, "current must be a number in 0..10"],
  ["current", 11, "current must be a number in 0..10"],
  ["neuron", "AdEx", "neuron must be one of LIF, HH"],
  ["digit", new Float32Array(5), "digit must be a Float32Array of 2 x 3 numbers in 0..1"],
  ["digit", new Float32Array(6).fill(Number.NaN), "digit must be a Float32Array of 2 x 3 numbers in 0..1"],
])("%s cannot be %s", (name, value, message) => {
  expect(() => new Inputs(schema).give(name, value)).toThrow(message)
})

test("a wait ends with the next input, at its limit, or with the signal", async () => {
  const inputs = new Inputs(schema)
  setTimeout(() => inputs.give("cell", 1), 5)
  await inputs.wait(never)
  expect(inputs.take("cell")).toEqual([1])
  await inputs.wait(never, 5)
  inputs.give("cell", 2)
  await inputs.wait(never) // given before: no waiting
  const stop = new AbortController()
  setTimeout(() => stop.abort(new Error("enough")), 5)
  await expect(inputs.wait(stop.signal)).rejects.toThrow("enough")
  await expect(inputs.wait(stop.signal)).rejects.toThrow("enough")
})

test("the address of a mark holds its input and its number", () => {
  expect(pressOf(pressAddress("cell", 17))).toEqual({ name: "cell", index: 17 })
  for (const other of ["#/sltt", "#press=cell", "https://example.org/#press=cell:1x", ""])
    expect(pressOf(other)).toBeUndefined()
})
