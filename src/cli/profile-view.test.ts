import { expect, test } from "vitest"
import type { KernelProfile } from "../engine/index.ts"
import { barsOf, flameOf, tableOf } from "./profile-view.ts"

const kernel = (name: string, ms: number, more: Partial<KernelProfile> = {}): KernelProfile => ({
  name,
  work: `${name} [2]`,
  where: "model.ts:3",
  calls: 1,
  ms,
  operations: undefined,
  bytes: 0,
  ...more,
})

test("a table with shares and rates where they are known", () => {
  const lines = tableOf([kernel("matmul", 3, { operations: 6e7, bytes: 3e6 }), kernel("events", 1)], 120).split("\n")
  expect(lines[0]).toMatch(/^kernel +computes +for +calls +ms +share +GFLOP\/s +GB\/s$/)
  expect(lines[2]).toMatch(/^matmul +matmul \[2\] +model\.ts:3 +1 +3\.000 +75\.0 % +20\.0 +1\.0$/)
  expect(lines[3]).toMatch(/^events +events \[2\] +model\.ts:3 +1 +1\.000 +25\.0 %$/)
})

test("what is beyond thirty lines is added up", () => {
  const many = Array.from({ length: 40 }, (_, i) => kernel(`k${i}`, 40 - i))
  const lines = tableOf(many, 120).split("\n")
  expect(lines).toHaveLength(2 + 30 + 1)
  expect(lines.at(-1)).toMatch(/^10 more +55\.0 +6\.7 %$/)
})

test("bars and boxes by kernel, longest first", () => {
  const kernels = [kernel("add", 2), kernel("matmul", 1), kernel("matmul", 5, { where: undefined, work: "" })]
  const [first, second] = barsOf(kernels, 60).split("\n")
  expect(first).toMatch(/^matmul +75\.0 % +█+$/)
  expect(second).toMatch(/^add +25\.0 % +█+$/)
  expect(first.split("█").length).toBeGreaterThan(2 * second.split("█").length)
  const flame = flameOf("all", kernels)
  expect(flame.value).toBe(8)
  expect(flame.children?.map(({ label, value }) => [label, value])).toEqual([
    ["matmul", 6],
    ["add", 2],
  ])
  expect(flame.children?.[0].children?.map(({ label }) => label)).toEqual(["matmul", "model.ts:3"])
})

test("nothing measured is no error", () => {
  expect(tableOf([], 100)).toContain("kernel")
  expect(barsOf([], 100)).toBe("")
  expect(flameOf("all", []).value).toBe(0)
})
