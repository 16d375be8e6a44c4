import { beforeAll, describe, expect, test } from "vitest"
import { CajalError, jit, key, scan, type Tensor, tensor, uniform } from "../../../engine/index.ts"
import { readNir } from "../nir/file.ts"
import { nirNetwork } from "../nir/network.ts"
import { expectedOf, nirFile } from "../nir/testing.ts"
import { needsPython, openFiles, python } from "../testing-packages.ts"
import { readOnnx } from "./read.ts"
import { apart } from "./testing.ts"
import { cases, w, x } from "./testing-programs.ts"
import { type NamedTensors, writeOnnx } from "./write.ts"

const written = (name: string): Uint8Array => writeOnnx(cases[name].fn, cases[name].inputs, { name })
/** Products with stored 8-bit weights round their inputs to 16 bits in the engine, and not elsewhere. */
const tolerance = (key: string): number => (key === "quantised" || key === "grouped" ? 5e-5 : 3e-6)

test.each(Object.keys(cases))("is written, and read back gives the same: %s", (name) => {
  const { fn, inputs } = cases[name]
  const model = readOnnx(written(name), name)
  const expected = jit(fn)(inputs)
  const found = model.run(inputs)
  expect(Object.keys(found)).toEqual(Object.keys(expected))
  for (const [key, y] of Object.entries(expected)) {
    const like = found[key].dtype === y.dtype ? found[key] : found[key].cast(y.dtype)
    expect(apart(like, y), key).toBeLessThan(tolerance(key))
  }
})

describe.skipIf(python === undefined)(`ONNX Runtime runs what is written here (${needsPython})`, () => {
  let opened: ReturnType<typeof openFiles> = {}
  const file = (name: string): string => `${name.replaceAll(" ", "-")}.onnx`
  const networks = ["snntorch-leaky", "snntorch-synaptic", "snntorch-recurrent"]
  beforeAll(async () => {
    const files = Object.keys(cases).map((name) => [
      file(name),
      { bytes: written(name), inputs: { ...cases[name].inputs } },
    ])
    for (const name of networks) {
      const { input, dtMs } = expectedOf(`${name}.json`)
      const network = nirNetwork(await readNir(nirFile(`${name}.nir`), name), { dtMs })
      const bytes = writeOnnx(({ x }) => ({ y: network.run(x) }), { x: input }, { parameters: network })
      files.push([file(name), { bytes, inputs: { x: input } }])
    }
    opened = openFiles(Object.fromEntries(files))
  }, 300_000)

  test.each(Object.keys(cases))("%s", (name) => {
    const { outputs = {}, error } = opened[file(name)]
    expect(error).toBeUndefined()
    for (const [key, y] of Object.entries(jit(cases[name].fn)(cases[name].inputs)))
      expect(apart(outputs[key], y), key).toBeLessThan(tolerance(key))
  })

  test.each(networks)("%s: from snnTorch by NIR to ONNX, spike by spike", (name) => {
    const { outputs = {}, error } = opened[file(name)]
    expect(error).toBeUndefined()
    expect(apart(outputs.y, expectedOf(`${name}.json`).output)).toBe(0)
  })
})

test("weights get their names in the model, and only what is used is written", () => {
  const model = { hidden: { weight: w, unused: x }, scale: tensor([2]) }
  const bytes = writeOnnx(
    ({ x }) => ({ y: x.matmul(model.hidden.weight).mul(model.scale) }),
    { x },
    { parameters: model },
  )
  const read = readOnnx(bytes, "m")
  expect(Object.keys(read.weights)).toEqual(["hidden.weight", "scale"])
  expect(read.inputs).toEqual([{ name: "x", dtype: "f32", shape: [3, 4] }])
  expect(read.outputs).toEqual([{ name: "y", dtype: "f32", shape: [3, 5] }])
})

test("an operator without a form in ONNX is named with the line that asked for it", () => {
  const noisy = (given: NamedTensors): NamedTensors => ({ y: given.x.add(uniform(key(0), [3, 4])) })
  const random = ({ x }: NamedTensors): NamedTensors => ({
    y: scan(
      (k: Tensor, now: Tensor) => [k, now.add(uniform(k as never, [4]))] as const,
      key(0) as unknown as Tensor,
      x,
    )[1],
  })
  for (const fn of [noisy, random]) {
    let error: unknown
    try {
      writeOnnx(fn, { x })
    } catch (e) {
      error = e
    }
    expect(error).toBeInstanceOf(CajalError)
    expect((error as CajalError).describe()).toMatch(
      /randomBits has no form in ONNX.*\n {2}at .*write.test.ts:\d+.*\n {2}hint: draw/,
    )
  }
  expect(() => writeOnnx(({ x }) => ({ x: x.neg() }), { x })).toThrow(/names of their own: x, x/)
})
