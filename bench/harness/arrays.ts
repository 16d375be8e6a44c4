/** Inputs of the cases: random arrays that are the same on every machine. */
import { type HostArray, hostRandom } from "../../src/engine/index.ts"

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1)

/** Normal numbers of mean 0. */
export function normals(seed: number, shape: readonly number[], deviation: number): HostArray {
  const random = hostRandom(seed)
  const data = Float32Array.from({ length: sizeOf(shape) }, () => random.normal() * deviation)
  return { dtype: "f32", shape, data }
}

/** 1 with probability `density`, else 0: rate-coded spikes. */
export function spikes(seed: number, shape: readonly number[], density: number): HostArray {
  const random = hostRandom(seed)
  const data = Float32Array.from({ length: sizeOf(shape) }, () => (random.uniform() < density ? 1 : 0))
  return { dtype: "f32", shape, data }
}

/** Class labels 0..classes-1, in turn. */
export const labelsFor = (batch: number, classes: number): HostArray => ({
  dtype: "i32",
  shape: [batch],
  data: Int32Array.from({ length: batch }, (_, i) => i % classes),
})

export const zerosOf = (shape: readonly number[]): HostArray => ({
  dtype: "f32",
  shape,
  data: new Float32Array(sizeOf(shape)),
})

export const onesOf = (shape: readonly number[]): HostArray => ({
  dtype: "f32",
  shape,
  data: new Float32Array(sizeOf(shape)).fill(1),
})
