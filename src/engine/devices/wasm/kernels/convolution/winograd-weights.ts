import {
  type FunctionBuilder,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  select,
  v128,
} from "../../assembler/index.ts"
import { shareOf, teamOf } from "../../team.ts"
import { alone } from "../products/batched.ts"
import { emitMatmul, type MatmulSpec, matmulScratchBytes } from "../products/matmul.ts"
import { aligned, type ConvolutionPlan, parameters } from "./columns.ts"
import { apart, blocksOf, fourTiles, framed, placeOf, squares, type WinogradSpec } from "./winograd-blocks.ts"
import { emitSpread, filterBack, spread, squareOf, transform2, window } from "./winograd-tiles.ts"

/** Sums of the weight gradient that are made apart and added in the end, at most 32 MiB of them: threads share them. */
const chunksOf = (spec: WinogradSpec): number =>
  Math.min(8, blocksOf(spec).count, Math.floor(2 ** 25 / squares(spec.inner, spec.outer)))

/** True where a Winograd kernel does less for the gradient of the weights too: enough tiles for so many sums. */
export const suitsWinogradWeights = (spec: WinogradSpec): boolean =>
  spec.outer % 8 === 0 && chunksOf(spec) > 1 && spec.batch * blocksOf(spec).tall * blocksOf(spec).wide >= 64

/** `(x, y, weight, scratch)`: the gradient of the weights. Output channels are a multiple of 8. */
export function winogradWeights(spec: WinogradSpec): ConvolutionPlan {
  const { inner, outer, size, counts, low } = spec
  const blocks = blocksOf(spec)
  const { images, rows, wide, tiles, count } = blocks
  const product: MatmulSpec = {
    ...{ m: inner, k: tiles, n: outer, a: [tiles, 1], b: [8, 1] },
    packed: true,
    accumulate: true,
  }
  const sumBytes = squares(inner, outer)
  const chunks = chunksOf(spec)
  const givenAt = squares(inner, tiles)
  const frameAt = givenAt + squares(outer, tiles)
  const frameBytes = aligned(images * (4 * rows + 2) * (4 * wide + 2) * 4)
  const givenFrameAt = frameAt + frameBytes
  // Four channels, then a tile of zeros for what is beyond the last one.
  const givenFrameBytes = aligned(images * rows * wide * 64)
  const zeroAt = givenFrameAt + 4 * givenFrameBytes
  const zeroBytes = aligned(4 * wide * 16 + 16)
  const productAt = zeroAt + zeroBytes
  const own = productAt + aligned(matmulScratchBytes(product))
  return {
    bytes: (threads) => chunks * sumBytes + own * threads,
    emit(module, name) {
      const frame = framed(module, `${name}.frame`, blocks, { size, low, channels: inner, edge: 6 })
      const given = framed(module, `${name}.given`, blocks, { size: counts, low: [0, 0], channels: outer, edge: 4 })
      const see = emitSpread(module, `${name}.see`, window, frame.pitch, apart(inner, tiles))
      const spreadOut = emitSpread(module, `${name}.spread`, spread, given.pitch, apart(outer, tiles))
      const multiply = emitMatmul(module, `${name}.product`, product)
      const finish = emitFinish(module, `${name}.finish`, spec, sumBytes)
      const run = module.function(
        `${name}.block`,
        { params: ["i32", "i32", "i32", "i32", "i32"] },
        (builder, block, x, y, sums, space) => {
          const f = builder as unknown as FunctionBuilder
          const place = placeOf(f, spec, blocks, block)
          const there = f.local("i32", i32.mul(place.images, rows * wide))
          const last = f.local("i32", i32.sub(there, 1))
          const [c, t, k] = [f.local("i32"), f.local("i32"), f.local("i32")]
          const frameBase = f.local("i32", i32.add(space, frameAt))
          f.for(c, 0, inner, 1, () => {
            frame.copy(f, place, i32.add(x, i32.mul(c, size[0] * size[1] * 4)), frameBase)
            f.for(t, 0, tiles, 4, () => {
              const four = fourTiles(f, t, last, (index) => frame.tile(f, index, frameBase))
              f.call(see, [...four, i32.add(space, i32.shl(i32.add(i32.mul(c, tiles), t), 2))] as never)
            })
          })
          const givenBase = f.local("i32", i32.add(space, givenFrameAt))
          f.for(c, 0, outer, 4, () => {
            for (const l of [0, 1, 2, 3]) {
              const plane = i32.add(y, i32.mul(i32.add(c, l), counts[0] * counts[1] * 4))
              given.copy(f, place, plane, i32.add(givenBase, l * givenFrameBytes))
            }
            f.for(t, 0, tiles, 1, () => {
              const panel = i32.add(i32.mul(i32.shrU(c, 3), tiles * 32), i32.shl(i32.and(c, 4), 2))
              const to = i32.add(i32.add(space, givenAt), i32.add(panel, i32.shl(t, 5)))
              const isThere = f.local("i32", i32.ltS(t, there))
              const tile = given.tile(f, t, givenBase)
              const four = [0, 1, 2, 3].map((l) =>
                select(isThere, i32.add(tile, l * givenFrameBytes), i32.add(space, zeroAt)),
              )
              f.call(spreadOut, [...four, to] as never)
            })
          })
          const cursor = [f.local("i32", space), f.local("i32", i32.add(space, givenAt)), f.local("i32", sums)]
          f.for(k, 0, 36, 1, () => {
            f.call(multiply, [cursor[0], cursor[1], cursor[2], i32.add(space, productAt)])
            f.add(cursor[0], apart(inner, tiles))
            f.add(cursor[1], apart(outer, tiles))
            f.add(cursor[2], apart(inner, outer))
          })
        },
      )
      return module.function(name, parameters, (builder, x, y, weight, scratch) => {
        const f = builder as unknown as FunctionBuilder
        alone(module, f, i32.add(scratch, chunks * sumBytes), own, chunks, ({ from, to }, space) => {
          f.memoryFill(i32.add(space, frameAt), 0, own - frameAt)
          const [chunk, block] = [f.local("i32"), f.local("i32")]
          f.for(chunk, from, to, 1, () => {
            const sums = f.local("i32", i32.add(scratch, i32.mul(chunk, sumBytes)))
            f.memoryFill(sums, 0, sumBytes)
            const each = Math.ceil(count / chunks)
            const end = f.local("i32", i32.mul(i32.add(chunk, 1), each))
            f.if(i32.gtS(end, count), () => f.set(end, count))
            f.for(block, i32.mul(chunk, each), end, 1, () => f.call(run, [block, x, y, sums, space]))
          })
        })
        f.call(teamOf(module).barrier, [])
        const share = shareOf(module, f, inner)
        f.call(finish, [scratch, weight, share.from, share.to])
      })
    },
  }
}

/** `(sums, weight, first, end)`: adds up the chunks for input channels from `first` to `end` and goes back to 3x3 filters. */
function emitFinish(module: ModuleBuilder, name: string, spec: WinogradSpec, sumBytes: number) {
  const { inner, outer } = spec
  return module.function(name, parameters, (builder, sums, weight, first, end) => {
    const f = builder as unknown as FunctionBuilder
    const [c, o, chunk] = [f.local("i32"), f.local("i32"), f.local("i32")]
    const step = apart(inner, outer)
    f.for(c, first, end, 1, () =>
      f.for(o, 0, outer, 4, () => {
        const from = f.local("i32", i32.add(sums, i32.shl(i32.add(i32.mul(c, outer), o), 2)))
        const total = squareOf(f, from, step)
        const next = f.local("i32", from)
        f.for(chunk, 1, chunksOf(spec), 1, () => {
          f.add(next, sumBytes)
          total.flat().forEach((x, i) => {
            f.set(x as Local<"v128">, f32x4.add(x, v128.load(next, i * step)))
          })
        })
        const to = f.local("i32", i32.add(weight, i32.mul(i32.add(i32.mul(o, inner), c), 36)))
        transform2(module, f, filterBack, total)
          .flat()
          .forEach((x, tap) => {
            for (const l of [0, 1, 2, 3]) f.storeLane(32, to, x, l, (l * inner * 9 + tap) * 4)
          })
      }),
    )
  })
}
