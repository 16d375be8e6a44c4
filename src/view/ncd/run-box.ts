/** How boxes run: operands brought to the order of their indices, then the operation on all passes at once. */

import type { DType } from "../../engine/dtype.ts"
import {
  asEvents,
  attention,
  CajalError,
  grad,
  reshape,
  scatterAdd,
  type Tensor,
  tensor,
  transpose,
  vmap,
} from "../../engine/index.ts"
import { apply } from "../../engine/trace.ts"
import { type Affine, parseAffine } from "./affine.ts"
import { type Expression, isCast, parseExpression } from "./expression.ts"
import { contracted, type Gathered, gathered, placesOf, product, sizes, spread } from "./gather.ts"
import { isContraction } from "./operations.ts"
import { primitiveNamed } from "./primitives.ts"
import { type Attributes, type Axis, type Box, degreeOf, dtypeOf, innerOf, targetsOf, type Weave } from "./terms.ts"

/**
 * Runs one box.
 * @param inputs tensors of the sizes of its inputs
 * @param parameters of its parameters
 * @returns tensors of the sizes of its outputs
 * @throws CajalError where the operation is only known by name
 */
export function runBox(box: Box, inputs: readonly Tensor[], parameters: readonly Tensor[]): Tensor[] {
  const degree = degreeOf(box)
  const padding = typeof box.attributes.padding === "number" ? box.attributes.padding : undefined
  const weaves: readonly Weave[] = [...box.inputs, ...box.parameters]
  const operands = [...inputs, ...parameters].map((x, i) => gathered(x, weaves[i], padding))
  if (box.op === "map") return [ordered(box.outputs[0], degree, elementwise(box, operands, degree), [])]
  if (isContraction(box.op)) {
    const hasBias = box.attributes.bias === true
    const factors = hasBias ? operands.slice(0, -1) : operands
    const y = contracted(factors, degree, innerOf(box))
    const bias = operands[operands.length - 1]
    return [ordered(box.outputs[0], degree, hasBias ? y.add(spread(bias, degree)) : y, [])]
  }
  if (box.op === "index") {
    const picked = picks(operands)
    if (picked !== undefined)
      return [ordered(box.outputs[0], degree, spread(picked, degree).broadcastTo(sizes(degree)), [])]
  }
  const passes = product(sizes(degree))
  const rows = operands.map((operand, i) => {
    const targets = targetsOf(weaves[i])
    const wide = spread(operand, degree).broadcastTo([...sizes(degree), ...sizes(targets)])
    return wide.reshape([passes, ...sizes(targets)])
  })
  const results = runnerOf(box)(rows, box, degree.length > 0)
  return box.outputs.map((w, i) => {
    const targets = targetsOf(w)
    return ordered(w, degree, results[i].reshape([...sizes(degree), ...sizes(targets)]), targets)
  })
}

/** The same rows for all indices: taken at once. Undefined where rows and indices share an axis. */
function picks([x, at]: readonly Gathered[]): Gathered | undefined {
  if (x.variables.some((v) => at.variables.some((w) => w.name === v.name))) return undefined
  const rest = x.variables.length
  const order = [...x.tensor.shape.keys()]
  const rows = transpose(x.tensor, [...order.slice(rest), ...order.slice(0, rest)]).reshape([
    -1,
    ...x.tensor.shape.slice(0, rest),
  ])
  return { tensor: rows.take(at.tensor), variables: [...at.variables, ...x.variables] }
}

/** Axes `[degree..., targets...]` in the order of the array. */
function ordered({ array }: Weave, degree: readonly Axis[], y: Tensor, targets: readonly Axis[]): Tensor {
  const now = [...degree, ...targets].map((a) => a.name)
  return transpose(
    y,
    array.axes.map((a) => now.indexOf(a.name)),
  )
}

function elementwise({ attributes, outputs }: Box, operands: readonly Gathered[], degree: readonly Axis[]): Tensor {
  const xs = operands.map((o) => spread(o, degree))
  const dtype = (attributes.dtype as DType | undefined) ?? dtypeOf[outputs[0].array.kind]
  const y = evaluate(parseExpression(String(attributes.f)), xs, dtype)
  return y.broadcastTo(sizes(degree))
}

/** @param dtype of numbers beside which no operand stands */
export function evaluate(e: Expression, operands: readonly Tensor[], dtype: DType): Tensor {
  if (e.kind === "operand") return operands[e.index]
  if (e.kind === "number") return numberOf(e.value, dtype)
  if (isCast(e.name)) {
    const [own] = e.of
    if (own.kind === "number") return numberOf(own.value, e.name as DType)
    const x = evaluate(own, operands, dtype)
    return e.name === "spike" ? asEvents(x) : x.cast(e.name as DType)
  }
  const made = e.of.map((x) => (x.kind === "number" ? x.value : evaluate(x, operands, dtype)))
  const model = (e.name === "select" ? made.slice(1) : made).find((x): x is Tensor => typeof x === "object")
  const tensors = made.map((x) => (typeof x === "object" ? x : numberOf(x, model?.dtype ?? dtype)))
  const shape = tensors.map((t) => t.shape).reduce(joined)
  const primitive = primitiveNamed(e.name)
  if (primitive === undefined) throw new CajalError(`there is no function "${e.name}"`)
  return apply(
    primitive,
    tensors.map((t) => t.broadcastTo(shape)),
    {},
  )[0]
}

const joined = (a: readonly number[], b: readonly number[]): readonly number[] =>
  a.length === b.length ? a.map((n, i) => Math.max(n, b[i])) : a.length > b.length ? a : b

const numberOf = (value: number, dtype: DType): Tensor =>
  apply(primitiveNamed("full") as never, [], { shape: [], value, dtype })[0]

/** Of a `gradient`: the operation, which of its operands, and which of its results have a gradient. */
export interface GradientAttributes {
  readonly of: string
  readonly attributes: Attributes
  readonly by: number
  readonly given: readonly number[]
}

const placeIn = (places: Attributes[string], axis: string, own: readonly Axis[]): Affine =>
  parseAffine(String((places as Attributes)[axis]), (name) => {
    const found = own.find((a) => a.name === name)
    if (found === undefined) throw new CajalError(`put reads no axis ${name}`)
    return found
  })

type Runner = (rows: readonly Tensor[], box: Box, isTiled: boolean) => readonly Tensor[]

const flat = (x: Tensor): Tensor => x.reshape([x.shape[0], product(x.shape.slice(1))])
const over =
  (run: (x: Tensor) => Tensor): Runner =>
  ([x]) => [run(flat(x))]

/** Operations on rows `[passes, targets...]`. */
const runners: Readonly<Record<string, Runner>> = {
  softmax: over((x) => x.softmax()),
  logSoftmax: over((x) => x.logSoftmax()),
  sum: over((x) => x.sum(1)),
  max: over((x) => x.max(1)),
  min: over((x) => x.min(1)),
  argmax: over((x) => x.argmax()),
  argmin: over((x) => x.argmin()),
  normalise([x, scale, shift], { attributes: { epsilon, centred, keep } }) {
    const rows = flat(x)
    const [factor, offset] = [scale, shift].map((p) => (p === undefined ? undefined : widened(p, x)))
    const middle = rows.mean(1, true)
    const moved = centred === true ? rows.sub(middle) : rows
    const variance = moved.square().mean(1, true)
    const scaled = moved.div(variance.add(Number(epsilon)).sqrt()).mul(factor as Tensor)
    const y = offset === undefined ? scaled : scaled.add(offset)
    return ((keep as number[] | undefined) ?? [0, 1, 2]).map((i) => [y, variance, middle][i])
  },
  attention([q, k, v, mask], { attributes: { causal, scale } }) {
    return [
      attention(q, k, v, { causal: causal === true, scale: Number(scale), ...(mask === undefined ? {} : { mask }) }),
    ]
  },
  /** Elements at other places, those that meet added up; places outside are left out. */
  put([x], { inputs: [from], outputs: [to], attributes: { places } }) {
    const own = targetsOf(from)
    const axes = targetsOf(to)
    const rows = product(sizes(axes))
    const { indices } = placesOf(
      axes.map(({ name, size }) => ({ size, place: placeIn(places, name, own) })),
      own,
      rows,
    )
    const added = scatterAdd([rows + 1, x.shape[0]], tensor(indices, { shape: [indices.length] }), flat(x).T)
    return [added.slice(0, 0, rows).T]
  },
  /** The gradient of an operation by one of its operands, where those of its results are given. */
  gradient(rows, box, isTiled) {
    const { of, attributes, by, given } = box.attributes as never as GradientAttributes
    const count = box.inputs.length - given.length
    const inner: Box = { ...box, op: of, attributes, inputs: box.inputs.slice(0, count) }
    const xs = [...rows.slice(0, count), ...rows.slice(box.inputs.length)]
    const whole = (x: Tensor): Tensor => {
      const results = runnerOf(inner)(xs.with(by, x), inner, isTiled)
      return given
        .map((o, i) => results[o].mul(rows[count + i].reshape(results[o].shape)).sum())
        .reduce((a, b) => a.add(b))
    }
    return [grad(whole)(xs[by])]
  },
  /** Each pass has rows and an index of its own. */
  index([x, at]) {
    return [vmap((row: Tensor, i: Tensor) => row.take(i))(flat(x), at.reshape([x.shape[0]]))]
  },
}

const runnerOf = (box: Box): Runner => runners[box.op] ?? primitiveRunner(box)

/** Scale or shift of normalised rows: one a pass, or one an element of the last targets. */
function widened(p: Tensor, x: Tensor): Tensor {
  const [passes, ...targets] = x.shape
  if (p.rank === 1) return p.reshape([passes, 1])
  const own = p.shape.slice(1)
  const before = targets.length - own.length
  return flat(reshape(p, [passes, ...targets.slice(0, before).map(() => 1), ...own]).broadcastTo(x.shape))
}

/** An operator of the engine: on whole operands, or once for every pass. */
function primitiveRunner({ op, attributes }: Box): Runner {
  const primitive = primitiveNamed(op === "max" ? "reduceMax" : op === "min" ? "reduceMin" : op)
  if (primitive === undefined)
    throw new CajalError(`${op} is only known by name: it can be drawn, not run`, {
      hint: "use an operation of the engine",
    })
  const {
    of = {},
    dims,
    keep,
  } = attributes as { of?: object; dims?: readonly (readonly number[])[]; keep?: readonly number[] }
  return (rows, _, isTiled) => {
    const once = (...xs: Tensor[]): Tensor[] => {
      const shaped = xs.map((x, i) => (dims?.[i] === undefined ? x : x.reshape(dims[i])))
      const results = apply(primitive as never, shaped, of)
      return (keep ?? results.map((_, i) => i)).map((i) => results[i])
    }
    if (!isTiled || rows.length === 0) return once(...rows.map((x) => x.reshape(x.shape.slice(1))))
    return vmap(once)(...rows)
  }
}
