/** The operations that boxes name: how they look, and what kind they are. */
import { symbolOfFunction } from "./expression.ts"
import type { Box } from "./terms.ts"

export interface Operation {
  /** What stands in the box; its own name by default. */
  readonly symbol?: string
  /** Sums over products of its operands: all its slots are places, none is a target. */
  readonly contraction?: boolean
  /** Linear in its operand: drawn in green. */
  readonly linear?: boolean
  /** Moves or chooses elements and computes nothing. */
  readonly moves?: boolean
}

export const operations: Readonly<Record<string, Operation>> = {
  /** Products of all operands, summed over what is not in the degree. Without parameters: inner and outer products, diagonals, transposes, repetition. */
  einsum: { symbol: "Σ", contraction: true, linear: true },
  /** `einsum` with a learned array (and a bias). */
  linear: { contraction: true, linear: true },
  /** `einsum` with a learned kernel whose places are windows. */
  convolution: { contraction: true, linear: true },
  /** Elementwise, see `expression.ts`. */
  map: {},
  softmax: { symbol: "softmax" },
  logSoftmax: { symbol: "log softmax" },
  sum: { symbol: "Σ", linear: true },
  max: { symbol: "max" },
  min: { symbol: "min" },
  argmax: {},
  argmin: {},
  attention: { symbol: "attention" },
  normalise: { symbol: "norm" },
  /** Rows of its first operand at indices. */
  index: { symbol: "index", moves: true },
  slice: { symbol: "slice", linear: true, moves: true },
  pad: { symbol: "pad", linear: true, moves: true },
  concat: { symbol: "join", linear: true, moves: true },
  flip: { symbol: "flip", linear: true, moves: true },
  reshape: { symbol: "reshape", linear: true, moves: true },
  cumsum: { symbol: "Σ↓", linear: true },
  linearRecurrence: { symbol: "recur", linear: true },
  iota: { symbol: "0, 1, …", moves: true },
  conv2d: { symbol: "conv", linear: true },
  conv2dInputGradient: { symbol: "convᵀ", linear: true },
  conv2dWeightGradient: { symbol: "conv∂w", linear: true },
  maxPool2d: { symbol: "max pool" },
  avgPool2d: { symbol: "mean pool", linear: true },
  maxPool2dGradient: { symbol: "max pool∂" },
  avgPool2dGradient: { symbol: "mean poolᵀ", linear: true },
  scatterAdd: { symbol: "scatter +" },
  topK: { symbol: "top k" },
  randomBits: { symbol: "random" },
  fft: { symbol: "FFT", linear: true },
  rfft: { symbol: "FFT", linear: true },
  irfft: { symbol: "FFT⁻¹", linear: true },
  replaceRow: { symbol: "put row", moves: true },
  barrier: { symbol: "‖", moves: true },
  scatterEvents: { symbol: "events →", linear: true },
  gatherLists: { symbol: "gather", linear: true },
  sampleLists: { symbol: "sample" },
  scatterDrawn: { symbol: "events →", linear: true },
  gatherDrawn: { symbol: "gather", linear: true },
  updateEntries: { symbol: "update" },
  sparseProduct: { symbol: "sparse ×", linear: true },
  sampledProduct: { symbol: "sampled ×", linear: true },
}

export const isContraction = (op: string): boolean => operations[op]?.contraction === true
/** Operations that the diagram only knows by name: grey, all axes theirs. */
export const isOpaque = (box: Box): boolean => operations[box.op] === undefined

export const isLinear = (box: Box): boolean =>
  operations[box.op]?.linear === true ||
  (box.op === "map" && (box.attributes.f === "a" || box.attributes.f === "neg(a)"))

/** The words in a box. Learned operations: their letter, with a + where there is a bias. */
export function symbolOf({ op, attributes, parameters }: Box): string {
  if (op === "map") return symbolOfFunction(String(attributes.f))
  if (op === "linear" || op === "convolution") {
    const name = letterOf(parameters[0]?.name ?? "L")
    return name + (attributes.bias === true ? " +" : "")
  }
  return operations[op]?.symbol ?? op
}

/** The last word of a parameter's name that says something: `up` of `layers.*.up.weight`. */
function letterOf(name: string): string {
  const words = name.split(".").filter((word) => !/^(\d+|\*)$/.test(word))
  const last = words[words.length - 1] ?? name
  return /^weight'*$/.test(last) && words.length > 1 ? words[words.length - 2] : last
}
