import type { Pair } from "../../../../operators/windows.ts"
import {
  type Expr,
  type FunctionBuilder,
  i32,
  type Local,
  type ModuleBuilder,
  select,
  v128,
} from "../../assembler/index.ts"
import { aligned } from "./columns.ts"

/** A convolution with 3x3 filters and stride 1: what a Winograd kernel works on. */
export interface WinogradSpec {
  readonly batch: number
  readonly inner: number
  readonly outer: number
  readonly size: Pair
  readonly counts: Pair
  readonly low: Pair
}

type I = Expr<"i32">

/** How the tiles of all images are cut into blocks: whole images, or rows of tiles of one image. */
export interface Blocks {
  /** Tiles in a column and in a row of the output. */
  readonly tall: number
  readonly wide: number
  /** Images and rows of tiles of a block, and tiles in all: a multiple of 8. */
  readonly images: number
  readonly rows: number
  readonly tiles: number
  /** Blocks in the batch, and in an image. */
  readonly count: number
  readonly down: number
}

export function blocksOf({ batch, counts }: WinogradSpec): Blocks {
  const [tall, wide] = counts.map((n) => Math.ceil(n / 4))
  for (let target = 64; ; target /= 2) {
    const images = Math.max(1, Math.min(batch, Math.floor(target / (tall * wide))))
    const rows = images > 1 ? tall : Math.min(tall, Math.max(1, Math.floor(target / wide)))
    const down = Math.ceil(tall / rows)
    const count = Math.ceil(batch / images) * down
    if (count >= 8 || target === 16)
      return { tall, wide, images, rows, tiles: Math.ceil((images * rows * wide) / 8) * 8, count, down }
  }
}

/** True where a Winograd kernel does less than a product with columns, in vectors of four: products, transforms of tiles and of filters. */
export function suitsWinograd(spec: WinogradSpec): boolean {
  const { batch, inner, outer, low, counts } = spec
  if (Math.min(inner, outer) < 8 || low.some((n) => n < 0 || n > 2)) return false
  const { tall, wide } = blocksOf(spec)
  const filters = inner * outer
  const tiled = batch * tall * wide * (9 * filters + 90 * inner + 70 * outer) + 50 * filters
  return tiled < 0.8 * batch * counts[0] * counts[1] * (9 / 4) * filters
}

/** Where a block lies: its first image and row of tiles, and how many tiles and images it really has. */
export interface Place {
  readonly image: Local<"i32">
  readonly row: Local<"i32">
  readonly images: Local<"i32">
}

export function placeOf(f: FunctionBuilder, { batch }: WinogradSpec, { images, rows, down }: Blocks, block: I): Place {
  const image = f.local("i32", i32.mul(i32.divU(block, down), images))
  const left = f.local("i32", i32.sub(batch, image))
  return {
    image,
    row: f.local("i32", i32.mul(i32.remU(block, down), rows)),
    images: f.local("i32", select(i32.ltS(left, images), left, images)),
  }
}

/** Tile `index` of a block: image, row and column of tiles. */
export function tileOf(f: FunctionBuilder, { rows, wide }: Blocks, index: I) {
  const line = f.local("i32", i32.divU(index, wide))
  return { image: i32.divU(line, rows), row: i32.remU(line, rows), column: i32.sub(index, i32.mul(line, wide)) }
}

/** Copies rows of planes into a block's planes, with zeros around them. */
export interface Framed {
  readonly pitch: number
  readonly planeBytes: number
  /** Copies one channel of the images of a block from `x`, its address in the first image of the batch. */
  copy(f: FunctionBuilder, place: Place, x: I, to: I): void
  /** The address of a tile in the planes, those beyond the last tile of the block that of the last. */
  tile(f: FunctionBuilder, index: I, base: I): I
}

/** Frames for planes `[height, width]` of `channels` channels an image, tiles of `edge` rows that are read every 4. */
export function framed(
  module: ModuleBuilder,
  name: string,
  blocks: Blocks,
  { size, low, channels, edge }: { size: Pair; low: Pair; channels: number; edge: 4 | 6 },
): Framed {
  const { images, rows, wide } = blocks
  const height = 4 * rows + edge - 4
  const pitch = (4 * wide + edge - 4) * 4
  const width = Math.min(size[1], pitch / 4 - low[1])
  const row = module.function(`${name}.row`, { params: ["i32", "i32"] }, (builder, from, to) => {
    const f = builder as unknown as FunctionBuilder
    const at = f.local("i32")
    f.for(at, 0, (width - (width % 4)) * 4, 16, () => f.store("v128", i32.add(to, at), v128.load(i32.add(from, at))))
    for (let i = width - (width % 4); i < width; i++) f.store("i32", to, i32.load(from, i * 4), i * 4)
  })
  return {
    pitch,
    planeBytes: aligned(images * height * pitch),
    copy(f, place, x, to) {
      const [image, line, y] = [f.local("i32"), f.local("i32"), f.local("i32")]
      const plane = f.local("i32", i32.add(x, i32.mul(place.image, channels * size[0] * size[1] * 4)))
      const target = f.local("i32", i32.add(to, low[1] * 4))
      f.for(image, 0, place.images, 1, () => {
        f.set(y, i32.sub(i32.shl(place.row, 2), low[0]))
        f.for(line, 0, height, 1, () => {
          f.if(
            i32.ltU(y, size[0]),
            () => f.call(row, [i32.add(plane, i32.mul(y, size[1] * 4)), target]),
            () => f.memoryFill(target, 0, width * 4),
          )
          f.add(y, 1)
          f.add(target, pitch)
        })
        f.add(plane, channels * size[0] * size[1] * 4)
      })
    },
    tile(f, index, base) {
      const { image, row: r, column } = tileOf(f, blocks, index)
      const line = i32.add(i32.mul(image, height), i32.shl(r, 2))
      return f.local("i32", i32.add(base, i32.add(i32.mul(line, pitch), i32.shl(column, 4))))
    },
  }
}

/** Four tiles from `first`, held at the last tile that there is. */
export const fourTiles = (f: FunctionBuilder, first: Local<"i32">, last: Local<"i32">, at: (index: I) => I): I[] =>
  [0, 1, 2, 3].map((k) => {
    const index = i32.add(first, k)
    return at(f.local("i32", select(i32.ltS(index, last), index, last)))
  })

/** Bytes from one of 36 matrices to the next: an odd number of cache lines, so that the same element of all of them does not share a few sets. */
export const apart = (rows: number, columns: number): number => (Math.ceil((rows * columns) / 32) * 2 + 1) * 64
export const squares = (rows: number, columns: number): number => 36 * apart(rows, columns)
