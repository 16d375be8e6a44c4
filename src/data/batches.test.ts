import { expect, test } from "vitest"
import type { HostArray } from "../engine/dtype.ts"
import { batchCount, batches, epochOrder, takeRows } from "./batches.ts"

const images: HostArray = { dtype: "u8", shape: [5, 2], data: Uint8Array.of(0, 1, 10, 11, 20, 21, 30, 31, 40, 41) }
const labels: HostArray = { dtype: "i32", shape: [5], data: Int32Array.of(0, 1, 2, 3, 4) }

test("without a seed rows come as they lie, the last batch with what is left", () => {
  const all = [...batches({ images, labels }, { size: 2 })]
  expect(all.map((batch) => [...batch.labels.data])).toEqual([[0, 1], [2, 3], [4]])
  expect(all[1].images).toEqual({ dtype: "u8", shape: [2, 2], data: Uint8Array.of(20, 21, 30, 31) })
  expect(all.length).toBe(batchCount(5, 2))
})

test("dropLast keeps every batch full", () => {
  const all = [...batches({ labels }, { size: 2, dropLast: true })]
  expect(all.map(({ rows }) => rows.length)).toEqual([2, 2])
  expect(all.length).toBe(batchCount(5, 2, true))
})

test("a seed determines the order; epochs differ; every row comes once and arrays stay together", () => {
  const order = (seed: number, epoch: number) =>
    [...batches({ images, labels }, { size: 2, seed, epoch })].flatMap((batch) => {
      const rows = [...batch.labels.data]
      expect([...batch.rows]).toEqual(rows)
      expect([...batch.images.data]).toEqual(rows.flatMap((row) => [10 * row, 10 * row + 1]))
      return rows
    })
  expect(order(1, 0)).toEqual(order(1, 0))
  expect([...order(1, 0)].sort()).toEqual([0, 1, 2, 3, 4])
  const orders = new Set([0, 1, 2, 3, 4, 5].map((epoch) => order(1, epoch).join()))
  expect(orders.size).toBeGreaterThan(3)
  expect([...epochOrder(5, 1, 0)]).toEqual(order(1, 0))
})

test("refuses arrays of different length, impossible sizes and rows", () => {
  expect(() => [...batches({ images, labels: takeRows(labels, [0]) }, { size: 2 })]).toThrow(
    "must share their first axis, found images [5, 2], labels [1]",
  )
  expect(() => [...batches({ labels }, { size: 0 })]).toThrow("a batch of 0 rows")
  expect(() => takeRows(labels, [5])).toThrow("no row 5")
})
