import type { DType, HostArray } from "../../../engine/dtype.ts"
import { isFloat } from "../../../engine/dtype.ts"
import { CajalError } from "../../../engine/errors.ts"
import { Tensor } from "../../../engine/tensor.ts"
import { type Jitted, jit } from "../../../engine/transforms/jit.ts"
import { runNodes, Scope } from "./call.ts"
import type { OnnxModel, OnnxValueInfo } from "./messages.ts"
import { elementwiseOperators } from "./operators-elementwise.ts"
import { layerOperators } from "./operators-layers.ts"
import { structureOperators } from "./operators-structure.ts"
import { dtypeOf, readTensor } from "./tensors.ts"
import { decodeModel } from "./wire.ts"
import type { NamedTensors } from "./write.ts"

/** What goes into a model or comes out of it: sizes that a model leaves open have a name, or are undefined. */
export interface OnnxPort {
  readonly name: string
  readonly dtype: DType
  /** Undefined where the file does not say. */
  readonly shape: readonly (number | string | undefined)[] | undefined
}

const operators = new Map(Object.entries({ ...elementwiseOperators, ...structureOperators, ...layerOperators }))
const oldestOpset = 9

interface About {
  readonly model: OnnxModel
  readonly where: string
  readonly opset: number
  readonly inputs: readonly OnnxPort[]
  readonly outputs: readonly OnnxPort[]
  /** What the file holds, floats too. */
  readonly held: ReadonlyMap<string, HostArray>
}

/**
 * A model of an ONNX file as a function of named tensors. A tree: its float weights are tensors, so that it can be trained, differentiated and
 * compiled like any model.
 */
export class OnnxFunction {
  /** The floats that the file holds, by name. */
  readonly weights: NamedTensors
  /** A map: static to transforms. */
  readonly about: ReadonlyMap<"file" | "run", unknown>

  constructor(weights: NamedTensors, about: About) {
    this.weights = weights
    const run = jit((model: OnnxFunction, inputs: NamedTensors) => model.apply(inputs))
    this.about = new Map<"file" | "run", unknown>([
      ["file", about],
      ["run", run],
    ])
  }

  get inputs(): readonly OnnxPort[] {
    return this.file.inputs
  }
  get outputs(): readonly OnnxPort[] {
    return this.file.outputs
  }
  private get file(): About {
    return this.about.get("file") as About
  }

  /** Every tensor that the file holds. */
  arrays(): Record<string, HostArray> {
    return Object.fromEntries(this.file.held)
  }

  /** The outputs by name, compiled once for every shape of inputs. */
  run(inputs: NamedTensors): NamedTensors {
    const run = this.about.get("run") as Jitted<[OnnxFunction, NamedTensors], NamedTensors>
    return run(this, inputs)
  }

  /** The same as a pure function: for use inside `jit`, `grad`, `scan`. */
  apply(inputs: NamedTensors): NamedTensors {
    const { model, where, opset, held, outputs } = this.file
    this.checkInputs(inputs)
    const elements = new Map([...held].map(([name, { data }]) => [name, data] as const))
    const scope = new Scope({ opset, where, operators, held: elements })
    for (const [name, array] of held) scope.set(name, this.weights[name] ?? Tensor.from(array))
    for (const { name } of this.inputs) scope.set(name, inputs[name])
    runNodes(model.graph, scope)
    return Object.fromEntries(outputs.map(({ name }) => [name, scope.value(name)]))
  }

  private checkInputs(inputs: NamedTensors): void {
    const { inputs: ports, where } = this.file
    const known = `the model takes ${ports.map((port) => `${port.name} ${describe(port)}`).join(", ")}`
    const open = new Map<string, number>()
    for (const port of ports) {
      const x = inputs[port.name]
      if (x === undefined) throw new CajalError(`the input ${port.name} is missing`, { where, hint: known })
      const fits =
        x.dtype === port.dtype &&
        (port.shape === undefined ||
          (port.shape.length === x.rank &&
            port.shape.every((n, i) => {
              if (typeof n !== "string") return n === undefined || n === x.shape[i]
              const before = open.get(n)
              open.set(n, x.shape[i])
              return before === undefined || before === x.shape[i]
            })))
      if (!fits)
        throw new CajalError(`the input ${port.name} is ${x.describe()}; the model takes ${describe(port)}`, { where })
    }
    for (const name of Object.keys(inputs))
      if (!ports.some((port) => port.name === name))
        throw new CajalError(`the model has no input ${name}`, { where, hint: known })
  }
}

const describe = ({ dtype, shape }: OnnxPort): string =>
  `${dtype} [${shape === undefined ? "..." : shape.map((n) => n ?? "?").join(", ")}]`

/**
 * A model from the bytes of an ONNX file (sets of operators from 9 on; those that it uses must be among those run here).
 * 16-bit floats are widened to f32, and 64-bit whole numbers become i32, held in its range.
 * @param where what error messages call the file
 * @throws CajalError when the file is damaged, has its weights in another file, or uses an operator or type that is not run here
 */
export function readOnnx(bytes: Uint8Array, where: string): OnnxFunction {
  const model = decoded(bytes, where)
  const { graph } = model
  const opset = model.opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx")?.version ?? 0
  const broken = (problem: string, hint?: string): CajalError =>
    new CajalError(`not a valid ONNX model: ${problem}`, { where, hint })
  if (graph.node.length === 0 && graph.output.length === 0) throw broken("it has no graph; is it an ONNX file?")
  if (opset < oldestOpset)
    throw new CajalError(`the model uses the operators of set ${opset}; read are those from ${oldestOpset} on`, {
      where,
    })
  if (graph.sparseInitializer.length > 0) throw new CajalError("sparse weights are not read here", { where })
  if (model.functions.length > 0)
    throw new CajalError(`the model defines operators of its own (${model.functions[0].name})`, { where })
  for (const { opType, domain } of graph.node)
    if (!operators.has(opType) || (domain !== "" && domain !== "ai.onnx"))
      throw new CajalError(`the model uses ${domain === "" ? "" : `${domain}.`}${opType}, which is not run here`, {
        where,
        hint: `run are ${[...operators.keys()].sort().join(", ")}`,
      })
  const held = new Map<string, HostArray>()
  try {
    for (const tensor of graph.initializer) held.set(tensor.name, readTensor(tensor))
  } catch (error) {
    if (error instanceof CajalError) throw new CajalError(error.message, { where, hint: error.hint, cause: error })
    throw error
  }
  const given = graph.input.filter(({ name }) => !held.has(name))
  const weights = [...held].filter(([, { dtype }]) => isFloat(dtype))
  return new OnnxFunction(Object.fromEntries(weights.map(([name, array]) => [name, Tensor.from(array)])), {
    model,
    where,
    opset,
    inputs: given.map((info) => portOf(info, where)),
    outputs: graph.output.map((info) => portOf(info, where)),
    held,
  })
}

function decoded(bytes: Uint8Array, where: string): OnnxModel {
  try {
    return decodeModel(bytes)
  } catch (error) {
    throw new CajalError(`not a valid ONNX model: ${(error as Error).message}`, { where, cause: error })
  }
}

function portOf({ name, type }: OnnxValueInfo, where: string): OnnxPort {
  const tensor = type.tensorType
  if (tensor === undefined) throw new CajalError(`${name} is no tensor, and only tensors are run here`, { where })
  return {
    name,
    dtype: tensor.elemType === 0 ? "f32" : dtypeOf(tensor.elemType, name),
    shape: tensor.shape?.dim.map(({ dimValue, dimParam }) => dimValue ?? (dimParam === "" ? undefined : dimParam)),
  }
}
