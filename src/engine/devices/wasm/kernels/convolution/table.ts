import type { DType } from "../../../../dtype.ts"
import type { Node } from "../../../../graph.ts"
import type { ConvolutionAttributes } from "../../../../operators/convolution.ts"
import { planeOf } from "../../../../operators/windows.ts"
import { type Shape, sizeOf } from "../../../../shape.ts"
import { type Expr, type Fn, type FunctionBuilder, i32, type ModuleBuilder } from "../../assembler/index.ts"
import { shared, teamOf } from "../../team.ts"
import type { Lowering } from "../lowering.ts"
import { alone } from "../products/batched.ts"
import { emitMatmul, emitMatmulF64, type MatmulSpec, matmulScratchBytes } from "../products/matmul.ts"
import {
  aligned,
  type ConvolutionPlan,
  type ConvolutionSpec,
  columnsAdder,
  columnsOf,
  columnsWriter,
  emitCopy,
  parameters,
} from "./columns.ts"
import { depthwise, depthwiseInput, depthwiseWeights, isDepthwise } from "./depthwise.ts"
import { direct, directWeights, isFramed, isFramedForWeights } from "./direct.ts"
import { emitEventWeights, eventWeightsBytes, takesEventsForWeights } from "./event-weights.ts"
import { emitChoice, emitEventConvolution, eventConvolutionBytes, takesEvents } from "./events.ts"
import { winograd } from "./winograd.ts"
import { suitsWinograd, type WinogradSpec } from "./winograd-blocks.ts"
import type { FilterLayout } from "./winograd-tiles.ts"
import { suitsWinogradWeights, winogradWeights } from "./winograd-weights.ts"

/*
 * Which kernel takes a convolution: depthwise ones their own (depthwise.ts); 3x3 windows with stride 1 and enough channels Winograd's tiles (winograd.ts);
 * other windows with stride 1 on rows that are long enough a direct one (direct.ts); spikes lists of events (events.ts), where these are few.
 *
 * What is left are matrix products, image by image and group by group: what each output sees becomes a column of a matrix (im2col), so
 * that with K = channels · kh · kw of a group and N outputs in a plane
 *   y [out, N] = weight [out, K] · columns [K, N],   d columns = weightᵀ · dy,   d weightᵀ [K, out] = Σ columns · dyᵀ.
 * Threads share images and groups (for weights: groups and blocks of channels), each with scratch space of its own; who computes an element
 * never changes the order of its sum.
 */

type I = Expr<"i32">

type Product = (f: FunctionBuilder, a: I, b: I, c: I, scratch: I) => void

function productOf(module: ModuleBuilder, name: string, dtype: DType, spec: MatmulSpec): Product {
  if (dtype === "f64") {
    const fn = emitMatmulF64(module, name, spec)
    return (f, a, b, c) => f.call(fn, [a, b, c])
  }
  const fn = emitMatmul(module, name, spec)
  return (f, a, b, c, scratch) => f.call(fn, [a, b, c, scratch])
}

/** Loops over a thread's images and groups, with the addresses of each group's part of x, weight and y. */
function forEachGroup(
  f: FunctionBuilder,
  spec: ConvolutionSpec,
  [from, to]: readonly [I, I],
  bases: { x: I; weight: I; y: I },
  body: (x: I, weight: I, y: I) => void,
): void {
  const { groups, outer, inner, size } = spec
  const { k, n, unit } = columnsOf(spec)
  const [at, group] = [f.local("i32"), f.local("i32")]
  const [x, weight, y] = [f.local("i32"), f.local("i32"), f.local("i32")]
  f.for(at, from, to, 1, () => {
    f.set(group, i32.remU(at, groups))
    f.set(x, i32.add(bases.x, i32.mul(at, inner * size[0] * size[1] * unit)))
    f.set(y, i32.add(bases.y, i32.mul(at, outer * n * unit)))
    f.set(weight, i32.add(bases.weight, i32.mul(group, outer * k * unit)))
    body(x, weight, y)
  })
}

/** Whether a Winograd kernel can take a convolution, and does less. */
const isTiled = ({ kernel, stride, dilation, groups, dtype }: ConvolutionSpec, spec: WinogradSpec): boolean =>
  [...kernel, ...stride, ...dilation].join() === "3,3,1,1,1,1" && groups === 1 && dtype === "f32" && suitsWinograd(spec)

const filtersOf = ({ inner, outer, kernel }: ConvolutionSpec): FilterLayout => {
  const taps = kernel[0] * kernel[1]
  return { rows: outer, columns: inner, strides: [inner * taps, taps], turned: false }
}

/** The input gradient of a convolution with stride 1, as a convolution of the output gradient with the filters turned. */
const backwards = (spec: ConvolutionSpec): ConvolutionSpec => {
  const { inner, outer, size, counts, kernel, dilation, low } = spec
  const pad = [0, 1].map((i) => (kernel[i] - 1) * dilation[i] - low[i])
  return { ...spec, inner: outer, outer: inner, size: counts, counts: size, low: [pad[0], pad[1]] }
}

const turnedFilters = (spec: ConvolutionSpec): FilterLayout => {
  const { rows, columns, strides } = filtersOf(spec)
  return { rows: columns, columns: rows, strides: [strides[1], strides[0]], turned: true }
}

function forward(spec: ConvolutionSpec): ConvolutionPlan {
  const { batch, groups, outer, dtype } = spec
  if (isDepthwise(spec)) return depthwise(spec)
  if (isTiled(spec, spec)) return winograd(spec, filtersOf(spec))
  if (isFramed(spec)) return direct(spec, filtersOf(spec))
  const { k, n, bytes: columnsBytes } = columnsOf(spec)
  const product: MatmulSpec = { m: outer, k, n, a: [k, 1], b: [n, 1] }
  const bytes = columnsBytes + aligned(matmulScratchBytes(product))
  return {
    bytes: (most) => bytes * most,
    emit(module, name) {
      const columns = columnsWriter(module, name, spec)
      const multiply = productOf(module, `${name}.product`, dtype, product)
      return module.function(name, parameters, (builder, x, weight, y, scratch) => {
        const f = builder as unknown as FunctionBuilder
        alone(module, f, scratch, bytes, batch * groups, ({ from, to }, own) => {
          columns.prepare(f, own)
          forEachGroup(f, spec, [from, to], { x, weight, y }, (image, taps, out) => {
            multiply(f, taps, columns.write(f, image, own), out, i32.add(own, columnsBytes))
          })
        })
      })
    },
  }
}

function inputGradient(spec: ConvolutionSpec): ConvolutionPlan {
  const { batch, groups, outer, dtype } = spec
  if (isDepthwise(spec)) return depthwiseInput(spec)
  const back = backwards(spec)
  if (isTiled(spec, back)) return winograd(back, turnedFilters(spec))
  if (isFramed(back)) return direct(back, turnedFilters(spec))
  const { k, n, isDirect, bytes: columnsBytes } = columnsOf(spec)
  const product: MatmulSpec = { m: k, k: outer, n, a: [1, k], b: [n, 1] }
  const bytes = columnsBytes + aligned(matmulScratchBytes(product))
  return {
    bytes: (most) => bytes * most,
    emit(module, name) {
      const multiply = productOf(module, `${name}.product`, dtype, product)
      const add = isDirect ? undefined : columnsAdder(module, name, spec)
      return module.function(name, parameters, (builder, y, weight, x, scratch) => {
        const f = builder as unknown as FunctionBuilder
        alone(module, f, scratch, bytes, batch * groups, ({ from, to }, own) =>
          forEachGroup(f, spec, [from, to], { x, weight, y }, (image, taps, out) => {
            multiply(f, taps, out, isDirect ? image : own, i32.add(own, columnsBytes))
            add?.(f, own, image)
          }),
        )
      })
    },
  }
}

function weightGradient(spec: ConvolutionSpec, threads: number): ConvolutionPlan {
  const { batch, groups, outer, inner, size, dtype } = spec
  if (isDepthwise(spec)) return depthwiseWeights(spec)
  if (isTiled(spec, spec) && suitsWinogradWeights(spec)) return winogradWeights(spec)
  if (isFramedForWeights(spec)) return directWeights(spec)
  // As many blocks of channels as threads could share, all of one size.
  const blocks = Array.from({ length: threads }, (_, i) => threads - i).find((n) => inner % n === 0) ?? 1
  const block = { ...spec, inner: inner / blocks }
  const { k, n, unit, bytes: columnsBytes } = columnsOf(block)
  const product: MatmulSpec = { m: k, k: n, n: outer, a: [n, 1], b: [1, n], accumulate: true }
  const sumBytes = aligned(k * outer * unit)
  const bytes = columnsBytes + sumBytes + aligned(matmulScratchBytes(product))
  return {
    bytes: (most) => bytes * most,
    emit(module, name) {
      const columns = columnsWriter(module, name, block)
      const multiply = productOf(module, `${name}.product`, dtype, product)
      const turn = emitCopy(module, `${name}.turn`, dtype, [outer, k], [1, outer], [k * blocks, 1])
      return module.function(name, parameters, (builder, x, y, weight, scratch) => {
        const f = builder as unknown as FunctionBuilder
        const [at, b, image, out] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")]
        const channels = block.inner * size[0] * size[1] * unit
        alone(module, f, scratch, bytes, groups * blocks, ({ from, to }, own) => {
          const sum = f.local("i32", i32.add(own, columnsBytes))
          columns.prepare(f, own)
          f.for(at, from, to, 1, () => {
            const group = i32.divU(at, blocks)
            f.set(image, i32.add(x, i32.mul(at, channels)))
            f.set(out, i32.add(y, i32.mul(group, outer * n * unit)))
            f.memoryFill(sum, 0, sumBytes)
            f.for(b, 0, batch, 1, () => {
              multiply(f, columns.write(f, image, own), out, sum, i32.add(sum, sumBytes))
              f.add(image, groups * blocks * channels)
              f.add(out, groups * outer * n * unit)
            })
            const first = i32.add(i32.mul(group, outer * blocks * k), i32.mul(i32.remU(at, blocks), k))
            f.call(turn, [sum, i32.add(weight, i32.mul(first, unit))])
          })
        })
      })
    },
  }
}

function specOf(x: Shape, weight: Shape, y: Shape, dtype: DType, a: ConvolutionAttributes): ConvolutionSpec {
  const { kernel, stride, low, high, dilation, groups, size } = a
  return {
    ...{ kernel, stride, low, high, dilation, groups, size, dtype },
    batch: x[0],
    inner: weight[1],
    outer: weight[0] / groups,
    counts: planeOf(y),
  }
}

function lowerConvolution(
  lower: Lowering,
  { primitive, inputs, outputs }: Node,
  spec: ConvolutionSpec,
  plan: ConvolutionPlan,
): void {
  const [out] = outputs
  const isSparse = inputs[0].type.events === true
  if (inputs.some((v) => sizeOf(v.type.shape) === 0)) return lower.fill(lower.output(out), 0)
  const scratch = lower.scratch(plan.bytes(teamOf(lower.module).most))
  const operands = [...inputs.map((v) => lower.contiguous(v)), lower.output(out), scratch]
  const { batch, groups, outer } = spec
  const { k, n } = columnsOf(spec)
  lower.call(`${primitive.name}${isSparse ? "Events" : ""} ${JSON.stringify(spec)}`, operands, (name) => {
    const kernel = shared(lower.module, plan.emit(lower.module, name), batch * groups * outer * k * n)
    return kernel as unknown as Fn<"i32"[]>
  })
}

/** Above this share of events a convolution costs less dense, as tiles or as columns. Few output channels hardly repay the reading of an event. */
const shareFor = (spec: ConvolutionSpec): number =>
  isTiled(spec, spec) ? 0.15 : Math.min(0.5, 0.25 + spec.outer / 256)

/** A plan that takes another one, made for spikes, where these are few: `events` has its bytes and kernel. */
function withEvents(dense: ConvolutionPlan, size: number, share: number, events: ConvolutionPlan): ConvolutionPlan {
  return {
    bytes: (most) => Math.max(dense.bytes(most), events.bytes(most)),
    emit: (module, name) =>
      emitChoice(module, name, size, share, events.emit(module, `${name}.events`), dense.emit(module, `${name}.dense`)),
  }
}

/** A convolution of spikes, `filters` says where its filters lie. */
const ofEvents = (dense: ConvolutionPlan, spec: ConvolutionSpec, filters: FilterLayout): ConvolutionPlan =>
  withEvents(dense, spec.batch * spec.inner * spec.size[0] * spec.size[1], shareFor(spec), {
    bytes: (most) => eventConvolutionBytes(spec, most),
    emit: (module, name) => emitEventConvolution(module, name, spec, filters),
  })

/** The three operators of convolution. */
export const convolutionKernels: Record<string, (lower: Lowering, node: Node) => void> = {
  conv2d(lower, node) {
    const [x, weight] = node.inputs
    const [y] = node.outputs
    const spec = specOf(x.type.shape, weight.type.shape, y.type.shape, x.type.dtype, node.attributes)
    const dense = forward(spec)
    const isSparse = x.type.events === true && takesEvents(spec)
    lowerConvolution(lower, node, spec, isSparse ? ofEvents(dense, spec, filtersOf(spec)) : dense)
  },
  conv2dInputGradient(lower, node) {
    const [y, weight] = node.inputs
    const [x] = node.outputs
    const spec = specOf(x.type.shape, weight.type.shape, y.type.shape, y.type.dtype, node.attributes)
    const dense = inputGradient(spec)
    const back = backwards(spec)
    const isSparse = y.type.events === true && spec.stride[0] * spec.stride[1] === 1 && takesEvents(back)
    lowerConvolution(lower, node, spec, isSparse ? ofEvents(dense, back, turnedFilters(spec)) : dense)
  },
  conv2dWeightGradient(lower, node) {
    const [x, y] = node.inputs
    const [weight] = node.outputs
    const spec = specOf(x.type.shape, weight.type.shape, y.type.shape, x.type.dtype, node.attributes)
    const dense = weightGradient(spec, teamOf(lower.module).most)
    const isSparse = x.type.events === true && takesEventsForWeights(spec)
    const plan = isSparse
      ? withEvents(dense, sizeOf(x.type.shape), shareFor(spec), {
          bytes: (most) => eventWeightsBytes(spec, most),
          emit: (module, name) => emitEventWeights(module, name, spec),
        })
      : dense
    lowerConvolution(lower, node, spec, plan)
  },
}
