import { readFileSync } from "node:fs"
import { allocate } from "../../../engine/dtype.ts"
import { type DType, Tensor } from "../../../engine/index.ts"
import type { NamedTensors } from "./write.ts"

const place = (name: string): URL => new URL(`../fixtures/onnx/${name}`, import.meta.url)

/** The bytes of a file that fixtures/make-onnx.py made. */
export const onnxFile = (name: string): Uint8Array => new Uint8Array(readFileSync(place(name)))

const dtypes: Record<string, DType> = {
  float32: "f32",
  float64: "f64",
  int64: "i32",
  int32: "i32",
  bool: "bool",
  int8: "i8",
  uint8: "u8",
}

interface Listed {
  dtype: string
  shape: number[]
  data: (number | boolean)[]
}

/** What ONNX Runtime was given, and what it gave. */
export function runtimeOf(name: string): { inputs: NamedTensors; outputs: NamedTensors } {
  const content = JSON.parse(readFileSync(place(name), "utf8")) as Record<"inputs" | "outputs", Record<string, Listed>>
  const tensors = (listed: Record<string, Listed>): NamedTensors =>
    Object.fromEntries(
      Object.entries(listed).map(([key, { dtype, shape, data }]) => [key, tensorOf(dtypes[dtype], shape, data)]),
    )
  return { inputs: tensors(content.inputs), outputs: tensors(content.outputs) }
}

function tensorOf(dtype: DType, shape: number[], values: (number | boolean)[]): Tensor {
  const data = allocate(dtype, values.length)
  values.forEach((value, i) => {
    data[i] = Number(value)
  })
  return Tensor.from({ dtype, shape, data })
}

/** The largest distance of two tensors, in units of the largest element (or 1). */
export function apart(a: Tensor, b: Tensor): number {
  if (`${a.describe()}` !== `${b.describe()}`) throw new Error(`${a.describe()} where ${b.describe()} is expected`)
  const [x, y] = [Array.from(a.array()), Array.from(b.array())]
  const scale = Math.max(1, ...y.map(Math.abs).filter(Number.isFinite))
  return Math.max(0, ...x.map((v, i) => (Object.is(v, y[i]) || v === y[i] ? 0 : Math.abs(v - y[i]) / scale)))
}
