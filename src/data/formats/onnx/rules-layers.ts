import { range } from "../../../engine/operators/constants.ts"
import { scan } from "../../../engine/operators/control.ts"
import type { ConvolutionAttributes } from "../../../engine/operators/convolution.ts"
import { where } from "../../../engine/operators/elementwise.ts"
import { transpose } from "../../../engine/operators/layout.ts"
import { matmul } from "../../../engine/operators/matmul.ts"
import type { NormaliseAttributes } from "../../../engine/operators/normalise.ts"
import { max, mean, sum } from "../../../engine/operators/reduce.ts"
import type { RecurrenceAttributes } from "../../../engine/operators/scanning.ts"
import type { Windows } from "../../../engine/operators/windows.ts"
import type { Tensor } from "../../../engine/tensor.ts"
import type { AttributeValue, Emitter, Rule } from "./emit.ts"
import { onnxTypes } from "./tensors.ts"

const windowAttributes = ({ kernel, stride, low, high, dilation }: Windows): Record<string, AttributeValue> => ({
  kernel_shape: [...kernel],
  strides: [...stride],
  pads: [...low, ...high],
  dilations: [...dilation],
})

const conv2d: Rule = ({ inputs, attributes }, out) =>
  out.op(
    "Conv",
    inputs.map((v) => out.of(v)),
    { ...windowAttributes(attributes as ConvolutionAttributes), group: attributes.groups },
  )

/** The adjoint of a convolution; what of the output lies behind the last window is said by its padding. */
const transposed: Rule = ({ inputs: [y, weight], attributes }, out) => {
  const a = attributes as ConvolutionAttributes
  const extra = [0, 1].map((i) => {
    const span = a.dilation[i] * (a.kernel[i] - 1) + 1
    return a.size[i] - ((y.type.shape[i + 2] - 1) * a.stride[i] + span - a.low[i] - a.high[i])
  })
  return out.op("ConvTranspose", [out.of(y), out.of(weight)], {
    ...windowAttributes(a),
    group: a.groups,
    output_padding: extra,
  })
}

/** Quantised weights keep their 8 bits in the file and are widened as the standard says. */
const storedMatmul: Rule = ({ inputs: [x, weights, scales] }, out) => {
  const [k, n] = weights.type.shape
  const product = (wide: string): string[] => out.op("MatMul", [out.of(x), wide])
  if (scales === undefined) return product(out.op("Cast", [out.of(weights)], { to: onnxTypes.f32 })[0])
  const groups = scales.type.shape[0]
  if (groups === 1) {
    const row = out.op("Reshape", [out.of(scales), out.ints([n])])[0]
    return product(out.op("DequantizeLinear", [out.of(weights), row], { axis: 1 })[0])
  }
  const codes = out.op("Cast", [out.of(weights)], { to: onnxTypes.f32 })[0]
  const split = out.op("Reshape", [codes, out.ints([groups, k / groups, n])])[0]
  const rows = out.op("Reshape", [out.of(scales), out.ints([groups, 1, n])])[0]
  return product(out.op("Reshape", [out.op("Mul", [split, rows])[0], out.ints([k, n])])[0])
}

const normalise: Rule = (node, out) => {
  const { epsilon, perElement, centred } = node.attributes as NormaliseAttributes
  return out.composed(node, (x, scale, shift) => {
    const wide = (v: Tensor): Tensor => v.reshape(perElement ? [1, 1, v.size] : [1, v.size, 1])
    const middle = mean(x, [0, 2], true)
    const moved = centred ? x.sub(middle) : x
    const variance = mean(moved.square(), [0, 2], true)
    const scaled = moved.div(variance.add(epsilon).sqrt()).mul(wide(scale))
    const groups = [x.shape[1]]
    return centred
      ? [scaled.add(wide(shift)), variance.reshape(groups), middle.reshape(groups)]
      : [scaled, variance.reshape(groups)]
  })
}

/** Weights of keys that a query does not see are 0, of one that sees none all of them. */
const attention: Rule = (node, out) => {
  const { causal, scale } = node.attributes as { causal: boolean; scale: number }
  return out.composed(node, (q, k, v, mask) => {
    const swapped = k.shape.map((_, i) => (i < k.rank - 2 ? i : i === k.rank - 2 ? k.rank - 1 : k.rank - 2))
    let scores = matmul(q, transpose(k, swapped)).mul(scale)
    const low = -1e30
    const [queries, keys] = scores.shape.slice(-2)
    if (causal) {
      const last = range(queries)
        .add(keys - queries)
        .reshape([queries, 1])
      scores = where(range(keys).le(last), scores, low)
    }
    if (mask !== undefined) scores = where(mask.dtype === "bool" ? mask : mask.ne(0), scores, low)
    const peak = max(scores, -1, true)
    const weights = where(scores.gt(low / 2), scores.sub(peak).exp(), 0)
    const total = sum(weights, -1, true)
    const seen = total.gt(0)
    const y = matmul(weights.div(where(seen, total, 1)), v)
    const logSums = where(seen, peak.add(where(seen, total, 1).log()), Number.POSITIVE_INFINITY)
    return [y, logSums.reshape(logSums.shape.slice(0, -1))]
  })
}

const linearRecurrence: Rule = (node, out) => {
  const { axis, reverse } = node.attributes as RecurrenceAttributes
  return out.composed(node, (a, b) => {
    const order = [axis, ...a.shape.map((_, i) => i).filter((i) => i !== axis)]
    const back = order.map((_, i) => order.indexOf(i))
    const along = { a: transpose(a, order), b: transpose(b, order) }
    const zero = along.b.at(0).mul(0)
    const [, r] = scan(
      (before: Tensor, x: typeof along) => {
        const next = x.a.mul(before).add(x.b)
        return [next, next] as const
      },
      zero,
      along,
      { reverse },
    )
    return [transpose(r as Tensor, back)]
  })
}

/** The second result, where the largest element was found, is only there for gradients and cannot be written. */
const maxPool: Rule = ({ inputs: [x], attributes }, out) =>
  out.op("MaxPool", [out.of(x)], { ...windowAttributes(attributes as Windows), ceil_mode: 0 })

const avgPool: Rule = ({ inputs: [x], attributes }, out: Emitter) => {
  const { dilations: _, ...windows } = windowAttributes(attributes as Windows)
  return out.op("AveragePool", [out.of(x)], { ...windows, count_include_pad: attributes.countPadding ? 1 : 0 })
}

export const layerRules: Readonly<Record<string, Rule>> = {
  matmul: ({ inputs: [a, b] }, out) => out.op("MatMul", [out.of(a), out.of(b)]),
  storedMatmul,
  conv2d,
  conv2dInputGradient: transposed,
  maxPool2d: maxPool,
  avgPool2d: avgPool,
  normalise,
  attention,
  linearRecurrence,
}
