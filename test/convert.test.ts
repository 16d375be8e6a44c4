/** `cajal convert` as its users meet it: files on disk, processes, exit codes. */
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { expectedOf, nirFile } from "../src/data/formats/nir/testing.ts"
import { onnxFile } from "../src/data/formats/onnx/testing.ts"
import { nirNetwork, readNir, readOnnx, readSafetensors, writeSafetensors } from "../src/data/index.ts"
import { cajal } from "./command.ts"

let cwd: string
const inFolder = (name: string): string => path.join(cwd, name)
const bytesOf = (name: string): Uint8Array => new Uint8Array(fs.readFileSync(inFolder(name)))
const convert = (...args: string[]) => cajal(["convert", ...args], { cwd })

beforeAll(() => {
  cwd = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-convert-"))
  fs.writeFileSync(inFolder("net.nir"), nirFile("snntorch-recurrent.nir"))
  fs.writeFileSync(inFolder("cut.nir"), nirFile("snntorch-recurrent.nir").slice(0, 5000))
  fs.writeFileSync(inFolder("mlp.onnx"), onnxFile("torch-mlp.onnx"))
})
afterAll(() => fs.rmSync(cwd, { recursive: true }))

test("a NIR network's weights become safetensors by node, and changed ones go back into the network", async () => {
  const first = await convert("net.nir", "weights.safetensors")
  expect(first).toEqual({ code: 0, err: "", out: "weights.safetensors  (16 arrays, 210 numbers)\n" })
  const { tensors } = readSafetensors(bytesOf("weights.safetensors"), "w")
  expect(tensors["1.w_rec.weight"]).toMatchObject({ dtype: "f32", shape: [8, 8] })
  const bias = { ...tensors["0.bias"], data: Float32Array.from(tensors["0.bias"].data, (x) => x + 1) }
  fs.writeFileSync(inFolder("changed.safetensors"), writeSafetensors({ "0.bias": bias }))
  const back = await convert("changed.safetensors", "changed.nir", "--like", "net.nir")
  expect(back).toMatchObject({ code: 0, out: "changed.nir  (7 nodes, weights of changed.safetensors)\n" })
  const nodes = (await readNir(bytesOf("changed.nir"), "c")).nodes
  expect(nodes["0"]).toMatchObject({ bias })
  expect(nodes["3"]).toEqual((await readNir(bytesOf("net.nir"), "n")).nodes["3"])
})

test("a NIR network becomes an ONNX model that gives the same spikes", async () => {
  const { code, out, err } = await convert("net.nir", "net.onnx", "--steps", "30", "--batch", "4", "--dt-ms", "0.1")
  expect(err).toBe("")
  expect({ code, out }).toEqual({ code: 0, out: "net.onnx  (input [30, 4, 6] -> output; steps of 0.1 ms)\n" })
  const { input } = expectedOf("snntorch-recurrent.json")
  const model = readOnnx(bytesOf("net.onnx"), "net.onnx")
  const network = nirNetwork(await readNir(bytesOf("net.nir"), "net.nir"), { dtMs: 0.1 })
  expect(model.run({ input }).output.toList()).toEqual(network.run(input).toList())
  expect(Object.keys(model.weights)).toContain("1.w_rec.weight")
})

test("an ONNX model's weights become safetensors by their names", async () => {
  expect((await convert("mlp.onnx", "mlp.safetensors")).code).toBe(0)
  const { tensors } = readSafetensors(bytesOf("mlp.safetensors"), "m")
  expect(Object.keys(tensors).sort()).toEqual(["0.bias", "0.weight", "2.bias", "2.weight"])
})

const mistakes: [string[], string][] = [
  [["nowhere.nir", "x.onnx"], "there is no file nowhere.nir"],
  [["cut.nir", "x.safetensors"], "not a valid HDF5 file"],
  [["mlp.onnx", "x.nir"], "an ONNX model does not say which of its operators are neurons"],
  [["net.nir", "x.txt"], "x.txt ends in .txt, which says no kind of model file"],
  [["net.nir", "x.nir"], "a file of one kind needs no conversion"],
  [["net.nir", "x.onnx"], "an ONNX model runs a fixed number of steps"],
  [["net.nir", "x.onnx", "--steps", "5"], "does not say how long a step is"],
  [["net.nir", "x.onnx", "--steps", "5", "--dt-ms", "fast"], '--dt-ms must be a number above 0, not "fast"'],
  [["net.nir", "x.onnx", "--steps", "5", "--dt-ms", "50"], "shorter than the step of 50 ms"],
  [["net.nir", "x.onnx", "--steps", "-5"], '--steps must be a whole number of at least 1, not "-5"'],
  [["net.nir"], "missing required argument"],
]

test.concurrent.each(mistakes)(
  "%j is one clear line, exit code 2, and leaves nothing behind",
  async (args, message) => {
    const { code, out, err } = await convert(...args)
    expect(err).toContain(message)
    expect(err).toMatch(/^cajal: /)
    expect(err).not.toMatch(/HDF5-DIAG|^\s+at .*\.ts:\d+:\d+/m)
    expect({ code, out }).toEqual({ code: 2, out: "" })
    expect(fs.readdirSync(cwd).filter((name) => name.startsWith("x.") || name.endsWith(".part"))).toEqual([])
  },
)

test("a safetensors file without a network, and one of another network", async () => {
  fs.writeFileSync(
    inFolder("other.safetensors"),
    writeSafetensors({ "9.weight": { dtype: "f32", shape: [1], data: Float32Array.of(1) } }),
  )
  expect((await convert("other.safetensors", "y.nir")).err).toContain("--like network.nir")
  const other = await convert("other.safetensors", "y.nir", "--like", "net.nir")
  expect(other).toMatchObject({ code: 2, out: "" })
  expect(other.err).toContain("the network has no 9.weight")
})
