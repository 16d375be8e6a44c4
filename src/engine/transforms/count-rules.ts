import { bytesOf } from "../dtype.ts"
import type { Node, Value } from "../graph.ts"
import { pairsOf, sizesOf } from "../operators/attention-fused.ts"
import { sizeOf } from "../shape.ts"

/** What an operator costs, before it is known how many of its operands' entries are zero. */
export interface Cost {
  /** Multiply-adds of a product, all of its entries counted. */
  readonly product?: number
  /** The operands of a product that may be spike tensors. */
  readonly factors?: readonly number[]
  readonly other?: number
}

/** Whether a node is where spikes are made: it marks what a comparison gave as a spike tensor. */
export function makesSpikes({ primitive, inputs: [x] }: Node): boolean {
  const cast = x?.node
  return primitive.name === "asEvents" && cast?.primitive.name === "cast" && cast.inputs[0].type.dtype === "bool"
}

const size = (v: Value): number => sizeOf(v.type.shape)
const last = (v: Value): number => v.type.shape[v.type.shape.length - 1]
const forEachInput = ({ inputs: [x] }: Node): Cost => ({ other: size(x) })
const forEachOutput = ({ outputs: [y] }: Node): Cost => ({ other: size(y) })
const window = (v: Value, { attributes }: Node): number => size(v) * attributes.kernel[0] * attributes.kernel[1]

/** Products of one weight with all positions: `result` are the elements of y, of which each meets a filter. */
const convolution = (result: Value, out: number, weight: number): Cost => ({
  product: (size(result) * weight) / out,
  factors: [0, 1],
})

/** 5 n log2 n operations, as is the custom for Fourier transforms. */
const fourier = (points: number, n: number): Cost => ({ other: Math.round(5 * points * Math.log2(n)) })

/** Places that lists which are drawn reach, on average. */
const drawnEntries = ({ attributes: { rows, size, probability } }: Node): number =>
  Math.round(rows * size * probability)

/** What each operator does that is neither a view nor elementwise. What moves elements only (gather, concat, pad) costs no operation. */
const rules: Record<string, ((node: Node) => Cost) | undefined> = {
  matmul: ({ inputs: [a], outputs: [y] }) => ({ product: size(y) * last(a), factors: [0, 1] }),
  storedMatmul: ({ inputs: [a], outputs: [y] }) => ({ product: size(y) * last(a) }),
  maskedMatmul: ({ inputs: [a], outputs: [y] }) => ({ product: size(y) * last(a), factors: [2], other: size(y) }),
  conv2d: ({ inputs: [, weight], outputs: [y] }) => convolution(y, weight.type.shape[0], size(weight)),
  conv2dInputGradient: ({ inputs: [y, weight] }) => convolution(y, weight.type.shape[0], size(weight)),
  conv2dWeightGradient: ({ inputs: [, y], outputs: [weight] }) => convolution(y, weight.type.shape[0], size(weight)),
  attention: (node) => attended(node, 1, 1),
  attentionGradient: (node) => attended(node, 3, 2),
  softmax: ({ inputs: [x] }) => ({ other: 4 * size(x) }),
  // Two passes for the statistics and one for the result; twice as much backwards.
  normalise: ({ inputs: [x] }) => ({ other: 8 * size(x) }),
  normaliseGradient: ({ inputs: [x] }) => ({ other: 16 * size(x) }),
  sum: forEachInput,
  reduceMax: forEachInput,
  reduceMin: forEachInput,
  argmax: forEachInput,
  argmin: forEachInput,
  cumsum: forEachInput,
  linearRecurrence: ({ outputs: [y] }) => ({ product: size(y) }),
  maxPool2d: (node) => ({ other: window(node.outputs[0], node) }),
  maxPool2dGradient: forEachInput,
  avgPool2d: (node) => ({ other: window(node.outputs[0], node) }),
  avgPool2dGradient: (node) => ({ other: window(node.inputs[0], node) }),
  scatterAdd: ({ inputs: [, updates] }) => ({ other: size(updates) }),
  // Comparisons of a merge sort of every row.
  topK: ({ inputs: [x] }) => ({ other: size(x) * Math.ceil(Math.log2(Math.max(2, last(x)))) }),
  // 20 rounds of 4 operations make two words.
  randomBits: ({ outputs: [y] }) => ({ other: size(y) * 40 }),
  fft: ({ inputs: [re], attributes }) => fourier(size(re), re.type.shape[attributes.axis]),
  rfft: ({ inputs: [x] }) => fourier(size(x) / 2, last(x)),
  irfft: ({ outputs: [x] }) => fourier(size(x) / 2, last(x)),
  scatterEvents: ({ inputs: [, , , , places] }) => ({ product: size(places), factors: [1] }),
  gatherLists: ({ inputs: [, , , places] }) => ({ product: size(places) }),
  sampleLists: ({ inputs: [, , , places] }) => ({ other: size(places) }),
  // Drawing a place takes about as much as ten multiplications.
  scatterDrawn: (node) => ({ product: drawnEntries(node), factors: [1], other: 10 * drawnEntries(node) }),
  gatherDrawn: (node) => ({ other: 11 * drawnEntries(node) }),
  updateEntries: ({ inputs: [, , , , places] }) => ({ product: size(places), factors: [2] }),
  sparseProduct: (node) => sparse(node, [1]),
  sampledProduct: (node) => sparse(node, [0, 1]),
}

/** Products of rows of queries and keys (`depth` multiply-adds) and of results and values (`width`), for every pair that causality leaves. */
const attended = ({ inputs: [q, k, v], attributes }: Node, depths: number, widths: number): Cost => {
  const sizes = sizesOf(q.type, k.type, v.type)
  const pairs = sizes.heads * pairsOf(sizes, attributes.causal)
  return { product: pairs * (depths * sizes.depth + widths * sizes.width), other: pairs }
}

/** One multiply-add for every stored entry and every example. */
const sparse = ({ inputs, attributes }: Node, factors: readonly number[]): Cost => {
  const { shape } = inputs[factors[0]].type
  const examples = shape[shape.length - (attributes.examplesFirst ? 2 : 1)]
  return { product: attributes.entries * examples * sizeOf(shape.slice(0, -2)), factors }
}

const free = new Set(["full", "iota", "gather", "concat", "pad", "barrier"])

/** The cost of one node that runs no graph. */
export function costOf(node: Node): Cost {
  const { name, kind } = node.primitive
  const rule = rules[name]
  if (rule !== undefined) return rule(node)
  return kind === "view" || free.has(name) ? {} : forEachOutput(node)
}

const bytes = (v: Value): number => size(v) * bytesOf[v.type.dtype]

/** Bytes of memory behind a value: repeated numbers have none, repeated elements count once. */
function bytesBehind(v: Value): number {
  if (v.node === undefined) return bytes(v)
  if (v.node.primitive.name === "full") return 0
  return v.node.primitive.kind === "view" ? Math.min(bytes(v), bytesBehind(v.node.inputs[0])) : bytes(v)
}

/** Every operand read once, every result written once: what a node moves when nothing is fused. */
export function trafficOf({ primitive, inputs, outputs }: Node): { read: number; written: number } {
  if (primitive.kind === "view" || primitive.name === "full") return { read: 0, written: 0 }
  const total = (list: readonly Value[], each: (v: Value) => number): number => list.reduce((n, v) => n + each(v), 0)
  return { read: total(inputs, bytesBehind), written: total(outputs, bytes) }
}
