/** What each operator of the engine does with the axes of its operands. */
import type { Node } from "../../../engine/graph.ts"
import { type Attributes, asJson } from "../terms.ts"

/** A place along an axis: letters times factors, and an offset. */
export interface Place {
  readonly offset: number
  readonly terms: readonly (readonly [letter: string, by: number, size: number])[]
}

/** A letter for each dimension: the same letter is the same index. With `!` the axis belongs to the operation. */
export type Letters = readonly (string | Place)[]

export interface Rule {
  readonly op: string
  readonly inputs: readonly Letters[]
  readonly outputs: readonly Letters[]
  readonly attributes: Attributes
}

const letters = (n: number, from = 0): string[] => Array.from({ length: n }, (_, i) => `d${from + i}`)
const rank = (v: { type: { shape: readonly number[] } }): number => v.type.shape.length

/** An operator that runs as it is, in passes over what is tiled: tiled dimensions have size 1 in a pass. */
function passes(
  node: Node,
  inputs: readonly Letters[],
  outputs: readonly Letters[],
  of: object = node.attributes,
): Rule {
  const isTiled = (l: string | Place): boolean => typeof l === "string" && !l.startsWith("!")
  const dims = node.inputs.map((v, i) => v.type.shape.map((n, d) => (isTiled(inputs[i][d]) ? 1 : n)))
  return { op: node.primitive.name, inputs, outputs, attributes: { of: asJson(of), dims } }
}

/** The dimensions in the list belong to the operator, all others are tiled. */
function along(node: Node, axes: readonly number[], of?: object, renews = false): Rule {
  const mark =
    (prime: string) =>
    (_: unknown, i: number): string =>
      axes.includes(i) ? `!d${i}${prime}` : `d${i}`
  const inputs = node.inputs.map((v) => v.type.shape.map(mark("")))
  return passes(
    node,
    inputs,
    node.outputs.map((v) => v.type.shape.map(mark(renews ? "'" : ""))),
    of,
  )
}

function reduction(node: Node, op: string, axes: readonly number[]): Rule {
  const inputs = node.inputs[0].type.shape.map((_, i) => (axes.includes(i) ? `!d${i}` : `d${i}`))
  return {
    op,
    inputs: [inputs],
    outputs: node.outputs.map(() => inputs.filter((l) => !l.startsWith("!"))),
    attributes: {},
  }
}

const except = <T>(list: readonly T[], keep: (i: number) => boolean, value: T): T[] =>
  list.map((x, i) => (keep(i) ? x : value))

function convolution(node: Node): Rule {
  const { stride, low, high, dilation, kernel, groups } = node.attributes
  if (groups !== 1) {
    const channel = ["d0", "!c", "!y", "!x"]
    return passes(node, [channel, ["!o", "!i", "!u", "!v"]], [["d0", "!o", "!y'", "!x'"]])
  }
  const window = (i: number, out: string, w: string): Place => ({
    offset: -low[i] || 0,
    terms: [
      [out, stride[i], node.outputs[0].type.shape[2 + i]],
      [w, dilation[i], kernel[i]],
    ],
  })
  const isPadded = [...low, ...high].some((n: number) => n > 0)
  return {
    op: "convolution",
    inputs: [
      ["b", "c", window(0, "y'", "u"), window(1, "x'", "v")],
      ["o", "c", "u", "v"],
    ],
    outputs: [["b", "o", "y'", "x'"]],
    attributes: isPadded ? { padding: 0 } : {},
  }
}

const images = (node: Node): Rule =>
  passes(
    node,
    node.inputs.map(() => ["b", "c", "!y", "!x"]),
    node.outputs.map(() => ["b", "c", "!y'", "!x'"]),
  )

const rules: Readonly<Record<string, (node: Node) => Rule>> = {
  matmul({ inputs: [a] }) {
    const lead = letters(rank(a) - 2)
    return {
      op: "einsum",
      inputs: [
        [...lead, "m", "k"],
        [...lead, "k", "n"],
      ],
      outputs: [[...lead, "m", "n"]],
      attributes: {},
    }
  },
  softmax(node) {
    const lead = [...letters(rank(node.inputs[0]) - 1), "!x"]
    return { op: node.attributes.log ? "logSoftmax" : "softmax", inputs: [lead], outputs: [lead], attributes: {} }
  },
  sum: (node) => reduction(node, "sum", node.attributes.axes),
  reduceMax: (node) => reduction(node, "max", node.attributes.axes),
  reduceMin: (node) => reduction(node, "min", node.attributes.axes),
  argmax: (node) => reduction(node, "argmax", [node.attributes.axis]),
  argmin: (node) => reduction(node, "argmin", [node.attributes.axis]),
  attention(node) {
    const lead = letters(rank(node.inputs[0]) - 2)
    const mask = node.inputs.length > 3 ? [[...lead, "!y", "!x"]] : []
    const { causal, scale } = node.attributes
    return {
      op: "attention",
      inputs: [[...lead, "!y", "!k"], [...lead, "!x", "!k"], [...lead, "!x", "!e"], ...mask],
      outputs: [[...lead, "!y", "!e"]],
      attributes: { causal, scale },
    }
  },
  normalise(node) {
    const { epsilon, perElement, centred } = node.attributes
    const own = perElement ? ["!l"] : ["g"]
    return {
      op: "normalise",
      inputs: [["!o", "g", "!l"], ...node.inputs.slice(1).map(() => own)],
      outputs: [["!o", "g", "!l"], ...node.outputs.slice(1).map(() => ["g"])],
      attributes: { epsilon, centred },
    }
  },
  gather({ inputs: [x, at] }) {
    const [rest, places] = [letters(rank(x) - 1), letters(rank(at), 50)]
    return { op: "index", inputs: [["!n", ...rest], places], outputs: [[...places, ...rest]], attributes: {} }
  },
  scatterAdd(node) {
    const [at, updates] = node.inputs
    const places = letters(rank(at), 50).map((l) => `!${l}`)
    const rest = letters(rank(updates) - rank(at))
    const { shape } = node.attributes
    return passes(node, [places, [...places, ...rest]], [["!n", ...rest]], {
      shape: [shape[0], ...shape.slice(1).map(() => 1)],
    })
  },
  slice(node) {
    const { start, shape, step } = node.attributes
    const size = node.inputs[0].type.shape
    const isCut = (i: number): boolean => start[i] !== 0 || shape[i] !== size[i] || step[i] !== 1
    const axes = size.flatMap((_, i) => (isCut(i) ? [i] : []))
    return along(
      node,
      axes,
      { start: except(start, isCut, 0), shape: except(shape, isCut, 1), step: except(step, isCut, 1) },
      true,
    )
  },
  pad(node) {
    const { low, high, inner, value } = node.attributes
    const isCut = (i: number): boolean => low[i] !== 0 || high[i] !== 0 || inner[i] !== 0
    return along(
      node,
      low.flatMap((_: number, i: number) => (isCut(i) ? [i] : [])),
      { low, high, inner, value },
      true,
    )
  },
  flip: (node) => along(node, node.attributes.axes),
  concat(node) {
    const { axis } = node.attributes
    const mark =
      (name: string) =>
      (_: unknown, i: number): string =>
        i === axis ? `!${name}` : `d${i}`
    return passes(
      node,
      node.inputs.map((v, k) => v.type.shape.map(mark(`j${k}`))),
      [node.outputs[0].type.shape.map(mark("j0'"))],
    )
  },
  cumsum: (node) => along(node, [node.attributes.axis]),
  linearRecurrence: (node) => along(node, [node.attributes.axis]),
  topK: (node) => along(node, [rank(node.inputs[0]) - 1], undefined, true),
  conv2d: convolution,
  conv2dInputGradient: (node) =>
    passes(
      node,
      [
        ["b", "!o", "!y", "!x"],
        ["!o", "!c", "!u", "!v"],
      ],
      [["b", "!c", "!y'", "!x'"]],
    ),
  maxPool2d: images,
  avgPool2d: images,
  avgPool2dGradient: images,
  replaceRow(node) {
    const rest = letters(rank(node.inputs[1]))
    return passes(node, [["!n", ...rest], rest, []], [["!n", ...rest]])
  },
  iota: (node) => whole(node),
  randomBits: (node) => whole(node),
  scatterEvents: (node) => whole(node, true),
  gatherLists: (node) => whole(node),
  sampleLists: (node) => whole(node),
  scatterDrawn: (node) => whole(node, true),
  gatherDrawn: (node) => whole(node),
  updateEntries: (node) => whole(node, true),
  sparseProduct: (node) => whole(node),
  sampledProduct: (node) => whole(node),
  fft: (node) => whole(node, true),
  rfft: (node) => whole(node),
  irfft: (node) => whole(node),
  conv2dWeightGradient: (node) => whole(node),
  maxPool2dGradient: (node) => whole(node),
}

/** All axes belong to the operator, each of them its own; the first results have the axes of the first operands where `kept` says so. */
export function whole(node: Node, kept = false): Rule {
  const all = (list: Node["inputs"], side: string): string[][] =>
    list.map((v, k) => v.type.shape.map((_, i) => `!${side}${k}.${i}`))
  return passes(node, all(node.inputs, "i"), all(node.outputs, kept ? "i" : "o"))
}

/** The rule of a node that is neither elementwise nor a view nor runs a graph. */
export const ruleOf = (node: Node): Rule => (rules[node.primitive.name] ?? whole)(node)
