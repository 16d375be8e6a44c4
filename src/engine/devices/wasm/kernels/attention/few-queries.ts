import {
  type Fn,
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  select,
  v128,
} from "../../assembler/index.ts"
import { multiplyAdd } from "../../multiply-add.ts"
import { perMultiplyAdd, shared, teamOf } from "../../team.ts"
import { emitColumnBlocks } from "../expression.ts"
import { dot } from "../products/few-rows.ts"
import { type AttentionSpec, forEachUnit, logarithm, placesOf, signatureOf, weightOf } from "./blocks.ts"

/** With so few queries each is on its own, as in decoding: tiles would be mostly empty. */
export const hasFewQueries = ({ queries }: AttentionSpec): boolean => queries <= 3

/** A row of scores for each thread. */
export const fewQueriesScratchBytes = ({ keys }: AttentionSpec): number => Math.ceil(keys / 4) * 16

/** A kernel `(q, k, v, [mask,] y, sums, scratch)`: one query after another with all keys it sees. */
export function emitFewQueries(module: ModuleBuilder, name: string, spec: AttentionSpec): Fn<"i32"[]> {
  const { heads, queries, keys, depth, width, causal, axes, mask } = spec
  const [qRow, kRow, vRow] = spec.rows
  const score = emitScores(module, `${name}.score`, spec)
  const soften = emitSoften(module, `${name}.soften`)
  const weigh = emitWeighing(module, `${name}.weigh`, width, vRow)
  const { operands, params } = signatureOf(spec, 3)
  const kernel = module.function(name, { params }, (builder, ...pointers) => {
    const f = builder as unknown as FunctionBuilder
    const [y, sums, space] = pointers.slice(operands.length)
    const scores = f.local("i32", i32.add(space, i32.mul(teamOf(module).part, fewQueriesScratchBytes(spec))))
    forEachUnit(module, f, heads * queries, (unit) => {
      const query = f.local("i32", i32.remU(unit, queries))
      const [q, k, v, seen] = placesOf(f, axes, i32.divU(unit, queries), operands, pointers)
      const limit = f.local("i32", causal ? i32.add(query, keys - queries + 1) : keys)
      f.if(i32.ltS(limit, 0), () => f.set(limit, 0))
      const masked = mask === undefined ? i32.const(0) : i32.add(seen, i32.mul(query, mask[0]))
      const sum = i32.add(sums, i32.shl(unit, 2))
      f.call(score, [i32.add(q, i32.mul(query, qRow * 4)), k, masked, scores, limit])
      f.call(soften, [scores, sum, limit])
      f.call(weigh, [scores, v, i32.add(y, i32.mul(unit, width * 4)), limit])
    })
  })
  return shared(module, kernel, heads * queries * keys * ((depth + width) * perMultiplyAdd * 4 + 4))

  /** `(q, keys, mask, scores, count)`, ended with what weighs nothing up to a whole vector. */
  function emitScores(module: ModuleBuilder, name: string, { scale }: AttentionSpec) {
    return module.function(
      name,
      { params: ["i32", "i32", "i32", "i32", "i32"] },
      (builder, q, first, masked, to, count) => {
        const f = builder as unknown as FunctionBuilder
        const [i, k, seen, at] = [f.local("i32"), f.local("i32", first), f.local("i32", masked), f.local("i32", to)]
        f.for(i, 0, count, 1, () => {
          const value = f.local("f32", f32.mul(dot(module, f, q, 1, k, depth), scale))
          f.store("f32", at, mask === undefined ? value : select(i32.load8U(seen), value, -Infinity))
          f.add(k, kRow * 4)
          f.add(seen, mask?.[1] ?? 0)
          f.add(at, 4)
        })
        f.while(i32.and(count, 3), () => {
          f.store("f32", at, -Infinity)
          f.add(at, 4)
          f.add(count, 1)
        })
      },
    )
  }
}

/** `(scores, sum, count)`: weights that add up to 1 in the place of scores, and the logarithm of the sum of exponentials. */
function emitSoften(module: ModuleBuilder, name: string): Fn<readonly ["i32", "i32", "i32"]> {
  return module.function(name, { params: ["i32", "i32", "i32"] }, (builder, scores, sum, count) => {
    const f = builder as unknown as FunctionBuilder
    const at = f.local("i32")
    const end = f.local("i32", i32.add(scores, i32.shl(i32.and(i32.add(count, 3), -4), 2)))
    const [peaks, totals] = [f.local("v128", f32x4.splat(-3.4028234663852886e38)), f.local("v128", f32x4.splat(0))]
    const lanes = (x: Local<"v128">, join: typeof f32.add) =>
      [0, 1, 2, 3].map((lane) => f32x4.extractLane(x, lane)).reduce((a, b) => join(a, b))
    f.for(at, scores, end, 16, () => f.set(peaks, f32x4.pmax(peaks, v128.load(at))))
    const peak = f.local("v128", f32x4.splat(lanes(peaks, f32.max)))
    f.for(at, scores, end, 16, () => {
      const weight = f.local("v128", weightOf(module, f, f32x4.sub(v128.load(at), peak)))
      f.store("v128", at, weight)
      f.set(totals, f32x4.add(totals, weight))
    })
    const total = f.local("f32", lanes(totals, f32.add))
    const factor = f.local("v128", f32x4.splat(f32.div(1, total)))
    f.if(
      f32.eq(total, 0),
      () => f.store("f32", sum, Infinity),
      () => {
        f.for(at, scores, end, 16, () => f.store("v128", at, f32x4.mul(v128.load(at), factor)))
        const logSum = f32x4.add(peak, logarithm({ module, f }, f32x4.splat(total)))
        f.store("f32", sum, f32x4.extractLane(logSum, 0))
      },
    )
  })
}

/** `(weights, values, y, count)`: blocks of columns of the values added up in registers. */
function emitWeighing(
  module: ModuleBuilder,
  name: string,
  width: number,
  stride: number,
): Fn<readonly ["i32", "i32", "i32", "i32"]> {
  return module.function(name, { params: ["i32", "i32", "i32", "i32"] }, (builder, weights, values, y, count) => {
    const f = builder as unknown as FunctionBuilder
    const [column, at, value] = [f.local("i32"), f.local("i32"), f.local("i32")]
    const end = f.local("i32", i32.add(weights, i32.shl(count, 2)))
    const block = (vectors: number, load: typeof v128.load, store: (sum: Local<"v128">, offset: number) => void) => {
      const sums = Array.from({ length: vectors }, () => f.local("v128", f32x4.splat(0)))
      f.set(value, i32.add(values, column))
      f.for(at, weights, end, 4, () => {
        const weight = f.local("v128", v128.load32Splat(at))
        sums.forEach((sum, i) => {
          f.set(sum, multiplyAdd(module, weight, load(value, i * 16), sum))
        })
        f.add(value, stride * 4)
      })
      sums.forEach((sum, i) => {
        store(sum, i * 16)
      })
    }
    const done = emitColumnBlocks(f, column, width, (vectors) =>
      block(vectors, v128.load, (sum, offset) => f.store("v128", i32.add(y, column), sum, offset)),
    )
    f.for(column, done * 4, width * 4, 4, () =>
      block(1, v128.load32Zero, (sum) => f.storeLane(32, i32.add(y, column), sum, 0)),
    )
  })
}
