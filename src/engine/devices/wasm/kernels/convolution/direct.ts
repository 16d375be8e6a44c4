import {
  type Expr,
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  type ModuleBuilder,
  select,
  v128,
} from "../../assembler/index.ts"
import { multiplyAdd } from "../../multiply-add.ts"
import { alone } from "../products/batched.ts"
import { aligned, area, type ConvolutionPlan, type ConvolutionSpec, emitCopy, parameters } from "./columns.ts"
import { strided } from "./depthwise.ts"
import type { FilterLayout } from "./winograd-tiles.ts"

/*
 * Convolution without a matrix of columns: the image lies in a frame of zeros, and what a tile of outputs sees is read there. Forwards a tile is six
 * channels by eight columns; the gradient of the filters keeps sums for some channels and the taps of a row, each a vector along the columns.
 */

/** Whether the forward kernel takes a convolution. */
export const isFramed = ({ groups, dtype, stride, counts, low, kernel, outer }: ConvolutionSpec): boolean =>
  groups === 1 &&
  dtype === "f32" &&
  area(stride) === 1 &&
  area(kernel) > 1 &&
  counts[1] >= 8 &&
  outer >= 3 &&
  Math.min(...low) >= 0

/** Whether the kernel for the gradient of the filters does: where a matrix of columns would not stay in the second cache. */
export const isFramedForWeights = ({ groups, dtype, stride, kernel, counts, inner }: ConvolutionSpec): boolean =>
  groups === 1 &&
  dtype === "f32" &&
  stride[1] === 1 &&
  area(kernel) > 1 &&
  kernel[1] <= 12 &&
  inner * area(kernel) * area(counts) > 2 ** 18

/** A frame for images of `channels` channels, as wide as `columns` outputs in a row see it. */
function frameOf({ size, low, kernel, dilation, stride, counts }: ConvolutionSpec, columns: number, channels: number) {
  const [height, pitch] = [counts[0], columns].map((n, i) =>
    Math.max((n - 1) * stride[i] + (kernel[i] - 1) * dilation[i] + 1, low[i] + size[i]),
  )
  return {
    pitch,
    plane: height * pitch,
    corner: low[0] * pitch + low[1],
    bytes: aligned((channels * height * pitch + 8) * 4),
  }
}

const tileRows = 6

/** `(x, weight, y)`: threads share images, or channels of few images. */
export function direct(spec: ConvolutionSpec, filters: FilterLayout): ConvolutionPlan {
  const { batch, inner, outer, size, counts } = spec
  const frame = frameOf(spec, counts[1], inner)
  const tiles = Math.ceil(outer / tileRows)
  const cuts = batch >= 8 ? 1 : Math.min(tiles, 4)
  const each = Math.ceil(tiles / cuts) * tileRows
  return {
    bytes: (threads) => threads * frame.bytes,
    emit(module, name) {
      const [plane, seen1] = [area(counts), area(size)]
      const copy = emitCopy(
        module,
        `${name}.frame`,
        "f32",
        [inner, ...size],
        [seen1, size[1], 1],
        [frame.plane, frame.pitch, 1],
      )
      const line = (rows: number) => emitLine(module, `${name}.line${rows}`, spec, filters, rows, frame)
      const whole = outer >= tileRows ? line(tileRows) : undefined
      const rest = outer % tileRows > 0 ? line(outer % tileRows) : undefined
      return module.function(name, parameters, (builder, x, weight, y, scratch) => {
        const f = builder as unknown as FunctionBuilder
        const [unit, row, channel, end] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")]
        alone(module, f, scratch, frame.bytes, batch * cuts, ({ from, to }, own) => {
          f.memoryFill(own, 0, frame.bytes)
          f.for(unit, from, to, 1, () => {
            const image = f.local("i32", i32.divU(unit, cuts))
            const first = f.local("i32", i32.mul(i32.remU(unit, cuts), each))
            f.call(copy, [i32.add(x, i32.mul(image, inner * seen1 * 4)), i32.add(own, frame.corner * 4)])
            f.set(end, i32.add(first, each))
            f.if(i32.gtS(end, outer), () => f.set(end, outer))
            f.for(row, 0, counts[0], 1, () => {
              const seen = f.local("i32", i32.add(own, i32.mul(row, frame.pitch * 4)))
              const out = i32.add(i32.mul(image, outer * plane), i32.mul(row, counts[1]))
              const to = f.local("i32", i32.add(y, i32.shl(out, 2)))
              f.for(channel, first, end, tileRows, () => {
                const taps = i32.add(weight, i32.mul(channel, filters.strides[0] * 4))
                const target = i32.add(to, i32.mul(channel, plane * 4))
                const run = (fn: typeof whole) => fn && f.call(fn, [seen, taps, target])
                f.if(
                  i32.leS(channel, outer - tileRows),
                  () => run(whole),
                  () => run(rest),
                )
              })
            })
          })
        })
      })
    },
  }
}

/** `(frame, filters, out)`: a row of outputs of `rows` channels. */
function emitLine(
  module: ModuleBuilder,
  name: string,
  { inner, kernel, dilation, counts }: ConvolutionSpec,
  { strides, turned }: FilterLayout,
  rows: number,
  frame: { readonly pitch: number; readonly plane: number },
) {
  const [taps, wide] = [area(kernel), kernel[1]]
  return module.function(name, { params: ["i32", "i32", "i32"] as const }, (builder, seen, filters, out) => {
    const f = builder as unknown as FunctionBuilder
    const [step, c, i] = [f.local("i32"), f.local("i32"), f.local("i32")]
    const [plane, from, filter, tap] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")]
    const [x0, x1, w] = [f.local("v128"), f.local("v128"), f.local("v128")]
    f.for(step, 0, counts[1], 8, () => {
      // The last eight may be some of those before.
      const column = f.local("i32", i32.shl(select(i32.gtS(step, counts[1] - 8), counts[1] - 8, step), 2))
      const sums = Array.from({ length: rows }, () => [
        f.local("v128", f32x4.splat(0)),
        f.local("v128", f32x4.splat(0)),
      ])
      f.set(plane, i32.add(seen, column))
      f.set(filter, turned ? i32.add(filters, (taps - wide) * 4) : filters)
      f.for(c, 0, inner, 1, () => {
        f.set(from, plane)
        f.set(tap, filter)
        f.for(i, 0, kernel[0], 1, () => {
          for (let j = 0; j < wide; j++) {
            f.set(x0, v128.load(from, j * dilation[1] * 4))
            f.set(x1, v128.load(from, j * dilation[1] * 4 + 16))
            sums.forEach(([low, high], r) => {
              f.set(w, v128.load32Splat(tap, (r * strides[0] + (turned ? wide - 1 - j : j)) * 4))
              f.set(low, multiplyAdd(module, w, x0, low))
              f.set(high, multiplyAdd(module, w, x1, high))
            })
          }
          f.add(from, dilation[0] * frame.pitch * 4)
          f.add(tap, (turned ? -wide : wide) * 4)
        })
        f.add(plane, frame.plane * 4)
        f.add(filter, strides[1] * 4)
      })
      const to = f.local("i32", i32.add(out, column))
      sums.forEach(([low, high], r) => {
        f.store("v128", to, low, r * area(counts) * 4)
        f.store("v128", to, high, r * area(counts) * 4 + 16)
      })
    })
  })
}

/** `(x, y, weight)`: threads share blocks of output channels. */
export function directWeights(spec: ConvolutionSpec): ConvolutionPlan {
  const { batch, inner, outer, size, counts, kernel } = spec
  const [tall, across] = kernel
  // Sums, as many gradients and one vector of the input fill the registers.
  const rows = Math.min(outer, 4, Math.max(1, Math.floor(14 / (across + 1))))
  const wide = Math.ceil(counts[1] / 4) * 4
  const frame = frameOf(spec, wide, 1)
  const givenBytes = wide === counts[1] ? 0 : rows * counts[0] * wide * 4
  const sumBytes = inner * tall * rows * across * 16
  const own = frame.bytes + aligned(givenBytes) + sumBytes
  return {
    bytes: (threads) => threads * own,
    emit(module, name) {
      const copy = emitCopy(module, `${name}.frame`, "f32", size, [size[1], 1], [frame.pitch, 1])
      const plane = area(counts)
      const copyGiven = (n: number) =>
        emitCopy(module, `${name}.given${n}`, "f32", [n, ...counts], [plane, counts[1], 1], [counts[0] * wide, wide, 1])
      const kinds = [...new Set([rows, outer % rows])].filter((n) => n > 0)
      const made = new Map(
        kinds.map((n) => [
          n,
          {
            add: emitAddImage(module, `${name}.add${n}`, spec, n, frame),
            copy: givenBytes > 0 ? copyGiven(n) : undefined,
          },
        ]),
      )
      return module.function(name, parameters, (builder, x, y, weight, scratch) => {
        const f = builder as unknown as FunctionBuilder
        const [unit, b, c, tap] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")]
        alone(module, f, scratch, own, Math.ceil(outer / rows), ({ from, to }, space) => {
          const given = f.local("i32", i32.add(space, frame.bytes))
          const sums = f.local("i32", i32.add(given, aligned(givenBytes)))
          f.memoryFill(space, 0, own)
          const block = (count: number) => {
            const kind = made.get(count) as { add: never; copy: never }
            const first = f.local("i32", i32.mul(unit, rows))
            f.memoryFill(sums, 0, sumBytes)
            f.for(b, 0, batch, 1, () => {
              const planes = f.local("i32", i32.add(y, i32.mul(i32.add(i32.mul(b, outer), first), plane * 4)))
              if (kind.copy !== undefined) {
                f.call(kind.copy, [planes, given] as never)
                f.set(planes, given)
              }
              f.for(c, 0, inner, 1, () => {
                const image = i32.add(x, i32.mul(i32.add(i32.mul(b, inner), c), area(size) * 4))
                f.call(copy, [image, i32.add(space, frame.corner * 4)])
                f.call(kind.add, [space, planes, i32.add(sums, i32.mul(c, tall * count * across * 16))] as never)
              })
            })
            // Sums lie by input, row of the filter, output and column of the filter.
            const at = f.local("i32", sums)
            f.for(c, 0, inner * tall, 1, () => {
              for (let r = 0; r < count; r++) {
                const line = i32.add(i32.mul(i32.add(first, r), inner * area(kernel)), i32.mul(c, across))
                const target = f.local("i32", i32.add(weight, i32.shl(line, 2)))
                f.for(tap, 0, across, 1, () => {
                  const sum = f.local("v128", v128.load(at))
                  const lanes = [0, 1, 2, 3].map<Expr<"f32">>((l) => f32x4.extractLane(sum, l))
                  f.store(
                    "f32",
                    i32.add(target, i32.shl(tap, 2)),
                    lanes.reduce((p, q) => f32.add(p, q)),
                  )
                  f.add(at, 16)
                })
              }
            })
          }
          f.for(unit, from, to, 1, () => {
            if (outer % rows === 0) block(rows)
            else
              f.if(
                i32.leS(i32.mul(unit, rows), outer - rows),
                () => block(rows),
                () => block(outer % rows),
              )
          })
        })
      })
    },
  }
}

/** `(frame, y, sums)`: adds what one image and `rows` of its output gradients give for one input channel. */
function emitAddImage(
  module: ModuleBuilder,
  name: string,
  { kernel, dilation, stride, counts }: ConvolutionSpec,
  rows: number,
  frame: { readonly pitch: number },
) {
  const [tall, across] = kernel
  const wide = Math.ceil(counts[1] / 4) * 4
  return module.function(name, { params: ["i32", "i32", "i32"] as const }, (builder, seen, y, sumsAt) => {
    const f = builder as unknown as FunctionBuilder
    const [i, row, column, at] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32", sumsAt)]
    const [line, from, place] = [f.local("i32"), f.local("i32"), f.local("i32")]
    const start = f.local("i32", seen)
    f.for(i, 0, tall, 1, () => {
      const sums = Array.from({ length: rows * across }, (_, n) => f.local("v128", v128.load(at, n * 16)))
      f.set(line, start)
      f.set(place, y)
      f.for(row, 0, counts[0], 1, () => {
        f.set(from, line)
        f.for(column, 0, wide, 4, () => {
          const given = Array.from({ length: rows }, (_, r) =>
            f.local("v128", v128.load(place, r * counts[0] * wide * 4)),
          )
          for (let j = 0; j < across; j++) {
            const x = f.local("v128", strided(f, from, stride[1], j * dilation[1] * 4))
            given.forEach((g, r) => {
              const sum = sums[r * across + j]
              f.set(sum, multiplyAdd(module, g, x, sum))
            })
          }
          f.add(place, 16)
          f.add(from, 16 * stride[1])
        })
        f.add(line, stride[0] * frame.pitch * 4)
      })
      sums.forEach((sum, n) => {
        f.store("v128", at, sum, n * 16)
      })
      f.add(at, rows * across * 16)
      f.add(start, dilation[0] * frame.pitch * 4)
    })
  })
}
