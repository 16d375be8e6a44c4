import { type FunctionBuilder, f32x4, i32, type ModuleBuilder, select, v128 } from "../../assembler/index.ts"
import { shareOf, teamOf } from "../../team.ts"
import { forEachEvent } from "../events/lists.ts"
import { alone } from "../products/batched.ts"
import { transposed } from "../transpose.ts"
import { aligned, area, type ConvolutionSpec, parameters } from "./columns.ts"
import { addEvents, append, channelBlocks, eventBytes, type Kernel } from "./events.ts"

/*
 * The gradient of the filters of a convolution of spikes: each element adds up the output gradients that the events of its input met.
 */

/** Parts of the batch that a weight gradient is summed up for apart: threads share them. */
const chunks = 8

/** Whether the kernel here can take a convolution. */
export const takesEventsForWeights = ({
  groups,
  dtype,
  kernel,
  stride,
  dilation,
  low,
  high,
  counts,
  outer,
}: ConvolutionSpec) =>
  groups === 1 &&
  dtype === "f32" &&
  area(stride) === 1 &&
  counts[1] >= 4 &&
  outer >= 4 &&
  [0, 1].every((i) => Math.max(low[i], high[i]) <= (kernel[i] - 1) * dilation[i])

/** How the output gradient of an image lies for the weight gradient: with zeros around it, so that every event finds a line for every tap. */
function frameOf({ size, kernel, dilation, low }: ConvolutionSpec) {
  const more = [0, 1].map((i) => (kernel[i] - 1) * dilation[i])
  const pitch = size[1] + more[1]
  return { pitch, places: (size[0] + more[0]) * pitch, corner: (more[0] - low[0]) * pitch + more[1] - low[1] }
}

/** Sums for each chunk of the batch; for each thread the framed output gradient, the events of an image by channels, their ends. */
function weightSpaceOf(spec: ConvolutionSpec) {
  const { inner, outer, kernel, size } = spec
  const block = channelBlocks(outer)
  const frame = frameOf(spec)
  const sums = aligned(block.count * area(kernel) * inner * block.bytes)
  const blockBytes = frame.places * block.bytes
  const eventsAt = aligned(block.count * blockBytes)
  const endsAt = eventsAt + inner * area(size) * eventBytes
  return { block, frame, sums, blockBytes, eventsAt, endsAt, own: endsAt + aligned(inner * 4) }
}

export const eventWeightsBytes = (spec: ConvolutionSpec, threads: number): number => {
  const { sums, own } = weightSpaceOf(spec)
  return chunks * sums + threads * own
}

/** `(x, y, weight, scratch)`: threads share chunks of the batch. */
export function emitEventWeights(module: ModuleBuilder, name: string, spec: ConvolutionSpec): Kernel {
  const { batch, inner, outer, size, kernel, counts } = spec
  const { sums, eventsAt, endsAt, own } = weightSpaceOf(spec)
  const lay = emitFrame(module, `${name}.frame`, spec)
  const list = emitChannelLists(module, `${name}.list`, spec)
  const add = emitAddImage(module, `${name}.add`, spec)
  const finish = emitFinish(module, `${name}.finish`, spec)
  const each = Math.ceil(batch / chunks)
  return module.function(name, parameters, (builder, x, y, weight, scratch) => {
    const f = builder as unknown as FunctionBuilder
    alone(module, f, i32.add(scratch, chunks * sums), own, chunks, ({ from, to }, space) => {
      const [chunk, image, end] = [f.local("i32"), f.local("i32"), f.local("i32")]
      const total = f.local("i32", i32.add(scratch, i32.mul(from, sums)))
      f.memoryFill(space, 0, eventsAt)
      f.for(chunk, from, to, 1, () => {
        f.memoryFill(total, 0, sums)
        f.set(end, i32.mul(i32.add(chunk, 1), each))
        f.if(i32.gtS(end, batch), () => f.set(end, batch))
        f.for(image, i32.mul(chunk, each), end, 1, () => {
          f.call(lay, [i32.add(y, i32.mul(image, outer * area(counts) * 4)), space])
          const events = i32.add(space, eventsAt)
          f.call(list, [i32.add(x, i32.mul(image, inner * area(size) * 4)), events, i32.add(space, endsAt)])
          f.call(add, [space, events, i32.add(space, endsAt), total])
        })
        f.add(total, sums)
      })
    })
    f.call(teamOf(module).barrier, [])
    const share = shareOf(module, f, area(kernel) * inner)
    f.call(finish, [scratch, weight, share.from, share.to])
  })
}

/** `(y, to)`: the output gradient of an image `[channels, rows, columns]` as `[blocks, framed places, channels]`; the frame is zero before. */
function emitFrame(module: ModuleBuilder, name: string, spec: ConvolutionSpec) {
  const { outer, counts } = spec
  const { block, frame, blockBytes } = weightSpaceOf(spec)
  return module.function(name, { params: ["i32", "i32"] }, (builder, y, target) => {
    const f = builder as unknown as FunctionBuilder
    const [c, row, column] = [f.local("i32"), f.local("i32"), f.local("i32")]
    const plane = area(counts) * 4
    f.for(c, 0, block.count * block.width, 4, () => {
      // Channels beyond the last are never looked at.
      const planes = [0, 1, 2, 3].map((l) => {
        const channel = f.local("i32", i32.add(c, l))
        return f.local("i32", i32.add(y, i32.mul(select(i32.ltS(channel, outer), channel, outer - 1), plane)))
      })
      const place = i32.mul(i32.divU(c, block.width), blockBytes)
      const start = i32.add(place, i32.shl(i32.remU(c, block.width), 2))
      const line = f.local("i32", i32.add(i32.add(target, frame.corner * block.bytes), start))
      f.for(row, 0, counts[0], 1, () => {
        f.for(column, 0, counts[1], 4, () => {
          const at = f.local("i32", select(i32.gtS(column, counts[1] - 4), counts[1] - 4, column))
          const offset = f.local("i32", i32.shl(i32.add(i32.mul(row, counts[1]), at), 2))
          const lines = planes.map((p) => f.local("v128", v128.load(i32.add(p, offset))))
          const to = f.local("i32", i32.add(line, i32.mul(at, block.bytes)))
          transposed(f, lines).forEach((value, p) => {
            f.store("v128", to, value, p * block.bytes)
          })
        })
        f.add(line, frame.pitch * block.bytes)
      })
    })
  })
}

/** `(x, events, ends)`: the events of each channel of an image, a list for each, and its end. */
function emitChannelLists(module: ModuleBuilder, name: string, spec: ConvolutionSpec) {
  const { inner, size } = spec
  const { block, frame } = weightSpaceOf(spec)
  return module.function(name, { params: ["i32", "i32", "i32"] }, (builder, x, events, ends) => {
    const f = builder as unknown as FunctionBuilder
    const [c, row, to, from] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32", x)]
    f.for(c, 0, inner, 1, () => {
      f.set(to, i32.add(events, i32.mul(c, area(size) * eventBytes)))
      f.for(row, 0, size[0], 1, () => {
        const line = f.local("i32", i32.mul(row, frame.pitch * block.bytes))
        forEachEvent(f, from, 0, size[1], (address, columnBytes) =>
          append(f, to, i32.add(line, i32.mul(columnBytes, block.bytes / 4)), address),
        )
        f.add(from, size[1] * 4)
      })
      f.store("i32", i32.add(ends, i32.shl(c, 2)), to)
    })
  })
}

/** `(frame, events, ends, sums)`: adds one image to the sums `[blocks, kh, kw, inputs, outputs of a block]`. */
function emitAddImage(module: ModuleBuilder, name: string, spec: ConvolutionSpec) {
  const { inner, size, kernel, dilation } = spec
  const { block, frame, blockBytes } = weightSpaceOf(spec)
  return module.function(name, parameters, (builder, framedAt, events, ends, total) => {
    const f = builder as unknown as FunctionBuilder
    const [number, c, i, j, from] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")]
    const [base, sumsAt] = [f.local("i32"), f.local("i32")]
    const blockAt = f.local("i32", framedAt)
    const sumsOfBlock = f.local("i32", total)
    f.for(number, 0, block.count, 1, () => {
      f.for(c, 0, inner, 1, () => {
        const start = f.local("i32", i32.add(events, i32.mul(c, area(size) * eventBytes)))
        const end = f.local("i32", i32.load(i32.add(ends, i32.shl(c, 2))))
        f.set(sumsAt, i32.add(sumsOfBlock, i32.mul(c, block.bytes)))
        f.for(i, 0, kernel[0], 1, () =>
          f.for(j, 0, kernel[1], 1, () => {
            const down = i32.mul(i32.sub(kernel[0] - 1, i), dilation[0] * frame.pitch)
            const along = i32.mul(i32.sub(kernel[1] - 1, j), dilation[1])
            f.set(base, i32.add(blockAt, i32.mul(i32.add(down, along), block.bytes)))
            const sums = Array.from({ length: block.width / 4 }, (_, v) => f.local("v128", v128.load(sumsAt, v * 16)))
            f.set(from, start)
            addEvents(module, f, from, end, base, sums)
            sums.forEach((sum, v) => {
              f.store("v128", sumsAt, sum, v * 16)
            })
            f.add(sumsAt, inner * block.bytes)
          }),
        )
      })
      f.add(blockAt, blockBytes)
      f.add(sumsOfBlock, area(kernel) * inner * block.bytes)
    })
  })
}

/** `(sums, weight, first, end)`: adds the chunks up, for taps and inputs from `first` to `end`. */
function emitFinish(module: ModuleBuilder, name: string, spec: ConvolutionSpec) {
  const { inner, outer, kernel } = spec
  const { block, sums } = weightSpaceOf(spec)
  const taps = area(kernel)
  return module.function(name, parameters, (builder, from, weight, first, end) => {
    const f = builder as unknown as FunctionBuilder
    const [at, o, chunk, next] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")]
    f.for(at, first, end, 1, () => {
      const place = i32.add(i32.mul(i32.remU(at, inner), taps), i32.divU(at, inner))
      const to = f.local("i32", i32.add(weight, i32.shl(place, 2)))
      f.for(o, 0, outer, 4, () => {
        const line = i32.add(i32.mul(i32.divU(o, block.width), taps * inner), at)
        f.set(next, i32.add(from, i32.add(i32.mul(line, block.bytes), i32.shl(i32.remU(o, block.width), 2))))
        const total = f.local("v128", v128.load(next))
        f.for(chunk, 1, chunks, 1, () => {
          f.add(next, sums)
          f.set(total, f32x4.add(total, v128.load(next)))
        })
        const store = (lanes: number) => {
          for (let l = 0; l < lanes; l++) f.storeLane(32, to, total, l, l * inner * taps * 4)
        }
        if (outer % 4 === 0) store(4)
        else
          f.if(
            i32.leS(o, outer - 4),
            () => store(4),
            () => store(outer % 4),
          )
        f.add(to, 4 * inner * taps * 4)
      })
    })
  })
}
