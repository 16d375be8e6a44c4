import { expect, test } from "vitest"
import type { Tree } from "../../src/engine/index.ts"
import { Identity, type LocalClassifier } from "../../src/learn/index.ts"
import { evaluator, through } from "./evaluate.ts"

const labels = Int32Array.from({ length: 700 }, (_, i) => i % 3)
const logits = Float32Array.from({ length: 2100 }, (_, i) => (i % 3 === Math.floor(i / 3) % 3 && i < 900 ? 2 : 0))
const examples = {
  images: { dtype: "f32" as const, shape: [700, 3], data: logits },
  labels: { dtype: "i32" as const, shape: [700], data: labels },
}

test("accuracy and loss by hand, over more than one chunk", () => {
  const { loss, accuracies } = evaluator((_: Tree, x) => [x.neg(), x])({}, examples)
  // 300 rows favour their label; of the others, all alike, the first class is taken: right for every third.
  expect(accuracies[1]).toBeCloseTo((100 * (300 + 134)) / 700, 3)
  expect(loss).toBeCloseTo((300 * Math.log(1 + 2 * Math.exp(-2)) + 400 * Math.log(3)) / 700, 4)
})

test("examples behind a layer, and behind none", () => {
  const doubled: LocalClassifier["layer"] = { apply: (x) => x.mul(2).reshape([x.shape[0], 3, 1]) }
  const behind = through(doubled, examples)
  expect(behind.images.shape).toEqual([700, 3, 1])
  expect([...behind.images.data]).toEqual([...logits].map((x) => 2 * x))
  expect(behind.labels).toBe(examples.labels)
  expect(through(new Identity(), examples)).toBe(examples)
})
