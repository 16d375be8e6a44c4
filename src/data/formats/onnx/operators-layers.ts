import { range } from "../../../engine/operators/constants.ts"
import { cond, scan } from "../../../engine/operators/control.ts"
import { conv2d } from "../../../engine/operators/convolution.ts"
import { convTranspose2d } from "../../../engine/operators/convolution-transposed.ts"
import { einsum } from "../../../engine/operators/einsum.ts"
import { clip } from "../../../engine/operators/elementwise.ts"
import { flip, pad, reshape, transpose } from "../../../engine/operators/layout.ts"
import { matmul } from "../../../engine/operators/matmul.ts"
import { avgPool2d, maxPool2d } from "../../../engine/operators/pooling.ts"
import { logSoftmax, max, mean, softmax } from "../../../engine/operators/reduce.ts"
import { sizeOf } from "../../../engine/shape.ts"
import { Tensor } from "../../../engine/tensor.ts"
import type { Call, Operator } from "./call.ts"

type Two = [number, number]

function gemm(call: Call): Tensor {
  const a = call.int("transA", 0) === 1 ? call.x(0).T : call.x(0)
  const b = call.int("transB", 0) === 1 ? call.x(1).T : call.x(1)
  const [alpha, beta] = [call.float("alpha", 1), call.float("beta", 1)]
  const product = alpha === 1 ? matmul(a, b) : matmul(a, b).mul(alpha)
  const c = call.inputs[2]
  if (c === undefined) return product
  return product.add(beta === 1 ? c : c.mul(beta))
}

/** Windows over one or two axes; over one, as over two of which the first has one element. */
function windows(call: Call, kernel: readonly number[]) {
  const plane = kernel.length
  if (plane !== 1 && plane !== 2) throw call.error(`windows over ${plane} axes are not run here`)
  const two = (list: readonly number[] | undefined, otherwise: number): Two => {
    const given = list === undefined || list.length === 0 ? kernel.map(() => otherwise) : list
    return plane === 1 ? [otherwise, given[0]] : [given[0], given[1]]
  }
  const pads = call.ints("pads") ?? []
  const mode = call.text("auto_pad", "NOTSET")
  if (mode === "SAME_LOWER") throw call.error("padding by SAME_LOWER is not run here")
  return {
    kernel: two(kernel, 1),
    stride: two(call.ints("strides"), 1),
    dilation: two(call.ints("dilations"), 1),
    low: two(pads.length === 0 ? undefined : pads.slice(0, plane), 0),
    high: two(pads.length === 0 ? undefined : pads.slice(plane), 0),
    same: mode === "SAME_UPPER",
    plane,
  }
}

/** Runs an operator over two axes on a tensor that may have one. */
function onPlane(x: Tensor, plane: number, compute: (x: Tensor) => Tensor): Tensor {
  if (plane === 2) return compute(x)
  const y = compute(reshape(x, [x.shape[0], x.shape[1], 1, x.shape[2]]))
  return reshape(y, [y.shape[0], y.shape[1], y.shape[3]])
}

const biased = (y: Tensor, bias: Tensor | undefined): Tensor =>
  bias === undefined ? y : y.add(reshape(bias, [bias.size, ...y.shape.slice(2).map(() => 1)]))

/** Padding that differs between the sides is put around the input first. */
function evened(x: Tensor, low: Two, high: Two, value: number): { x: Tensor; padding: Two } {
  if (low[0] === high[0] && low[1] === high[1]) return { x, padding: low }
  return {
    x: pad(
      x,
      [
        [0, 0],
        [0, 0],
        [low[0], high[0]],
        [low[1], high[1]],
      ],
      value,
    ),
    padding: [0, 0],
  }
}

function convolution(call: Call): Tensor {
  const weight = call.x(1)
  const { stride, dilation, low, high, same, plane } = windows(call, weight.shape.slice(2))
  const filters = plane === 2 ? weight : reshape(weight, [...weight.shape.slice(0, 2), 1, weight.shape[2]])
  const y = onPlane(call.x(), plane, (x) => {
    const even = evened(x, low, high, 0)
    return conv2d(even.x, filters, {
      stride,
      dilation,
      padding: same ? "same" : even.padding,
      groups: call.int("group", 1),
    })
  })
  return biased(y, call.inputs[2])
}

function transposedConvolution(call: Call): Tensor {
  const weight = call.x(1)
  const { stride, dilation, low, high, same, plane } = windows(call, weight.shape.slice(2))
  if (same || (call.ints("output_shape") ?? []).length > 0 || low.some((n, i) => n !== high[i]))
    throw call.error("only explicit padding, the same on both sides, is run here")
  const extra = call.ints("output_padding") ?? []
  const outputPadding: Two = extra.length === 0 ? [0, 0] : plane === 2 ? [extra[0], extra[1]] : [0, extra[0]]
  const filters = plane === 2 ? weight : reshape(weight, [...weight.shape.slice(0, 2), 1, weight.shape[2]])
  const groups = call.int("group", 1)
  const y = onPlane(call.x(), plane, (x) =>
    convTranspose2d(x, filters, { stride, dilation, padding: low, outputPadding, groups }),
  )
  return biased(y, call.inputs[2])
}

const pooling =
  (isMax: boolean): Operator =>
  (call) => {
    const { kernel, stride, dilation, low, high, same, plane } = windows(call, call.ints("kernel_shape") ?? [])
    if (dilation.some((n) => n !== 1)) throw call.error("dilated windows are not run here")
    return onPlane(call.x(), plane, (x) => {
      const ends = [...high] as Two
      if (call.int("ceil_mode", 0) === 1)
        for (const i of [0, 1]) {
          // The last window may hang over the end if it begins inside.
          const room = x.shape[i + 2] + low[i] + high[i] - kernel[i]
          const over = (stride[i] - (room % stride[i])) % stride[i]
          if (over > 0 && room + over < x.shape[i + 2] + low[i]) ends[i] += over
        }
      if (!isMax && ends.some((n, i) => n !== low[i]))
        throw call.error("means over windows padded otherwise on either side are not run here")
      if (isMax) {
        const even = evened(x, low, ends, Number.NEGATIVE_INFINITY)
        return maxPool2d(even.x, kernel, { stride, padding: same ? "same" : even.padding })
      }
      const countIncludePadding = call.int("count_include_pad", 0) === 1
      return avgPool2d(x, kernel, { stride, padding: same ? "same" : low, countIncludePadding })
    })
  }

const overPlane =
  (reduce: typeof mean | typeof max): Operator =>
  (call) => {
    const x = call.x()
    const axes = x.shape.slice(2).map((_, i) => i + 2)
    return reduce(x, axes, true)
  }

function batchNormalisation(call: Call): Tensor {
  const [x, scale, shift, middle, variance] = [0, 1, 2, 3, 4].map((i) => call.x(i))
  if (call.int("training_mode", 0) === 1)
    throw call.error("a model in training mode is not run here", "export it for inference")
  const wide = (v: Tensor): Tensor => reshape(v, [v.size, ...x.shape.slice(2).map(() => 1)])
  const factor = scale.div(variance.add(call.float("epsilon", 1e-5)).sqrt())
  return x.sub(wide(middle)).mul(wide(factor)).add(wide(shift))
}

function layerNormalisation(call: Call): Tensor {
  const x = call.x()
  const axis = call.int("axis", -1)
  const first = axis < 0 ? axis + x.rank : axis
  const axes = x.shape.map((_, i) => i).slice(first)
  const moved = x.sub(mean(x, axes, true))
  const y = moved.div(mean(moved.square(), axes, true).add(call.float("epsilon", 1e-5)).sqrt()).mul(call.x(1))
  return call.inputs[2] === undefined ? y : y.add(call.x(2))
}

const softmaxLike =
  (compute: (x: Tensor, axis: number) => Tensor): Operator =>
  (call) => {
    const x = call.x()
    if (call.opset >= 13) return compute(x, call.int("axis", -1))
    // Before set 13 the axes from there on were one.
    const axis = call.int("axis", 1)
    const rows = sizeOf(x.shape.slice(0, axis < 0 ? axis + x.rank : axis))
    return reshape(compute(reshape(x, [rows, -1]), -1), x.shape)
  }

/** A scale or zero point for all elements or for each place of an axis, in the rank of x. */
function alongAxis(call: Call, x: Tensor, v: Tensor): Tensor {
  if (v.size === 1) return reshape(v, [])
  const axis = call.int("axis", 1)
  const at = axis < 0 ? axis + x.rank : axis
  if (v.rank !== 1) throw call.error("scales of blocks are not run here")
  return reshape(
    v,
    x.shape.map((_, i) => (i === at ? v.size : 1)),
  )
}

function dequantised(call: Call): Tensor {
  const [x, scale] = [call.x(0), call.x(1)]
  const zero = call.inputs[2]
  const wide = x.cast("f32")
  const moved = zero === undefined ? wide : wide.sub(alongAxis(call, x, zero.cast("f32")))
  return moved.mul(alongAxis(call, x, scale))
}

function quantised(call: Call): Tensor {
  const [x, scale] = [call.x(0), call.x(1)]
  const zero = call.inputs[2]
  const dtype = zero?.dtype ?? "u8"
  const [low, high] = dtype === "i8" ? [-128, 127] : dtype === "u8" ? [0, 255] : [Number.NaN, Number.NaN]
  if (Number.isNaN(low)) throw call.error(`codes of ${dtype} are not made here`)
  const codes = x.div(alongAxis(call, x, scale)).round()
  return clip(zero === undefined ? codes : codes.add(alongAxis(call, x, zero.cast("f32"))), low, high).cast(dtype)
}

const order = (rank: number, axis: number): number[] => [
  axis,
  ...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis),
]

/** The operator Scan is the engine's scan; what is read or written backwards is turned round, other axes than the first are moved there. */
function scanned(call: Call): Tensor[] {
  const body = call.graph("body")
  const over = call.int("num_scan_inputs", 0)
  const states = call.inputs.length - over
  const per = (name: string, count: number): number[] => {
    const list = call.ints(name) ?? []
    return list.length === 0 ? Array.from({ length: count }, () => 0) : list
  }
  const [axes, directions] = [per("scan_input_axes", over), per("scan_input_directions", over)]
  const xs = directions.map((direction, i) => {
    const x = call.x(states + i)
    const moved = transpose(x, order(x.rank, axes[i] < 0 ? axes[i] + x.rank : axes[i]))
    return direction === 1 ? flip(moved, 0) : moved
  })
  const init = Array.from({ length: states }, (_, i) => call.x(i))
  const [last, ys] = scan(
    (carry: Tensor[], now: Tensor[]) => {
      const results = call.run(body, [...carry, ...now])
      return [results.slice(0, states), results.slice(states)] as const
    },
    init,
    xs,
  )
  const back = per("scan_output_directions", ys.length)
  const to = per("scan_output_axes", ys.length)
  const placed = (ys as Tensor[]).map((y, i) => {
    const turned = back[i] === 1 ? flip(y, 0) : y
    const moved = order(y.rank, to[i] < 0 ? to[i] + y.rank : to[i])
    return transpose(
      turned,
      moved.map((_, k) => moved.indexOf(k)),
    )
  })
  return [...(last as Tensor[]), ...placed]
}

/** A Loop whose number of turns is known and which does not end before. */
function looped(call: Call): Tensor[] {
  const body = call.graph("body")
  const [turns] = call.numbers(0) ?? []
  if (turns === undefined) throw call.error("a loop without a number of turns is not run here")
  const carried = call.inputs.slice(2).map((_, i) => call.x(i + 2))
  const yes = Tensor.from({ dtype: "bool", shape: [], data: Uint8Array.of(1) })
  const goes = call.inputs[1]
  if (goes !== undefined && call.numbers(1)?.[0] === 0) throw call.error("a loop that does not begin is not run here")
  const [last, ys] = scan(
    (carry: Tensor[], turn: Tensor) => {
      const [more, ...results] = call.run(body, [turn, yes, ...carry])
      if (more.trace !== undefined || more.array()[0] === 0)
        throw call.error("a loop that ends by its condition is not run here")
      return [results.slice(0, carry.length), results.slice(carry.length)] as const
    },
    carried,
    range(turns),
  )
  return [...(last as Tensor[]), ...(ys as Tensor[])]
}

function branched(call: Call): Tensor[] {
  const condition = call.x()
  const run = (name: string) => (): Tensor[] => call.run(call.graph(name), [])
  if (condition.trace === undefined) return run(condition.array()[0] !== 0 ? "then_branch" : "else_branch")()
  return cond(condition, run("then_branch"), run("else_branch"))
}

export const layerOperators: Readonly<Record<string, Operator>> = {
  MatMul: (call) => matmul(call.x(0), call.x(1)),
  Gemm: gemm,
  Einsum: (call) => einsum(call.text("equation", ""), ...call.inputs.map((_, i) => call.x(i))),
  Conv: convolution,
  ConvTranspose: transposedConvolution,
  MaxPool: pooling(true),
  AveragePool: pooling(false),
  GlobalAveragePool: overPlane(mean),
  GlobalMaxPool: overPlane(max),
  BatchNormalization: batchNormalisation,
  LayerNormalization: layerNormalisation,
  Softmax: softmaxLike(softmax),
  LogSoftmax: softmaxLike(logSoftmax),
  DequantizeLinear: dequantised,
  QuantizeLinear: quantised,
  Scan: scanned,
  Loop: looped,
  If: branched,
}
