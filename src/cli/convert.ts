import fs from "node:fs"
import path from "node:path"
import {
  checkNir,
  type NirGraph,
  nirArrays,
  nirNetwork,
  readNir,
  readOnnx,
  readSafetensors,
  withNirArrays,
  writeNir,
  writeOnnx,
  writeSafetensors,
} from "../data/index.ts"
import { CajalError } from "../engine/errors.ts"
import type { HostArray, Shape, TensorType } from "../engine/index.ts"
import { writeWhole } from "../run/store.ts"

export interface ConvertFlags {
  /** Network that gives weights their places, for `.safetensors` to `.nir`. */
  like?: string
  dtMs?: string
  steps?: string
  batch?: string
}

const formats = [".nir", ".onnx", ".safetensors"] as const
type Format = (typeof formats)[number]

/**
 * `cajal convert <from> <to>`: a model file as one of another kind, which the names' endings say. The new file is whole or not there.
 * @throws CajalError when a file is missing or damaged, or the one kind cannot become the other
 */
export async function convertCommand(from: string, to: string, flags: ConvertFlags): Promise<void> {
  const way = `${formatOf(from)} ${formatOf(to)}`
  const convert = ways[way]
  if (convert === undefined) {
    const why = refusals[way] ?? "a file of one kind needs no conversion"
    throw new CajalError(`cannot convert ${from} to ${to}: ${why}`, {
      hint: "there are .nir to .safetensors or .onnx, .onnx to .safetensors, and .safetensors with --like to .nir",
    })
  }
  if (path.resolve(from) === path.resolve(to)) throw new CajalError(`${from} would be written over itself`)
  const { bytes, what } = await convert(read(from), from, flags)
  writeWhole(to, bytes)
  console.log(`${to}  (${what})`)
}

interface Converted {
  bytes: Uint8Array
  what: string
}
type Convert = (bytes: Uint8Array, where: string, flags: ConvertFlags) => Converted | Promise<Converted>

const ways: Record<string, Convert | undefined> = {
  ".nir .safetensors": async (bytes, where) => weights(nirArrays(await readNir(bytes, where))),
  ".onnx .safetensors": (bytes, where) => weights(readOnnx(bytes, where).arrays()),
  ".nir .onnx": async (bytes, where, flags) => program(await readNir(bytes, where), flags),
  ".safetensors .nir": async (bytes, where, { like }) => {
    if (like === undefined)
      throw new CajalError("a safetensors file has weights, but not the network that they belong to", {
        hint: "name a network with nodes of the same names: --like network.nir",
      })
    const { tensors } = readSafetensors(bytes, where)
    const graph = withNirArrays(await readNir(read(like), like), tensors)
    return { bytes: await writeNir(graph), what: `${count(checkNir(graph).size, "node")}, weights of ${where}` }
  },
}

const refusals: Record<string, string> = {
  ".onnx .nir": "an ONNX model does not say which of its operators are neurons",
  ".safetensors .onnx": "a safetensors file has weights, but not what is computed with them",
}

function weights(arrays: Record<string, HostArray>): Converted {
  const numbers = Object.values(arrays).reduce((sum, { data }) => sum + data.length, 0)
  const what = `${count(Object.keys(arrays).length, "array")}, ${count(numbers, "number")}`
  return { bytes: writeSafetensors(arrays), what }
}

/** A network's steps as a loop in an ONNX model. */
function program(graph: NirGraph, flags: ConvertFlags): Converted {
  if (flags.steps === undefined)
    throw new CajalError("an ONNX model runs a fixed number of steps", { hint: "say how many: --steps 100" })
  const [steps, batch] = [whole("--steps", flags.steps), whole("--batch", flags.batch ?? "1")]
  const dtMs = flags.dtMs === undefined ? undefined : Number(flags.dtMs)
  if (dtMs !== undefined && !(dtMs > 0))
    throw new CajalError(`--dt-ms must be a number above 0, not ${JSON.stringify(flags.dtMs)}`)
  const network = nirNetwork(graph, { ...(dtMs !== undefined && { dtMs }) })
  const inputs = network.plan.inputs.map((name): [string, TensorType] => {
    const shape = network.shapesOf(name).input as Shape
    return [name, { dtype: "f32", shape: [steps, batch, ...shape] }]
  })
  const bytes = writeOnnx((given) => network.runAll(given), Object.fromEntries(inputs), { parameters: network.nodes })
  const ports = inputs.map(([name, { shape }]) => `${name} [${shape.join(", ")}]`).join(", ")
  return { bytes, what: `${ports} -> ${network.plan.outputs.join(", ")}; steps of ${network.stepping.dtMs} ms` }
}

const count = (n: number, noun: string): string => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`

function whole(flag: string, text: string): number {
  const n = Number(text)
  if (Number.isSafeInteger(n) && n >= 1) return n
  throw new CajalError(`${flag} must be a whole number of at least 1, not ${JSON.stringify(text)}`)
}

function formatOf(file: string): Format {
  const ending = path.extname(file).toLowerCase()
  const found = formats.find((format) => format === ending)
  if (found !== undefined) return found
  throw new CajalError(`${file} ends in ${ending === "" ? "nothing" : ending}, which says no kind of model file`, {
    hint: `kinds are ${formats.join(", ")}`,
  })
}

function read(file: string): Uint8Array {
  try {
    return new Uint8Array(fs.readFileSync(file))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === "ENOENT") throw new CajalError(`there is no file ${file}`)
    if (code === "EISDIR") throw new CajalError(`${file} is a folder`)
    throw error
  }
}
