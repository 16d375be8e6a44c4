import { bytesOf } from "../../../../dtype.ts"
import {
  type DrawnSpec,
  gapScale,
  log2Coefficients,
  longestGap,
  segmentCounters,
  sqrtHalfBits,
} from "../../../../operators/drawn-lists.ts"
import {
  call,
  type Expr,
  type FunctionBuilder,
  f32x4,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  v128,
} from "../../assembler/index.ts"
import { shared, shareOf, teamOf } from "../../team.ts"
import { threefry4, threefryKeys } from "../random.ts"
import { emitListing, eventBytes, floats, type Ring, seven, shiftOf, six, turned, usualShare } from "./scatter.ts"

/** Lists that are drawn, and the places that they are turned round in. */
export interface DrawnKernelSpec extends Ring {
  readonly drawn: DrawnSpec
}

type V = Expr<"v128">
type Address = Local<"i32">

/** Four random words as gaps: `gapOf` of operators/drawn-lists.ts. */
function gaps(f: FunctionBuilder, words: V, scale: number): Local<"v128"> {
  const counted = f32x4.add(f32x4.convertI32x4S(i32x4.shrU(words, 9)), f32x4.const(0.5, 0.5, 0.5, 0.5))
  const raw = f.local("v128", i32x4.sub(f32x4.mul(counted, f32x4.splat(2 ** -23)), i32x4.splat(sqrtHalfBits)))
  const exponent = f32x4.convertI32x4S(i32x4.shrS(raw, 23))
  const mantissa = i32x4.add(v128.and(raw, i32x4.splat(0x7fffff)), i32x4.splat(sqrtHalfBits))
  const x = f.local("v128", f32x4.sub(mantissa, f32x4.splat(1)))
  const [first, ...others] = log2Coefficients.map((c) => Math.fround(c))
  const polynomial = others.reduce<V>((sum, c) => f32x4.add(f32x4.mul(sum, x), f32x4.splat(c)), f32x4.splat(first))
  const log2 = f32x4.add(exponent, f32x4.mul(polynomial, x))
  const gap = i32x4.truncSatF32x4S(f32x4.mul(log2, f32x4.splat(scale)))
  return f.local("v128", i32x4.add(i32x4.minS(gap, i32x4.splat(longestGap)), i32x4.splat(1)))
}

/** Visits the places of one segment that a source reaches. */
function forEachPlace(
  f: FunctionBuilder,
  { probability, self }: DrawnSpec,
  key: Address,
  { row, counter, first, end }: Record<"row" | "counter" | "first" | "end", Expr<"i32">>,
  visit: (place: Address) => void,
): void {
  const scale = gapScale(probability)
  const keys = threefryKeys(f, key)
  const rows = f.local("v128", i32x4.splat(row))
  const counters = f.local("v128", i32x4.add(i32x4.splat(counter), i32x4.const(0, 1, 2, 3)))
  const place = f.local("i32", i32.sub(first, 1))
  f.block((exit) => {
    f.while(i32.const(1), () => {
      for (const words of threefry4(f, keys, counters, rows)) {
        const four = gaps(f, words, scale)
        for (let lane = 0; lane < 4; lane++) {
          f.add(place, i32x4.extractLane(four, lane))
          f.breakIf(exit, i32.geS(place, end))
          if (self) visit(place)
          else f.if(i32.ne(place, row), () => visit(place))
        }
      }
      f.set(counters, i32x4.add(counters, i32x4.splat(4)))
    })
  })
}

/** Visits the segments from one to another: where each starts and ends, and its first counter. */
function forEachSegment(
  f: FunctionBuilder,
  spec: DrawnSpec,
  from: Address,
  to: Address,
  visit: (segment: Record<"first" | "end" | "counter", Address>) => void,
): void {
  const segment = f.local("i32")
  // `segmentStart`: the product has at most 32 bits.
  const startOf = (s: Expr<"i32">) => f.local("i32", i32.divU(i32.mul(s, spec.size), spec.segments))
  f.for(segment, from, to, 1, () => {
    const counter = f.local("i32", i32.mul(segment, segmentCounters))
    visit({ first: startOf(segment), end: startOf(i32.add(segment, 1)), counter })
  })
}

/** A kernel `(events, value, key, shift, out, scratch)`: adds to the places of the sources that have events. Threads share the segments. */
export function emitScatterDrawn(module: ModuleBuilder, name: string, spec: DrawnKernelSpec) {
  const { drawn, dtype } = spec
  const { rows, segments, size, probability } = drawn
  const float = floats(dtype)
  const list = emitListing(module, `${name}.list`, { dtype, rows })
  // (value, event, key, first, end, counter, shift) and the places that are added to
  const add = module.function(
    `${name}.add`,
    { params: [...seven, "i32"] },
    (builder, value, event, key, first, end, counter, shift, out) => {
      const f = builder as unknown as FunctionBuilder
      const brought = f.local(dtype, float.mul(float.load(value), float.load(event, 16)))
      const row = f.local("i32", i32.shrU(i32.load(event), 2))
      forEachPlace(f, drawn, key, { row, counter, first, end }, (place) => {
        const at = f.local("i32", i32.add(out, turned(f, spec, place, shift)))
        f.store(dtype, at, float.add(float.load(at), brought))
      })
    },
  )
  const kernel = module.function(name, { params: six }, (builder, events, value, key, shift, out, scratch) => {
    const f = builder as unknown as FunctionBuilder
    if (probability === 0) return
    const share = shareOf(module, f, segments)
    const own = f.local("i32", i32.add(scratch, i32.mul(teamOf(module).part, rows * eventBytes)))
    const end = f.local("i32", own)
    const turn = shiftOf(f, spec, shift)
    const event = f.local("i32")
    f.if(i32.ltS(share.from, share.to), () => f.set(end, call(list, [events, own]) as Expr<"i32">))
    forEachSegment(f, drawn, share.from, share.to, (segment) =>
      f.for(event, own, end, eventBytes, () =>
        f.call(add, [value, event, key, segment.first, segment.end, segment.counter, turn, out]),
      ),
    )
  })
  return shared(module, kernel, rows / 4 + rows * size * probability * usualShare * 4)
}

/** A kernel `(from, key, shift, out)`: for each source the sum over the places that it reaches. Threads share the sources. */
export function emitGatherDrawn(module: ModuleBuilder, name: string, spec: DrawnKernelSpec) {
  const { drawn, dtype } = spec
  const { rows, segments, size, probability } = drawn
  const float = floats(dtype)
  const gather = module.function(
    `${name}.row`,
    { params: ["i32", "i32", "i32", "i32", "i32"] },
    (builder, from, row, key, turn, out) => {
      const f = builder as unknown as FunctionBuilder
      const total = f.local(dtype)
      if (probability > 0)
        forEachSegment(f, drawn, f.local("i32", 0), f.local("i32", segments), ({ first, end, counter }) =>
          forEachPlace(f, drawn, key, { row, counter, first, end }, (place) =>
            f.set(total, float.add(total, float.load(i32.add(from, turned(f, spec, place, turn))))),
          ),
        )
      f.store(dtype, i32.add(out, i32.mul(row, bytesOf[dtype])), total)
    },
  )
  const params = ["i32", "i32", "i32", "i32"] as const
  const kernel = module.function(name, { params }, (builder, from, key, shift, out) => {
    const f = builder as unknown as FunctionBuilder
    const share = shareOf(module, f, rows)
    const turn = shiftOf(f, spec, shift)
    const row = f.local("i32")
    f.for(row, share.from, share.to, 1, () => f.call(gather, [from, row, key, turn, out]))
  })
  return shared(module, kernel, rows * size * probability * 4)
}
