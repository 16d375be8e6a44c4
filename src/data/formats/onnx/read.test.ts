import { describe, expect, test } from "vitest"
import { CajalError, grad, jit, type Tensor, zeros } from "../../../engine/index.ts"
import { type OnnxFunction, readOnnx } from "./read.ts"
import { apart, onnxFile, runtimeOf } from "./testing.ts"

const names = [
  "torch-mlp",
  "torch-mlp-open-batch",
  "torch-conv",
  "torch-conv1d",
  "torch-attention",
  "torch-lif-loop",
  "scan",
  "loop-if",
  "quantised",
  "many",
  "types",
]

test.each(names)("gives what ONNX Runtime gives: %s", (name) => {
  const model = readOnnx(onnxFile(`${name}.onnx`), name)
  const { inputs, outputs } = runtimeOf(`${name}.json`)
  const results = model.run(inputs)
  expect(Object.keys(results)).toEqual(Object.keys(outputs))
  for (const [key, expected] of Object.entries(outputs)) expect(apart(results[key], expected), key).toBeLessThan(2e-6)
})

test("sizes that a model leaves open take any, the same for one name", () => {
  const model = readOnnx(onnxFile("torch-mlp-open-batch.onnx"), "m.onnx")
  expect(model.inputs).toEqual([{ name: "x0", dtype: "f32", shape: ["batch", 6] }])
  expect(model.run({ x0: zeros([9, 6]) }).y.shape).toEqual([9, 3])
  expect(model.run({ x0: zeros([1, 6]) }).y.shape).toEqual([1, 3])
})

test("a model that was read is a model: it has gradients", () => {
  const model = readOnnx(onnxFile("torch-mlp.onnx"), "m")
  const { inputs, outputs } = runtimeOf("torch-mlp.json")
  const loss = (m: OnnxFunction, x: Tensor, y: Tensor): Tensor => m.apply({ x0: x }).y.sub(y).square().sum()
  const g = jit((m: OnnxFunction, x: Tensor, y: Tensor) => grad(loss)(m, x, y))(model, inputs.x0, outputs.y.mul(0))
  expect(Object.keys(g.weights)).toEqual(Object.keys(model.weights))
  for (const d of Object.values(g.weights)) expect(d.abs().sum().item()).toBeGreaterThan(0)
})

describe("errors say what is wrong, and where", () => {
  const failure = (body: () => unknown): CajalError => {
    try {
      body()
    } catch (error) {
      expect(error).toBeInstanceOf(CajalError)
      return error as CajalError
    }
    throw new Error("it did not fail")
  }
  test("an operator that is not run here", () => {
    const text = failure(() => readOnnx(onnxFile("bad-operator.onnx"), "b.onnx")).describe()
    expect(text).toMatch(/the model uses NonZero, which is not run here\n {2}at b.onnx\n {2}hint: run are .*Conv/)
  })
  test("inputs that are missing, unknown, or of another type or shape", () => {
    const model = readOnnx(onnxFile("torch-mlp.onnx"), "m.onnx")
    expect(failure(() => model.run({})).describe()).toMatch(/the input x0 is missing\n.*m.onnx\n.*x0 f32 \[4, 6\]/)
    expect(failure(() => model.run({ x0: zeros([4, 7]) })).message).toMatch(/x0 is f32 \[4, 7\]; .* f32 \[4, 6\]/)
    expect(failure(() => model.run({ x0: zeros([4, 6], "i32") })).message).toMatch(/is i32 \[4, 6\]/)
    expect(failure(() => model.run({ x0: zeros([4, 6]), z: zeros([]) })).message).toMatch(/no input z/)
  })
  test("damaged and foreign bytes never crash", () => {
    const whole = onnxFile("torch-mlp.onnx")
    expect(failure(() => readOnnx(new Uint8Array(0), "e")).message).toMatch(/it has no graph/)
    expect(failure(() => readOnnx(new TextEncoder().encode("hello, this is text"), "t")).message).toMatch(
      /not a valid ONNX/,
    )
    expect(failure(() => readOnnx(whole.slice(0, whole.length / 2), "half")).message).toMatch(/not a valid ONNX|uses/)
    const { inputs } = runtimeOf("torch-mlp.json")
    for (let at = 0; at < whole.length; at += 13) {
      const hit = onnxFile("torch-mlp.onnx")
      hit[at] ^= 0x5a
      try {
        readOnnx(hit, "hit").apply(inputs)
      } catch (error) {
        expect(error, `byte ${at}: ${(error as Error).stack}`).toBeInstanceOf(CajalError)
      }
    }
  })
})
