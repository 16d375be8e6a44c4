import { expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { jit, SparseMatrix, tensor } from "../index.ts"

useDevice("reference")

const dense = tensor([
  [0, 2, 0],
  [-3, 0, 1],
])

test("from a dense matrix, and back", () => {
  const m = SparseMatrix.fromDense(dense)
  expect([m.shape, m.entries, m.values.toList()]).toEqual([[2, 3], 3, [2, -3, 1]])
  expect(m.toDense().toList()).toEqual(dense.toList())
  expect(
    SparseMatrix.fromDense(
      dense,
      tensor([
        [1, 1, 0],
        [1, 0, 0],
      ]),
    ).values.toList(),
  ).toEqual([0, 2, -3])
  expect(m.transpose().toDense().toList()).toEqual(dense.T.toList())
  expect(m.transpose().transpose().toDense().toList()).toEqual(dense.toList())
  expect(jit((s: SparseMatrix) => s.transpose().toDense())(m).toList()).toEqual(dense.T.toList())
})

test("from coordinates in any order; those at one place are added up", () => {
  const m = SparseMatrix.fromCoordinates([3, 4], [2, 0, 2, 2], [1, 3, 0, 1], tensor([1, 2, 3, 10]))
  expect(m.values.toList()).toEqual([2, 3, 11])
  expect(m.toDense().toList()).toEqual([
    [0, 0, 0, 2],
    [0, 0, 0, 0],
    [3, 11, 0, 0],
  ])
  expect(m.pattern.columnStarts.toList()).toEqual([0, 1, 2, 2, 3])
})

test("n of m", () => {
  const w = tensor([
    [1, -4, 2, 3, 0, 5, 5, 5],
    [8, 7, 6, 5, -4, 3, -2, 1],
  ])
  expect(SparseMatrix.nOfM(w, 2, 4).toDense().toList()).toEqual([
    [0, -4, 0, 3, 0, 5, 5, 0],
    [8, 7, 0, 0, -4, 3, 0, 0],
  ])
  expect(SparseMatrix.nOfM(w, 1, 2, { axis: 0 }).toDense().toList()).toEqual([
    [0, 0, 0, 0, 0, 5, 5, 5],
    [8, 7, 6, 5, -4, 0, 0, 0],
  ])
})

test("blocks", () => {
  const w = tensor([
    [1, 1, 0, 9],
    [1, 1, 0, 0],
    [5, 0, 2, 2],
    [0, 0, 2, 2],
  ])
  expect(SparseMatrix.blockSparse(w, { block: 2, density: 0.5 }).toDense().toList()).toEqual([
    [0, 0, 0, 9],
    [0, 0, 0, 0],
    [5, 0, 0, 0],
    [0, 0, 0, 0],
  ])
  expect(SparseMatrix.blockSparse(w, { block: [1, 4], density: 0.01 }).entries).toBe(4)
})

test("errors", () => {
  expect(() => SparseMatrix.fromCoordinates([2, 2], [0, 2], [0, 0], tensor([1, 2]))).toThrow(
    /the entry 1 at row 2, column 0 lies outside \[2, 2\]/,
  )
  expect(() => SparseMatrix.nOfM(dense, 2, 4)).toThrow(/m divides the axis/)
  expect(() => SparseMatrix.blockSparse(dense, { block: 2, density: 0.5 })).toThrow(
    /cannot be cut into blocks of 2 x 2/,
  )
  expect(() => SparseMatrix.fromDense(dense, tensor([1]))).toThrow(/their shapes differ/)
  expect(() => SparseMatrix.fromDense(tensor([1]))).toThrow(/needs a matrix of floats/)
  const m = SparseMatrix.fromDense(dense)
  expect(() => m.matmul(dense)).toThrow(/a sparse matrix \[2, 3\] does not go with \[2, 3\]: it takes \[3, n\]/)
  expect(() => m.leftMatmul(dense)).toThrow(/it takes \[..., 2\]/)
  expect(() => m.withValues(tensor([1]))).toThrow(/values \[1\] for 3 entries/)
  expect(() => m.matmul(tensor([1, 2, 3], { dtype: "f64" }))).toThrow(/floats of one dtype, not f32 and f64/)
})
