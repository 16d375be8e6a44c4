import { matmul } from "../../src/engine/index.ts"
import { normals } from "../harness/arrays.ts"
import type { Case } from "../harness/case.ts"
import { calling } from "../harness/work.ts"

/** C = A · B of square f32 matrices. */
const square = (size: number): Case => ({
  work: "matmul",
  title: `matmul ${size}`,
  group: "dense",
  unit: "GFLOP/s",
  flops: 2 * size ** 3,
  threads: [1, 2],
  parameters: { size },
  inputs: () => ({ a: normals(1, [size, size], 1), b: normals(2, [size, size], 1) }),
  ours: ({ a, b }) => calling((x, y) => [matmul(x, y)], a, b),
  compared: 1,
  tolerance: 1e-3,
})

export default [256, 512, 1024, 2048].map(square)
