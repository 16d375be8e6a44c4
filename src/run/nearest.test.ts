import { expect, test } from "vitest"
import { editDistance, nearest } from "./nearest.ts"

test.each([
  ["", "abc", 3],
  ["kitten", "sitting", 3],
  ["slt", "sltt", 1],
  ["setps", "steps", 1],
  ["same", "same", 0],
])("editDistance(%s, %s)", (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance)
  expect(editDistance(b, a)).toBe(distance)
})

test.each([
  ["stl", ["sltt", "pvd"], "sltt"],
  ["spikgpt", ["spikegpt", "pvd"], "spikegpt"],
  ["self_sorting", ["sltt", "self-sorting"], "self-sorting"],
  ["hourglass", ["hlop", "hourglass-mlp"], "hourglass-mlp"],
  ["LOSSSCALE", ["lossScale"], "lossScale"],
  ["zzzzzz", ["sltt", "pvd"], undefined],
  ["", ["sltt"], undefined],
])("nearest(%s) of %j", (name, candidates, found) => {
  expect(nearest(name, candidates)).toBe(found)
})
