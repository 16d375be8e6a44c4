/** The diagram of a function: traced, not drawn by hand. */
import { jit, type Tensor } from "../../../engine/index.ts"
import { traceGraph, withOrigins } from "../../../engine/trace.ts"
import { flatten, leafNames, type Tree, unflatten } from "../../../engine/tree.ts"
import { isOpaque } from "../operations.ts"
import { boxesOf, type Morphism } from "../terms.ts"
import { arrange } from "./arrange.ts"
import type { Dim } from "./dims.ts"
import { Emitter } from "./emit.ts"
import { newBase, whole } from "./values.ts"
import { Walk } from "./walk.ts"

export interface DiagramOptions {
  /** Positions of the arguments that are parameters. By default those that are no plain tensors (models, lists and records of tensors). */
  readonly parameters?: readonly number[]
  /** Names of the axes of the other arguments' tensors, in their order: `"batch pixels"`. A dot leaves an axis to its own name. */
  readonly axes?: readonly string[]
  /** The same for parameters, by their name: `{ "layer.weight": "model heads depth" }`. Equal names of equal sizes are one axis. */
  readonly parameterAxes?: Readonly<Record<string, string>>
}

/** A term with what it was made of. */
export interface Diagram {
  readonly term: Morphism
  /** Values of the parameters that the term names. */
  readonly parameters: Readonly<Record<string, Tensor>>
  /** The tensors of the other arguments: what the term takes. */
  readonly inputs: readonly Tensor[]
  /** What the program itself gives for its arguments: what the term must give too. */
  result(): Tree
  readonly boxes: number
  /** Boxes of which the diagram knows no more than the name. */
  readonly opaque: number
}

/** The diagram of `fn` for arguments like these: `fn` is traced, not run. */
export const diagramOf = <A extends Tree[]>(fn: (...args: A) => Tree, ...args: A): Diagram =>
  diagramWith({}, fn, ...args)

/** `diagramOf` with options. */
export function diagramWith<A extends Tree[]>(options: DiagramOptions, fn: (...args: A) => Tree, ...args: A): Diagram {
  const flat = flatten(args)
  const { graph, captured } = withOrigins(() =>
    traceGraph(
      flat.leaves.map((x) => x.type),
      (...leaves) => flatten(fn(...(unflatten(flat.structure, leaves) as A))).leaves,
    ),
  )
  const isParameter = args.flatMap((x, i) =>
    flatten(x).leaves.map(() => options.parameters?.includes(i) ?? !isPlainTensor(x)),
  )
  const names = args.flatMap((x) => leafNames(x))
  const parameters: Record<string, Tensor> = {}
  const inputs: Tensor[] = []
  const walk = new Walk()
  const byHint = new Map<string, Dim>()
  const hinted = (dims: readonly Dim[], names: string | undefined): void =>
    names?.split(/\s+/).forEach((hint, d) => {
      if (hint === "." || dims[d] === undefined) return
      const known = byHint.get(hint)
      if (known !== undefined && known.size === dims[d].size) walk.same([known], [dims[d]])
      else {
        dims[d].hint = hint
        byHint.set(hint, dims[d])
      }
    })
  const infos = [
    ...captured.map((x, i) => {
      const name = `constant${i}`
      parameters[name] = x
      return whole(newBase(x.type, { parameter: name }))
    }),
    ...flat.leaves.map((x, i) => {
      if (!isParameter[i]) {
        const base = newBase(x.type)
        hinted(base.dims, options.axes?.[inputs.length])
        inputs.push(x)
        return whole(base)
      }
      let name = names[i] || "weight"
      while (name in parameters) name += "'"
      parameters[name] = x
      const base = newBase(x.type, { parameter: name })
      hinted(base.dims, options.parameterAxes?.[name])
      return whole(base)
    }),
  ]
  const { items, outputs } = walk.graph(graph, infos)
  walk.settle()
  const emitter = new Emitter()
  for (const { base } of infos) if (base.parameter === undefined) emitter.arrayOf(base)
  const pieces = emitter.pieces(items)
  const results = emitter.results(outputs, pieces)
  const wires = infos.map((i) => i.base).filter((b) => b.parameter === undefined)
  const term = arrange((b) => emitter.arrayOf(b), pieces, wires, results)
  const all = [...boxesOf(term)]
  return {
    term,
    parameters,
    inputs,
    result: () => jit(fn)(...args),
    boxes: all.length,
    opaque: all.filter(({ box }) => isOpaque(box)).length,
  }
}

const isPlainTensor = (x: Tree): boolean => {
  const { structure } = flatten(x)
  return structure.kind === "leaf"
}
