import { type Expr, type FunctionBuilder, i32, select, v128 } from "../../assembler/index.ts"
import { shareOf, teamOf } from "../../team.ts"
import { alone } from "../products/batched.ts"
import { emitMatmul, type MatmulSpec, matmulScratchBytes } from "../products/matmul.ts"
import { aligned, type ConvolutionPlan, parameters } from "./columns.ts"
import {
  apart,
  type Blocks,
  blocksOf,
  fourTiles,
  framed,
  type Place,
  placeOf,
  squares,
  tileOf,
  type WinogradSpec,
} from "./winograd-blocks.ts"
import { emitFilters, emitGatherTiles, emitSpread, type FilterLayout, window } from "./winograd-tiles.ts"

type I = Expr<"i32">

/** `(x, weight, y, scratch)`: a convolution; `filters` says where the filters lie. */
export function winograd(spec: WinogradSpec, filters: FilterLayout): ConvolutionPlan {
  const { inner, outer, size, counts, low } = spec
  const blocks = blocksOf(spec)
  const { images, rows, wide, tiles } = blocks
  const product: MatmulSpec = { m: outer, k: inner, n: tiles, a: [inner, 1], b: [8, 1], packed: true }
  const filterBytes = squares(outer, inner)
  const isWhole = counts[0] % (4 * rows) === 0 && counts[1] % 4 === 0
  const outPlane = isWhole ? 0 : images * rows * wide * 64
  const [seenAt, madeAt] = [outPlane, outPlane + squares(inner, tiles)]
  const frameAt = madeAt + squares(outer, tiles)
  const frameBytes = aligned(images * (4 * rows + 2) * (4 * wide + 2) * 4)
  const productAt = frameAt + frameBytes
  const own = productAt + aligned(matmulScratchBytes(product))
  return {
    bytes: (threads) => filterBytes + own * threads,
    emit(module, name) {
      const prepare = emitFilters(module, `${name}.filters`, filters, apart(outer, inner))
      const frame = framed(module, `${name}.frame`, blocks, { size, low, channels: inner, edge: 6 })
      const see = emitSpread(module, `${name}.see`, window, frame.pitch, apart(inner, tiles))
      const multiply = emitMatmul(module, `${name}.product`, product)
      const outPitch = (isWhole ? counts[1] : 4 * wide) * 4
      const make = emitGatherTiles(module, `${name}.make`, outPitch, apart(outer, tiles))
      const framesOut = framed(module, `${name}.out`, blocks, {
        size: [4 * rows, 4 * wide],
        low: [0, 0],
        channels: outer,
        edge: 4,
      })
      const run = module.function(
        `${name}.block`,
        { params: ["i32", "i32", "i32", "i32", "i32"] },
        (builder, block, x, y, filtersAt, space) => {
          const f = builder as unknown as FunctionBuilder
          const place = placeOf(f, spec, blocks, block)
          const last = f.local("i32", i32.sub(i32.mul(place.images, rows * wide), 1))
          const [c, t, k] = [f.local("i32"), f.local("i32"), f.local("i32")]
          const frameBase = f.local("i32", i32.add(space, frameAt))
          f.for(c, 0, inner, 1, () => {
            frame.copy(f, place, i32.add(x, i32.mul(c, size[0] * size[1] * 4)), frameBase)
            // Tiles in panels of eight, as the product packs them.
            f.for(t, 0, tiles, 4, () => {
              const panel = i32.add(i32.mul(i32.shrU(t, 3), inner * 32), i32.shl(i32.and(t, 4), 2))
              const to = i32.add(i32.add(space, seenAt), i32.add(panel, i32.shl(c, 5)))
              const four = fourTiles(f, t, last, (index) => frame.tile(f, index, frameBase))
              f.call(see, [...four, to] as never)
            })
          })
          const cursor = [
            f.local("i32", filtersAt),
            f.local("i32", i32.add(space, seenAt)),
            f.local("i32", i32.add(space, madeAt)),
          ]
          f.for(k, 0, 36, 1, () => {
            f.call(multiply, [cursor[0], cursor[1], cursor[2], i32.add(space, productAt)])
            f.add(cursor[0], apart(outer, inner))
            f.add(cursor[1], apart(inner, tiles))
            f.add(cursor[2], apart(outer, tiles))
          })
          const planeBytes = counts[0] * counts[1] * 4
          f.for(c, 0, outer, 1, () => {
            const first = i32.add(y, i32.mul(i32.add(i32.mul(place.image, outer), c), planeBytes))
            const plane = f.local("i32", i32.add(first, i32.mul(place.row, 4 * counts[1] * 4)))
            f.for(t, 0, tiles, 4, () => {
              const from = i32.add(i32.add(space, madeAt), i32.shl(i32.add(i32.mul(c, tiles), t), 2))
              const four = fourTiles(f, t, last, (index) => {
                if (!isWhole) return framesOut.tile(f, index, space)
                const { image, row, column } = tileOf(f, blocks, index)
                const line = i32.add(i32.mul(image, outer * planeBytes), i32.mul(row, 16 * counts[1]))
                return f.local("i32", i32.add(plane, i32.add(line, i32.shl(column, 4))))
              })
              f.call(make, [from, ...four] as never)
            })
            if (!isWhole) copyOut(f, spec, blocks, place, space, plane)
          })
        },
      )
      return module.function(name, parameters, (builder, x, weight, y, scratch) => {
        const f = builder as unknown as FunctionBuilder
        const share = shareOf(module, f, outer)
        f.call(prepare, [weight, scratch, share.from, share.to])
        f.call(teamOf(module).barrier, [])
        alone(module, f, i32.add(scratch, filterBytes), own, blocks.count, ({ from, to }, space) => {
          f.memoryFill(i32.add(space, frameAt), 0, frameBytes)
          const block = f.local("i32")
          f.for(block, from, to, 1, () => f.call(run, [block, x, y, scratch, space]))
        })
      })
    },
  }
}

/** Copies what lies inside the image from a block's planes of one channel to the output. */
function copyOut(
  f: FunctionBuilder,
  { outer, counts }: WinogradSpec,
  blocks: Blocks,
  place: Place,
  from: I,
  to: I,
): void {
  const { rows, wide } = blocks
  const [image, line, at] = [f.local("i32"), f.local("i32"), f.local("i32")]
  const left = f.local("i32", i32.sub(counts[0], i32.shl(place.row, 2)))
  const height = f.local("i32", select(i32.ltS(left, 4 * rows), left, 4 * rows))
  const whole = counts[1] - (counts[1] % 4)
  f.for(image, 0, place.images, 1, () => {
    const source = f.local("i32", i32.add(from, i32.mul(image, rows * wide * 64)))
    const target = f.local("i32", i32.add(to, i32.mul(image, outer * counts[0] * counts[1] * 4)))
    f.for(line, 0, height, 1, () => {
      f.for(at, 0, whole * 4, 16, () => f.store("v128", i32.add(target, at), v128.load(i32.add(source, at))))
      for (let i = whole; i < counts[1]; i++) f.store("i32", target, i32.load(source, i * 4), i * 4)
      f.add(source, wide * 16)
      f.add(target, counts[1] * 4)
    })
  })
}
