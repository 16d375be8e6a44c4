import { bytesOf } from "../../../../dtype.ts"
import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32x4,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  v128,
} from "../../assembler/index.ts"
import { scalarLane } from "../../lane-f64.ts"
import { vectorLanes } from "../../lanes.ts"
import { shareOf } from "../../team.ts"
import { element, family, forEachWindow, type PoolingSpec, type Window } from "./table.ts"

/** `(x, values, indices)`: in f32 four windows at a time where they lie inside the row. */
export function emitMaxPool(module: ModuleBuilder, name: string, spec: PoolingSpec): Fn<["i32", "i32", "i32"]> {
  const { dtype, size, stride, kernel, low, counts } = spec
  const bytes = bytesOf[dtype]
  const F = family(dtype)
  const first = Math.ceil(low[1] / stride[1])
  const end = Math.min(counts[1], Math.floor((size[1] + low[1] - kernel[1]) / stride[1]) + 1)
  const inside = dtype === "f32" && end - first >= 4 && kernel[1] <= 8 ? ([first, end] as const) : undefined
  return module.function(name, { params: ["i32", "i32", "i32"] }, (builder, x, values, indices) => {
    const f = builder as unknown as FunctionBuilder
    const [best, value] = [f.local(dtype), f.local(dtype)] as unknown as [Local<"f64">, Local<"f64">]
    const winner = f.local("i32")
    const one = ({ plane, out, forEach }: Window) => {
      f.set(winner, -1)
      forEach((place) => {
        f.set(value, F.load(element(plane, place, bytes)))
        const isNewNaN = i32.and(F.ne(value, value), F.eq(best, best))
        f.if(i32.or(i32.ltS(winner, 0), i32.or(F.gt(value, best), isNewNaN)), () => {
          f.set(best, value)
          f.set(winner, place)
        })
      })
      scalarLane.store(f, dtype, element(values, out, bytes), best)
      f.store("i32", element(indices, out, 4), winner)
    }
    const [largest, places, at] = [f.local("v128"), f.local("v128"), f.local("i32")]
    const lanes = i32x4.const(0, stride[1], 2 * stride[1], 3 * stride[1])
    const four = (plane: Local<"i32">, place: Local<"i32">, out: Expr<"i32">, rows: [Local<"i32">, Local<"i32">]) => {
      const window = f.local("i32", element(plane, place, bytes))
      const begin = (tap: Expr<"v128">, offset: Expr<"i32">) => {
        f.set(largest, tap)
        f.set(places, i32x4.splat(offset))
      }
      const row = (offset: Expr<"i32">, begins: boolean) => {
        f.set(at, i32.add(window, i32.shl(offset, 2)))
        taps(f, at, kernel[1], stride[1]).forEach((tap, j) => {
          const own = i32.add(offset, j)
          if (begins && j === 0) return begin(tap, own)
          // Larger, or a NaN where there was none.
          const isBetter = f.local("v128", v128.andnot(f32x4.eq(largest, largest), f32x4.le(tap, largest)))
          f.set(largest, v128.bitselect(tap, largest, isBetter))
          f.set(places, v128.bitselect(i32x4.splat(own), places, isBetter))
        })
      }
      const isWhole = low[0] === 0 && (counts[0] - 1) * stride[0] + kernel[0] <= size[0]
      if (isWhole && kernel[0] <= 4) for (let i = 0; i < kernel[0]; i++) row(i32.const(i * size[1]), i === 0)
      else {
        const line = f.local("i32", i32.mul(rows[0], size[1]))
        f.set(at, i32.add(window, i32.shl(line, 2)))
        begin(vectorLanes.gather("f32", at, stride[1]) as Expr<"v128">, line)
        f.for(line, line, i32.mul(rows[1], size[1]), size[1], () => row(line, false))
      }
      f.store("v128", element(values, out, 4), largest)
      f.store("v128", element(indices, out, 4), i32x4.add(places, i32x4.add(i32x4.splat(place), lanes)))
    }
    forEachWindow(module, f, spec, x, one, inside && { ...{ first: inside[0], end: inside[1] }, four })
  })
}

/** The elements of four windows beside one another that lie in one row, by their place in the window; each a local. */
function taps(f: FunctionBuilder, row: Local<"i32">, count: number, stride: number): Expr<"v128">[] {
  const loaded = new Map<number, Local<"v128">>()
  const load = (offset: number): Local<"v128"> => {
    const known = loaded.get(offset) ?? f.local("v128", v128.load(row, offset * 4))
    loaded.set(offset, known)
    return known
  }
  return Array.from({ length: count }, (_, j) => {
    if (stride === 1) return load(j)
    if (stride !== 2 || count === 1)
      return f.local("v128", vectorLanes.gather("f32", f.local("i32", i32.add(row, j * 4)), stride) as Expr<"v128">)
    // The last of an odd number is the second of a pair: nothing beyond the windows is read.
    const from = j === count - 1 && j % 2 === 0 ? j - 1 : j - (j % 2)
    const lane = j - from
    return f.local("v128", i32x4.shuffle(load(from), load(from + 4), [lane, lane + 2, lane + 4, lane + 6]))
  })
}

/** `(g, indices, x)`: threads share the planes. */
export function emitMaxPoolGradient(
  module: ModuleBuilder,
  name: string,
  dtype: "f32" | "f64",
  planes: number,
  from: number,
  to: number,
): Fn<["i32", "i32", "i32"]> {
  const bytes = bytesOf[dtype]
  const F = family(dtype)
  return module.function(name, { params: ["i32", "i32", "i32"] }, (builder, g, indices, x) => {
    const f = builder as unknown as FunctionBuilder
    const { from: first, to: end } = shareOf(module, f, planes)
    const [plane, at] = [f.local("i32"), f.local("i32", i32.mul(first, from))]
    const last = f.local("i32")
    f.for(plane, first, end, 1, () => {
      const target = f.local("i32", element(x, plane, to * bytes))
      f.memoryFill(target, 0, to * bytes)
      f.set(last, i32.add(at, from))
      f.while(i32.ltS(at, last), () => {
        const place = f.local("i32", element(target, i32.load(element(indices, at, 4)), bytes))
        scalarLane.store(f, dtype, place, F.add(F.load(element(g, at, bytes)), F.load(place)))
        f.add(at, 1)
      })
    })
  })
}
