import {
  call,
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  select,
  v128,
} from "../../assembler/index.ts"
import { multiplyAdd } from "../../multiply-add.ts"
import { teamOf } from "../../team.ts"
import { emitCount, forEachEvent } from "../events/lists.ts"
import { alone } from "../products/batched.ts"
import { emitTranspose, transposed } from "../transpose.ts"
import { aligned, area, type ConvolutionSpec, emitCopy, parameters } from "./columns.ts"
import type { FilterLayout } from "./winograd-tiles.ts"

/*
 * Convolution of spikes. Forwards, every output adds up the filters that the events in its window name. Output channels lie side by side, in blocks of up to 32 that fit the registers.
 */

type I = Expr<"i32">
export type Kernel = Fn<readonly ["i32", "i32", "i32", "i32"]>

/** An event: an offset in bytes, and its value. */
export const eventBytes = 8
/** Output channels in blocks of `width`, the last of them `last` wide. */
export function channelBlocks(outer: number) {
  const count = Math.ceil(outer / 32)
  const width = Math.ceil(outer / count / 4) * 4
  return { count, width, last: outer - (count - 1) * width, bytes: width * 4 }
}

/** Whether an event kernel can take a convolution. */
export const takesEvents = ({ groups, dtype, dilation, counts, outer }: ConvolutionSpec): boolean =>
  groups === 1 && dtype === "f32" && dilation[1] === 1 && area(counts) >= 4 && outer >= 4

/** Adds to the sums the lines at `base` that the events from `from` to `end` name, times their values. */
export function addEvents(
  module: ModuleBuilder,
  f: FunctionBuilder,
  from: Local<"i32">,
  end: I,
  base: I,
  sums: readonly Local<"v128">[],
): void {
  const line = f.local("i32")
  const value = f.local("v128")
  f.while(i32.ltU(from, end), () => {
    f.set(line, i32.add(base, i32.load(from)))
    f.set(value, v128.load32Splat(from, 4))
    sums.forEach((sum, v) => {
      f.set(sum, multiplyAdd(module, value, v128.load(line, v * 16), sum))
    })
    f.add(from, eventBytes)
  })
}

/** Appends an event. */
export function append(f: FunctionBuilder, to: Local<"i32">, offset: I, address: I): void {
  f.store("i32", to, offset)
  f.store("i32", to, i32.load(address), 4)
  f.add(to, eventBytes)
}

/** A kernel that counts the events of its first operand and takes `events` where they are at most `share` of it, `dense` otherwise. */
export function emitChoice(
  module: ModuleBuilder,
  name: string,
  size: number,
  share: number,
  events: Kernel,
  dense: Kernel,
): Kernel {
  const count = emitCount(module, `${name}.count`, 1, size, size)
  return module.function(name, parameters, (builder, x, second, out, scratch) => {
    const f = builder as unknown as FunctionBuilder
    f.if(
      i32.leS(call(count, [x]) as I, Math.floor(share * size)),
      () => f.call(events, [x, second, out, scratch]),
      () => f.call(dense, [x, second, out, scratch]),
    )
  })
}

/** Bytes of scratch space: filters for all, and for each thread an image by pixels, its events, and a block of its output. */
function spaceOf({ inner, size, kernel, counts, outer }: ConvolutionSpec) {
  const block = channelBlocks(outer)
  const filters = aligned(block.count * area(kernel) * inner * block.bytes)
  const eventsAt = aligned(area(size) * inner * 4)
  const startsAt = eventsAt + area(size) * inner * eventBytes
  const outAt = startsAt + aligned(size[0] * (size[1] + 1) * 4)
  return { block, filters, eventsAt, startsAt, outAt, own: outAt + aligned(area(counts) * block.bytes) }
}

export const eventConvolutionBytes = (spec: ConvolutionSpec, threads: number): number => {
  const { filters, own } = spaceOf(spec)
  return filters + own * threads
}

/** `(x, weight, y, scratch)`: threads share images and blocks of output channels. */
export function emitEventConvolution(
  module: ModuleBuilder,
  name: string,
  spec: ConvolutionSpec,
  layout: FilterLayout,
): Kernel {
  const { batch, inner, outer, size, kernel, counts } = spec
  const { block, filters, eventsAt, startsAt, outAt, own } = spaceOf(spec)
  const lay = emitFilterBlocks(module, `${name}.filters`, spec, layout)
  const turn = emitTranspose(module, `${name}.turn`, { rows: inner, columns: area(size), parts: 1 })
  const list = emitPixelLists(module, `${name}.list`, spec)
  const gather = emitGather(module, `${name}.gather`, spec)
  const spread = new Map(
    [block.width, block.last].map((width) => [width, emitPlanes(module, `${name}.planes${width}`, spec, width)]),
  )
  return module.function(name, parameters, (builder, x, weight, y, scratch) => {
    const f = builder as unknown as FunctionBuilder
    lay(f, weight, scratch)
    f.call(teamOf(module).barrier, [])
    alone(module, f, i32.add(scratch, filters), own, batch * block.count, ({ from, to }, space) => {
      const [unit, image, known] = [f.local("i32"), f.local("i32"), f.local("i32", -1)]
      f.for(unit, from, to, 1, () => {
        f.set(image, i32.divU(unit, block.count))
        f.if(i32.ne(image, known), () => {
          f.call(turn, [i32.add(x, i32.mul(image, inner * area(size) * 4)), space])
          f.call(list, [space, i32.add(space, eventsAt), i32.add(space, startsAt)])
          f.set(known, image)
        })
        const number = f.local("i32", i32.remU(unit, block.count))
        const blockFilters = i32.add(scratch, i32.mul(number, area(kernel) * inner * block.bytes))
        f.call(gather, [i32.add(space, startsAt), blockFilters, i32.add(space, outAt)])
        const first = i32.add(i32.mul(image, outer), i32.mul(number, block.width))
        const out = f.local("i32", i32.add(y, i32.mul(first, area(counts) * 4)))
        const write = (width: number) => f.call(spread.get(width) as Spread, [i32.add(space, outAt), out])
        if (block.last === block.width) write(block.width)
        else
          f.if(
            i32.eq(number, block.count - 1),
            () => write(block.last),
            () => write(block.width),
          )
      })
    })
  })
}

/** Writes the filters as `[blocks, kh, kw, inputs, outputs of a block]`, all threads together. What pads the last block is left as it is. */
function emitFilterBlocks(
  module: ModuleBuilder,
  name: string,
  { inner, kernel, outer }: ConvolutionSpec,
  { strides, turned }: FilterLayout,
): (f: FunctionBuilder, weight: I, to: I) => void {
  const { count, width, last } = channelBlocks(outer)
  const taps = area(kernel)
  const whole = last === width ? count : count - 1
  const step = turned ? -1 : 1
  const to = [taps * inner * width, inner * width, width, 1]
  const copy = (own: string, shape: number[]): Fn<"i32"[]> =>
    emitCopy(module, own, "f32", shape, [width * strides[0], step, strides[1], strides[0]], to)
  const main = whole > 0 ? copy(name, [whole, taps, inner, width]) : undefined
  const rest = whole < count ? copy(`${name}.last`, [1, taps, inner, last]) : undefined
  return (f, weight, target) => {
    const from = f.local("i32", i32.add(weight, turned ? (taps - 1) * 4 : 0))
    if (main !== undefined) f.call(main, [from, target])
    const done = whole * width
    if (rest !== undefined)
      f.call(rest, [i32.add(from, done * strides[0] * 4), i32.add(target, done * taps * inner * 4)])
  }
}

/**
 * `(pixels, events, starts)`: lists the events of an image `[height, width, channels]`, and where those of each pixel start, with an
 * end for each row. The offset is that of the filter line of the pixel's column and channel.
 */
function emitPixelLists(module: ModuleBuilder, name: string, { inner, outer, size }: ConvolutionSpec) {
  const { bytes } = channelBlocks(outer)
  return module.function(name, { params: ["i32", "i32", "i32"] }, (builder, pixels, events, starts) => {
    const f = builder as unknown as FunctionBuilder
    const [row, column] = [f.local("i32"), f.local("i32")]
    const [from, to, start] = [f.local("i32", pixels), f.local("i32", events), f.local("i32", starts)]
    const mark = () => {
      f.store("i32", start, to)
      f.add(start, 4)
    }
    f.for(row, 0, size[0], 1, () => {
      f.for(column, 0, size[1], 1, () => {
        mark()
        const line = f.local("i32", i32.mul(column, inner * bytes))
        forEachEvent(f, from, 0, inner, (address, channelBytes) =>
          append(f, to, i32.add(line, i32.mul(channelBytes, bytes / 4)), address),
        )
        f.add(from, inner * 4)
      })
      mark()
    })
  })
}

/** `(starts, filters, out)`: the outputs of an image for one block of channels, `[rows, columns, channels]`. */
function emitGather(module: ModuleBuilder, name: string, spec: ConvolutionSpec) {
  const { inner, outer, size, kernel, stride, low, dilation, counts } = spec
  const { width, bytes } = channelBlocks(outer)
  const filterRow = kernel[1] * inner * bytes
  return module.function(name, { params: ["i32", "i32", "i32"] }, (builder, starts, filters, out) => {
    const f = builder as unknown as FunctionBuilder
    const [row, column, i, h] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")]
    const [from, end, to, base] = [f.local("i32"), f.local("i32"), f.local("i32", out), f.local("i32")]
    const sums = Array.from({ length: width / 4 }, () => f.local("v128"))
    const held = (x: I): I => {
      const own = f.local("i32", x)
      f.if(i32.ltS(own, 0), () => f.set(own, 0))
      return select(i32.gtS(own, size[1]), size[1], own)
    }
    f.for(row, 0, counts[0], 1, () =>
      f.for(column, 0, counts[1], 1, () => {
        for (const sum of sums) f.set(sum, f32x4.splat(0))
        const left = f.local("i32", i32.sub(i32.mul(column, stride[1]), low[1]))
        const [first, last] = [f.local("i32", held(left)), f.local("i32", held(i32.add(left, kernel[1])))]
        f.set(base, i32.sub(filters, i32.mul(left, inner * bytes)))
        f.set(h, i32.sub(i32.mul(row, stride[0]), low[0]))
        f.for(i, 0, kernel[0], 1, () => {
          f.if(i32.ltU(h, size[0]), () => {
            const line = f.local("i32", i32.add(starts, i32.mul(h, (size[1] + 1) * 4)))
            f.set(from, i32.load(i32.add(line, i32.shl(first, 2))))
            f.set(end, i32.load(i32.add(line, i32.shl(last, 2))))
            addEvents(module, f, from, end, base, sums)
          })
          f.add(h, dilation[0])
          f.add(base, filterRow)
        })
        sums.forEach((sum, v) => {
          f.store("v128", to, sum, v * 16)
        })
        f.add(to, bytes)
      }),
    )
  })
}

type Spread = Fn<readonly ["i32", "i32"]>

/** `(from, to)`: `[outputs, channels of a block]` to planes, `valid` of them. */
function emitPlanes(module: ModuleBuilder, name: string, { counts, outer }: ConvolutionSpec, valid: number): Spread {
  const { width, bytes } = channelBlocks(outer)
  const places = area(counts)
  return module.function(name, { params: ["i32", "i32"] as const }, (builder, source, target) => {
    const f = builder as unknown as FunctionBuilder
    const place = f.local("i32")
    f.for(place, 0, places, 4, () => {
      // The last four may be some of those before.
      const at = f.local("i32", select(i32.gtS(place, places - 4), places - 4, place))
      const from = f.local("i32", i32.add(source, i32.mul(at, bytes)))
      const to = f.local("i32", i32.add(target, i32.shl(at, 2)))
      for (let c = 0; c < width; c += 4) {
        const lines = [0, 1, 2, 3].map((p) => f.local("v128", v128.load(from, p * bytes + c * 4)))
        transposed(f, lines).forEach((line, l) => {
          if (c + l < valid) f.store("v128", to, line, (c + l) * places * 4)
        })
      }
    })
  })
}
