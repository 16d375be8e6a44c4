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

const other = (symbol: string): Operation => ({ symbol })
const linear = (symbol: string): Operation => ({ symbol, linear: true })
const moving = (symbol: string): Operation => ({ symbol, linear: true, moves: true })

export const operations: Readonly<Record<string, Operation>> = {
  /** Products of all operands, summed over what is not in the degree. Without parameters: inner and outer products, diagonals, transposes, repetition. */
  einsum: { symbol: "Σ", contraction: true, linear: true },
  /** `einsum` with a learned array (and a bias). */
  linear: { contraction: true, linear: true },
  /** `einsum` with a learned kernel whose places are windows. */
  convolution: { contraction: true, linear: true },
  /** Elementwise, see `expression.ts`. */
  map: {},
  softmax: other("softmax"),
  logSoftmax: other("log softmax"),
  sum: linear("Σ"),
  max: other("max"),
  min: other("min"),
  argmax: {},
  argmin: {},
  attention: other("attention"),
  normalise: other("norm"),
  /** Rows of its first operand at indices. */
  index: { symbol: "index", moves: true },
  /** Elements at the places `places` of another array, those that meet added up: the partner of reading at a place. */
  put: moving("put"),
  /** The gradient of an operation that has no partner among the others, see `run-box.ts`. */
  gradient: {},
  slice: moving("slice"),
  pad: moving("pad"),
  concat: moving("join"),
  flip: moving("flip"),
  reshape: moving("reshape"),
  cumsum: linear("Σ↓"),
  linearRecurrence: linear("recur"),
  iota: { symbol: "0, 1, …", moves: true },
  conv2d: linear("conv"),
  conv2dInputGradient: linear("convᵀ"),
  conv2dWeightGradient: linear("conv∂w"),
  maxPool2d: other("max pool"),
  avgPool2d: linear("mean pool"),
  maxPool2dGradient: other("max pool∂"),
  avgPool2dGradient: linear("mean poolᵀ"),
  scatterAdd: other("scatter +"),
  topK: other("top k"),
  randomBits: other("random"),
  fft: linear("FFT"),
  rfft: linear("FFT"),
  irfft: linear("FFT⁻¹"),
  replaceRow: { symbol: "put row", moves: true },
  barrier: { symbol: "‖", moves: true },
  scatterEvents: linear("events →"),
  gatherLists: linear("gather"),
  sampleLists: other("sample"),
  scatterDrawn: linear("events →"),
  gatherDrawn: linear("gather"),
  updateEntries: other("update"),
  sparseProduct: linear("sparse ×"),
  sampledProduct: linear("sampled ×"),
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
  const own = op === "gradient" ? String(attributes.of) : op
  return (own === op ? "" : "∂ ") + (operations[own]?.symbol ?? own)
}

/** The last word of a parameter's name that says something: `up` of `layers.*.up.weight`. */
function letterOf(name: string): string {
  const words = name.split(".").filter((word) => !/^(\d+|\*)$/.test(word))
  const last = words[words.length - 1] ?? name
  return /^weight'*$/.test(last) && words.length > 1 ? words[words.length - 2] : last
}
