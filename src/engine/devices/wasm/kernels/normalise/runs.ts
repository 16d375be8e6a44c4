/** Loops over a run of f32 in one piece, in vectors; what is left over is the first lanes of one more. */
import { type Expr, type FunctionBuilder, f32, f32x4, i32, i32x4, type Local, v128 } from "../../assembler/index.ts"
import { emitColumnBlocks } from "../expression.ts"

/** How a vector of a run is read and written. */
export interface Run {
  /** Lanes beyond the end repeat the first one. */
  load(from: Expr<"i32">): Expr<"v128">
  store(to: Expr<"i32">, value: Expr<"v128">): void
  /** The value, 0 in lanes beyond the end. */
  keep(value: Expr<"v128">): Expr<"v128">
}

/** `body` for every vector of a run of `length` elements; `which` is 0 to 3 in turn. */
export function along(f: FunctionBuilder, length: number, body: (run: Run, which: number) => void): void {
  const column = f.local("i32")
  const done = emitColumnBlocks(f, column, length, (vectors) => {
    for (let i = 0; i < vectors; i++) {
      const load = (from: Expr<"i32">) => v128.load(i32.add(from, column), i * 16)
      const store = (to: Expr<"i32">, value: Expr<"v128">) => f.store("v128", i32.add(to, column), value, i * 16)
      body({ load, store, keep: (value) => value }, i % 4)
    }
  })
  const lanes = [0, 1, 2, 3].slice(0, length - done)
  if (lanes.length === 0) return
  const [a, b, c, d] = [0, 1, 2, 3].map((lane) => (lane < lanes.length ? -1 : 0))
  body(
    {
      load: (from) =>
        lanes
          .slice(1)
          .reduce((x, lane) => v128.load32Lane(from, x, lane, (done + lane) * 4), v128.load32Splat(from, done * 4)),
      store: (to, value) => {
        const held = f.local("v128", value)
        for (const lane of lanes) f.storeLane(32, to, held, lane, (done + lane) * 4)
      },
      keep: (value) => v128.and(value, i32x4.const(a, b, c, d)),
    },
    0,
  )
}

/** A number in all lanes. */
export const spread = (f: FunctionBuilder, x: Expr<"f32">): Local<"v128"> => f.local("v128", f32x4.splat(x))

/** The lanes of four vectors joined to one number, in one order. */
export function joined(f: FunctionBuilder, four: readonly Local<"v128">[], join: "add" | "max"): Local<"f32"> {
  const vector = join === "add" ? f32x4.add : f32x4.pmax
  const whole = f.local("v128", vector(vector(four[0], four[1]), vector(four[2], four[3])))
  const lanes = [0, 1, 2, 3].map((lane) => f32x4.extractLane(whole, lane))
  return f.local(
    "f32",
    lanes.reduce((x, y) => f32[join](x, y)),
  )
}

/** Sums over a run of each of the numbers that `values` gives for every vector of it. */
export function sums(
  f: FunctionBuilder,
  length: number,
  count: number,
  values: (run: Run) => readonly Expr<"v128">[],
): Local<"f32">[] {
  const totals = Array.from({ length: count }, () => [0, 1, 2, 3].map(() => f.local("v128", f32x4.splat(0))))
  along(f, length, (run, which) =>
    values(run).forEach((value, k) => {
      f.set(totals[k][which], f32x4.add(totals[k][which], run.keep(value)))
    }),
  )
  return totals.map((four) => joined(f, four, "add"))
}
