import { bytesOf } from "../../../../dtype.ts"
import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  i32,
  i32x4,
  i64x2,
  type Local,
  type ModuleBuilder,
} from "../../assembler/index.ts"
import { type FloatType, pointsOf } from "./passes.ts"

/** The frequencies 0 to size / 2 of real signals. */
export interface HalfSpec {
  readonly dtype: FloatType
  readonly size: number
  readonly scale: number
  /** Factor of all frequencies but 0 and size / 2. */
  readonly interior: number
}

type SixPointers = Fn<readonly ["i32", "i32", "i32", "i32", "i32", "i32"]>
const six = ["i32", "i32", "i32", "i32", "i32", "i32"] as const

type Points = ReturnType<typeof pointsOf>["wide"]

/** Neighbours in reverse order. */
const reversed = (p: Points, x: Expr): Expr => {
  const vector = x as Expr<"v128">
  if (p.width === 4) return i32x4.shuffle(vector, vector, [3, 2, 1, 0])
  return p.width === 2 ? i64x2.shuffle(vector, vector, [1, 0]) : x
}

/**
 * Writes loops over the interior frequencies k, wide ones first. `body` gets the bytes of k in a half spectrum (and the front half of a whole
 * one) and the bytes of the last one of its mirror images n - k.
 */
function forInterior(
  f: FunctionBuilder,
  { dtype, size }: HalfSpec,
  body: (p: Points, k: Local<"i32">, mirror: Local<"i32">) => void,
): void {
  const unit = bytesOf[dtype]
  const { wide, one } = pointsOf(dtype)
  const end = Math.ceil(size / 2)
  const whole = 1 + Math.max(0, end - 1) - (Math.max(0, end - 1) % wide.width)
  const [k, mirror] = [f.local("i32"), f.local("i32")]
  const loop = (p: Points, from: number, to: number) =>
    f.for(k, from * unit, to * unit, p.width * unit, () => {
      f.set(mirror, i32.sub((size - p.width + 1) * unit, k))
      body(p, k, mirror)
    })
  loop(wide, 1, whole)
  loop(one, whole, end)
}

/**
 * `(re, im of Z, re of A, re of B, im of A, im of B)`: Z = A + iB with A and B the transforms of real signals:
 * A[k] = (Z[k] + conj Z[n-k]) / 2, B[k] = (Z[k] - conj Z[n-k]) / 2i.
 */
export function emitSplit(module: ModuleBuilder, name: string, spec: HalfSpec): SixPointers {
  const { dtype, size, scale, interior } = spec
  const unit = bytesOf[dtype]
  return module.function(name, { params: six }, (builder, zr, zi, ar, br, ai, bi) => {
    const f = builder as unknown as FunctionBuilder
    forInterior(f, spec, (p, k, mirror) => {
      const keep = (x: Expr): Expr => f.local(p.type, x as never)
      const load = (base: Expr<"i32">): [Expr, Expr] => [
        keep(p.load(i32.add(base, k), 0)),
        keep(reversed(p, keep(p.load(i32.add(base, mirror), 0)))),
      ]
      const [[r, rn], [i, in_]] = [load(zr), load(zi)]
      const half = (x: Expr): Expr => p.mul(x, p.constant((scale * interior) / 2))
      p.store(f, i32.add(ar, k), half(p.add(r, rn)), 0)
      p.store(f, i32.add(ai, k), half(p.sub(i, in_)), 0)
      p.store(f, i32.add(br, k), half(p.add(i, in_)), 0)
      p.store(f, i32.add(bi, k), half(p.sub(rn, r)), 0)
    })
    const { one } = pointsOf(dtype)
    for (const k of endsOf(size)) {
      one.store(f, ar, one.mul(one.load(zr, k * unit), one.constant(scale)), k * unit)
      one.store(f, br, one.mul(one.load(zi, k * unit), one.constant(scale)), k * unit)
      for (const im of [ai, bi]) one.store(f, im, one.constant(0), k * unit)
    }
  })
}

/** `(re of A, re of B, im of A, im of B, re, im of Z)`: Z = A + iB over all frequencies, A and B being their own mirrored conjugates. */
export function emitJoin(module: ModuleBuilder, name: string, spec: HalfSpec): SixPointers {
  const { dtype, size, interior } = spec
  const unit = bytesOf[dtype]
  return module.function(name, { params: six }, (builder, ar, br, ai, bi, zr, zi) => {
    const f = builder as unknown as FunctionBuilder
    forInterior(f, spec, (p, k, mirror) => {
      const load = (base: Expr<"i32">): Expr =>
        f.local(p.type, p.mul(p.load(i32.add(base, k), 0), p.constant(interior / 2)) as never)
      const [a, b, c, d] = [load(ar), load(br), load(ai), load(bi)]
      const mirrored = (x: Expr): Expr => reversed(p, f.local(p.type, x as never))
      p.store(f, i32.add(zr, k), p.sub(a, d), 0)
      p.store(f, i32.add(zi, k), p.add(c, b), 0)
      p.store(f, i32.add(zr, mirror), mirrored(p.add(a, d)), 0)
      p.store(f, i32.add(zi, mirror), mirrored(p.sub(b, c)), 0)
    })
    const { one } = pointsOf(dtype)
    for (const k of endsOf(size)) {
      one.store(f, zr, one.load(ar, k * unit), k * unit)
      one.store(f, zi, one.load(br, k * unit), k * unit)
    }
  })
}

/** The frequencies that are their own mirror images. */
const endsOf = (size: number): number[] => (size % 2 === 0 ? [0, size / 2] : [0])
