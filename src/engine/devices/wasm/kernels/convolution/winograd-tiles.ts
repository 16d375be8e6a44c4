import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32x4,
  i32,
  type ModuleBuilder,
  v128,
} from "../../assembler/index.ts"
import { multiplyAdd } from "../../multiply-add.ts"
import { transposed } from "../transpose.ts"

/*
 * A 3x3 convolution of a 6x6 tile gives 4x4 outputs: Y = Aᵀ [(G w Gᵀ) * (Bᵀ d B)] A, 36 products instead of 144 (Winograd; Lavin and Gray, Fast
 * Algorithms for Convolutional Neural Networks, 2016). The matrices interpolate at these points and at infinity; ±3/4 and ±3/2 keep the error
 * at that of the sums themselves, where the usual ±1 and ±2 lose a digit. A NaN or infinite input makes its whole tile NaN.
 */
const points = [0, 0.75, -0.75, 1.5, -1.5]

type Matrix = readonly (readonly number[])[]

/** The coefficients of Π (x - root), the constant first. */
const polynomial = ([root, ...rest]: readonly number[]): number[] => {
  if (root === undefined) return [1]
  const p = polynomial(rest)
  return [...p, 0].map((x, i) => (p[i - 1] ?? 0) - root * x)
}

const others = (j: number): number[] => points.filter((_, l) => l !== j)
const powers = (count: number): Matrix => [
  ...points.map((x) => Array.from({ length: count }, (_, k) => x ** k)),
  Array.from({ length: count }, (_, k) => (k === count - 1 ? 1 : 0)),
]
const flipped = (m: Matrix): Matrix => m[0].map((_, j) => m.map((row) => row[j]))

/** A takes four numbers to six, B' six to six, G three to six. */
export const spread: Matrix = powers(4)
export const gather: Matrix = flipped(spread)
export const window: Matrix = [...points.map((_, j) => [...polynomial(others(j)), 0]), polynomial(points)]
export const filter: Matrix = powers(3).map((row, j) =>
  row.map((x) => x / (j < points.length ? others(j).reduce((n, y) => n * (points[j] - y), 1) : 1)),
)
export const filterBack: Matrix = flipped(filter)

type V = Expr<"v128">

/** Points that are opposite: what they have in common is computed once. */
const pairs = [
  [1, 2],
  [3, 4],
] as const
const isInPair = (i: number): boolean => pairs.some((pair) => pair.includes(i as never))

/** The matrix times a column of vectors. */
export function transform(module: ModuleBuilder, f: FunctionBuilder, matrix: Matrix, xs: readonly V[]): V[] {
  const combined = (row: readonly number[], values: readonly V[]): V => {
    const terms = row
      .flatMap((c, i) => (c === 0 ? [] : [{ c, x: values[i] }]))
      .sort((p, q) => +(q.c === 1) - +(p.c === 1))
    const sum = terms.reduce<V | undefined>((total, { c, x }) => {
      if (total === undefined) return c === 1 ? x : f32x4.mul(f32x4.splat(c), x)
      if (Math.abs(c) === 1) return (c === 1 ? f32x4.add : f32x4.sub)(total, x)
      return multiplyAdd(module, f32x4.splat(c), x, total)
    }, undefined)
    return f.local("v128", sum ?? f32x4.splat(0))
  }
  const half = (p: readonly number[], q: readonly number[], sign: number): number[] =>
    p.map((x, i) => (x + sign * q[i]) / 2)
  const both = (p: V, q: V): [V, V] => [f.local("v128", f32x4.add(p, q)), f.local("v128", f32x4.sub(p, q))]
  if (matrix.length === 6) {
    const made: V[] = []
    for (const [p, q] of pairs)
      [made[p], made[q]] = both(
        combined(half(matrix[p], matrix[q], 1), xs),
        combined(half(matrix[p], matrix[q], -1), xs),
      )
    for (const i of [0, 5]) made[i] = combined(matrix[i], xs)
    return made
  }
  const sums = [...xs]
  for (const [p, q] of pairs) [sums[p], sums[q]] = both(xs[p], xs[q])
  return matrix.map((row) =>
    combined(
      row.map((c, i) => (isInPair(i) ? (i % 2 === 1 ? c + row[i + 1] : row[i - 1] - c) / 2 : c)),
      sums,
    ),
  )
}

/** The matrix on both sides of a square of vectors, `matrix · xs · matrixᵀ`, given and returned row by row. */
export function transform2(
  module: ModuleBuilder,
  f: FunctionBuilder,
  matrix: Matrix,
  rows: readonly (readonly V[])[],
): V[][] {
  const along = rows.map((row) => transform(module, f, matrix, row))
  const columns = along[0].map((_, j) =>
    transform(
      module,
      f,
      matrix,
      along.map((row) => row[j]),
    ),
  )
  return columns[0].map((_, i) => columns.map((column) => column[i]))
}

/**
 * `(four tiles, to)`: four tiles of 6x6 numbers (`window`) or 4x4 (`spread`), their rows `pitch` bytes apart, as 36 vectors `step` bytes
 * apart with a lane for each tile.
 */
export function emitSpread(
  module: ModuleBuilder,
  name: string,
  matrix: Matrix,
  pitch: number,
  step: number,
): Fn<readonly ["i32", "i32", "i32", "i32", "i32"]> {
  const size = matrix[0].length
  const parameters = ["i32", "i32", "i32", "i32", "i32"] as const
  return module.function(name, { params: parameters }, (builder, a, b, c, d, to) => {
    const f = builder as unknown as FunctionBuilder
    const tiles = [a, b, c, d]
    const rows = Array.from({ length: size }, (_, r) => {
      const left = transposed(
        f,
        tiles.map((tile) => f.local("v128", v128.load(tile, r * pitch))),
      )
      if (size === 4) return left
      const right = tiles.map((tile) => f.local("v128", v128.load64Zero(tile, r * pitch + 16)))
      return [...left, ...transposed(f, right).slice(0, 2)]
    })
    const made = transform2(module, f, matrix, rows).flat()
    made.forEach((x, i) => {
      f.store("v128", to, x, i * step)
    })
  })
}

/** `(from, four tiles)`: the way back, 36 vectors `step` bytes apart to four tiles of 4x4 whose rows are `pitch` bytes apart. */
export function emitGatherTiles(
  module: ModuleBuilder,
  name: string,
  pitch: number,
  step: number,
): Fn<readonly ["i32", "i32", "i32", "i32", "i32"]> {
  const parameters = ["i32", "i32", "i32", "i32", "i32"] as const
  return module.function(name, { params: parameters }, (builder, from, a, b, c, d) => {
    const f = builder as unknown as FunctionBuilder
    const tiles = [a, b, c, d]
    transform2(module, f, gather, squareOf(f, from, step)).forEach((row, r) => {
      transposed(f, row).forEach((line, t) => {
        f.store("v128", tiles[t], line, r * pitch)
      })
    })
  })
}

/** Six rows of six vectors that lie `step` bytes apart. */
export const squareOf = (f: FunctionBuilder, from: Expr<"i32">, step: number): V[][] =>
  Array.from({ length: 6 }, (_, r) =>
    Array.from({ length: 6 }, (_, c) => f.local("v128", v128.load(from, (6 * r + c) * step))),
  )

/** Where the filters of a convolution lie. */
export interface FilterLayout {
  /** Filters in rows and columns: row r, column c is that of output r and input c. */
  readonly rows: number
  readonly columns: number
  /** Elements from one filter to the next, down and along. */
  readonly strides: readonly [number, number]
  /** Whether each is turned by half a turn. */
  readonly turned: boolean
}

/** `(from, to, first row, end row)`: every filter as 36 numbers, in 36 matrices `[rows, columns]` that are `step` bytes apart. At least four columns. */
export function emitFilters(
  module: ModuleBuilder,
  name: string,
  { columns, strides, turned }: FilterLayout,
  step: number,
): Fn<readonly ["i32", "i32", "i32", "i32"]> {
  const parameters = ["i32", "i32", "i32", "i32"] as const
  return module.function(name, { params: parameters }, (builder, from, to, first, end) => {
    const f = builder as unknown as FunctionBuilder
    const [row, at] = [f.local("i32"), f.local("i32")]
    f.for(row, first, end, 1, () =>
      f.for(at, 0, columns, 4, () => {
        // The last four may be some of those before.
        const column = f.local("i32", at)
        f.if(i32.gtS(column, columns - 4), () => f.set(column, columns - 4))
        const place = i32.add(i32.mul(row, strides[0] * 4), i32.mul(column, strides[1] * 4))
        const taps = f.local("i32", i32.add(from, place))
        const lane = (tap: number, l: number): number => ((turned ? 8 - tap : tap) + l * strides[1]) * 4
        const square = [0, 3, 6].map((r) =>
          [r, r + 1, r + 2].map((tap) => {
            let x: V = v128.load32Zero(taps, lane(tap, 0))
            for (const l of [1, 2, 3]) x = v128.load32Lane(taps, x, l, lane(tap, l))
            return f.local("v128", x)
          }),
        )
        const target = f.local("i32", i32.add(to, i32.shl(i32.add(i32.mul(row, columns), column), 2)))
        transform2(module, f, filter, square)
          .flat()
          .forEach((x, i) => {
            f.store("v128", target, x, i * step)
          })
      }),
    )
  })
}
