import { inlineCalls } from "../../../engine/compile/inline-calls.ts"
import { clean } from "../../../engine/compile/simplify.ts"
import type { HostArray } from "../../../engine/dtype.ts"
import { CajalError, callerLine } from "../../../engine/errors.ts"
import type { Graph, Value } from "../../../engine/graph.ts"
import type { TensorType } from "../../../engine/primitive.ts"
import { Tensor } from "../../../engine/tensor.ts"
import { traceGraph, withOrigins } from "../../../engine/trace.ts"
import { flatten, leafNames, type Tree } from "../../../engine/tree.ts"
import { Emitter, valueInfo } from "./emit.ts"
import { elementwiseRules } from "./rules-elementwise.ts"
import { layerRules } from "./rules-layers.ts"
import { structureRules } from "./rules-structure.ts"
import { encodeModel } from "./wire.ts"

/** The set of operators that is written; readers of ONNX since 1.13 (December 2022) know it. */
export const opsetWritten = 18
/** The version of the file format that goes with it. */
const irVersion = 8

const rules = { ...elementwiseRules, ...structureRules, ...layerRules }

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, Tensor>>

export interface OnnxWriteOptions {
  /** Name of the model. Default "cajal". */
  readonly name?: string
  /** A tree whose tensors the function uses: they get their paths in it as names (`hidden.weight`). */
  readonly parameters?: Tree
  readonly docString?: string
}

/**
 * A function of tensors as the bytes of an ONNX model: traced as `jit` does it, without its gradient rules. Tensors that the function closes over
 * (a model's weights) are held by the file; a `scan` is a loop in the file (the operator Scan), with its carries as recurrent state. Shapes are
 * fixed: those of `inputs`, the batch too. Operators of set 18.
 *
 *     const file = writeOnnx(({ x }) => ({ logits: model.logits(x) }), { x: zeros([1, 28, 28]) }, { parameters: model })
 *
 * @param inputs tensors (only their types matter), or types, by name
 * @throws CajalError naming the operator and the line that asked for it, where an operator has no form in ONNX
 */
export function writeOnnx(
  fn: (inputs: NamedTensors) => NamedTensors,
  inputs: Readonly<Record<string, Tensor | TensorType>>,
  options: OnnxWriteOptions = {},
): Uint8Array {
  const names = Object.keys(inputs)
  let outputs: string[] = []
  const { graph, captured } = withOrigins(() =>
    traceGraph(
      names.map((name) => ({ dtype: inputs[name].dtype, shape: [...inputs[name].shape] })),
      (...xs) => {
        const result = fn(Object.fromEntries(names.map((name, i) => [name, xs[i]])))
        outputs = Object.keys(result)
        for (const name of outputs)
          if (!(result[name] instanceof Tensor))
            throw new CajalError(`the function that is exported gives ${name}, which is no tensor`, {
              where: callerLine(),
            })
        return Object.values(result)
      },
    ),
  )
  const paths = namesOf(options.parameters)
  const weights = captured.map((x, i) => [graph.inputs[i], paths.get(x), x.host()] as const)
  return onnxOfGraph(
    withOrigins(() => clean(clean(inlineCalls(graph)))),
    { ...options, inputs: names, outputs, weights },
  )
}

export interface OnnxGraphOptions extends Omit<OnnxWriteOptions, "parameters"> {
  /** Names of the graph's inputs that the file does not hold, in order, and of its outputs. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Inputs of the graph that the file holds, with a name where they have one. */
  readonly weights?: readonly (readonly [value: Value, name: string | undefined, array: HostArray])[]
}

/**
 * A graph of the engine (of `jit(fn).program(...)`, or traced otherwise) as an ONNX model: see `writeOnnx`. Calls must be inlined, as in programs.
 */
export function onnxOfGraph(graph: Graph, options: OnnxGraphOptions): Uint8Array {
  const { name = "cajal", inputs, outputs, weights = [], docString = "" } = options
  const held = new Set(weights.map(([value]) => value))
  const given = graph.inputs.filter((value) => !held.has(value))
  if (given.length !== inputs.length || graph.outputs.length !== outputs.length)
    throw new CajalError(
      `a graph of ${given.length} inputs and ${graph.outputs.length} outputs cannot be named by ${inputs.length} and ${outputs.length} names`,
    )
  const taken = new Set([...inputs, ...outputs])
  if (taken.size !== inputs.length + outputs.length)
    throw new CajalError(`inputs and outputs of a model need names of their own: ${[...inputs, ...outputs].join(", ")}`)
  const emitter = new Emitter(rules, [...taken, ...weights.flatMap(([, path]) => path ?? [])])
  const used = new Set<Value>([...graph.outputs, ...graph.nodes.flatMap((node) => node.inputs)])
  for (const [value, path, array] of weights) {
    if (!used.has(value)) continue
    const own = path === undefined || taken.has(path) ? emitter.fresh(path ?? "constant") : path
    taken.add(own)
    emitter.name(value, emitter.initializer(own, array))
  }
  given.forEach((value, i) => emitter.name(value, inputs[i]))
  emitter.graph(graph)
  const output = emitter.outputsOf(graph.outputs.map((value, i) => [value, outputs[i]]))
  return encodeModel({
    irVersion,
    producerName: "cajal",
    ...(docString === "" ? {} : { docString }),
    opsetImport: [{ domain: "", version: opsetWritten }],
    graph: {
      name,
      node: emitter.nodes,
      initializer: emitter.initializers,
      input: given.map((value, i) => valueInfo(inputs[i], value.type)),
      output,
      sparseInitializer: [],
    },
  })
}

function namesOf(parameters: Tree): Map<Tensor, string> {
  const paths = leafNames(parameters)
  return new Map(flatten(parameters).leaves.map((x, i) => [x, paths[i]]))
}
