import { type Fn, type FunctionBuilder, f32x4, i32, type ModuleBuilder, v128 } from "../../assembler/index.ts"
import { perMultiplyAdd, shared, teamOf } from "../../team.ts"
import { emitTileProduct, tileRows } from "../products/tile-product.ts"
import {
  type AttentionSpec,
  blockKeys,
  emitHide,
  emitMask,
  emitTurn,
  forEachBlock,
  forEachUnit,
  lanesOf,
  limitOf,
  placesOf,
  rowsOf,
  signatureOf,
  smaller,
  weightOf,
} from "./blocks.ts"

/** Scratch space of a thread, in bytes: queries and cotangents in columns, weights and their slopes, sums and means of the rows. */
const placesIn = (spec: AttentionSpec) => {
  const line = lanesOf(spec) * 4
  const pulled = spec.depth * line
  const weights = pulled + spec.width * line
  const slopes = weights + blockKeys * line
  const state = slopes + blockKeys * line
  return { pulled, weights, slopes, state, bytes: state + 2 * line }
}

export const attentionGradientScratchBytes = (spec: AttentionSpec): number => placesIn(spec).bytes

/**
 * Keys are cut into so many parts that threads can share a few long heads, as many for any number of threads. Each part adds up cotangents of the
 * queries of its own.
 */
export const keyParts = ({ heads, keys }: AttentionSpec): number =>
  Math.max(1, Math.min(Math.floor(8 / heads), Math.floor(keys / (4 * blockKeys))))

/**
 * A kernel `(q, k, v, g, [mask,] sums, means, dq, dk, dv, scratch)`: weights are computed again block by block, and each block adds to the
 * three results, dq being `[parts, ...]` of the keys.
 * @source Dao et al., FlashAttention, 2022, algorithm 4
 */
export function emitAttentionGradient(module: ModuleBuilder, name: string, spec: AttentionSpec): Fn<"i32"[]> {
  const { heads, queries, keys, depth, width, causal, scale, axes, mask } = spec
  const lanes = lanesOf(spec)
  const [qRow, kRow, vRow, gRow] = spec.rows
  const at = placesIn(spec)
  const parts = keyParts(spec)
  const partKeys = Math.ceil(keys / parts / tileRows) * tileRows
  const product = (step: string, columns: number, a: readonly [number, number], b: number, c: number, rows: number) =>
    emitTileProduct(module, `${name}.${step}`, { columns, a, b, c, tail: rows % tileRows })
  const turn = emitTurn(module, `${name}.turn`, lanes, depth, qRow, scale)
  const turnPulled = emitTurn(module, `${name}.turnPulled`, lanes, width, gRow, 1)
  const score = product("score", lanes, [kRow, 1], lanes, lanes, keys)
  const pull = product("pull", lanes, [vRow, 1], lanes, lanes, keys)
  const toV = product("toV", width, [lanes, 1], gRow, width, keys)
  const toK = product("toK", depth, [lanes, 1], qRow, depth, keys)
  const toQ = product("toQ", depth, [1, lanes], kRow, depth, queries)
  const hide = causal ? emitHide(module, `${name}.hide`, lanes) : undefined
  const cover = mask && emitMask(module, `${name}.mask`, lanes, mask)
  const slope = emitSlopes(module, `${name}.slope`, lanes, scale)
  const { operands, params } = signatureOf(spec, 6)
  const kernel = module.function(name, { params }, (builder, ...pointers) => {
    const f = builder as unknown as FunctionBuilder
    const [sums, means, dq, dk, dv, space] = pointers.slice(operands.length)
    const columns = f.local("i32", i32.add(space, i32.mul(teamOf(module).part, at.bytes)))
    const [pulled, weights, slopes, state] = [at.pulled, at.weights, at.slopes, at.state].map((offset) =>
      f.local("i32", i32.add(columns, offset)),
    )
    const from = f.local("i32")
    forEachUnit(module, f, heads * parts, (unit) => {
      const [head, part] = [f.local("i32", i32.divU(unit, parts)), f.local("i32", i32.remU(unit, parts))]
      const start = f.local("i32", i32.mul(part, partKeys))
      const end = f.local("i32", smaller(f, i32.add(start, partKeys), keys))
      const [q, k, v, g, seen] = placesOf(f, axes, head, operands, pointers)
      const [ownK, ownV] = [
        f.local("i32", i32.add(dk, i32.mul(head, keys * depth * 4))),
        f.local("i32", i32.add(dv, i32.mul(head, keys * width * 4))),
      ]
      const sumQ = f.local("i32", i32.add(dq, i32.mul(i32.add(i32.mul(part, heads), head), queries * depth * 4)))
      const own = f.local("i32", i32.sub(end, start))
      f.memoryFill(i32.add(ownK, i32.mul(start, depth * 4)), 0, i32.mul(own, depth * 4))
      f.memoryFill(i32.add(ownV, i32.mul(start, width * 4)), 0, i32.mul(own, width * 4))
      if (parts > 1) f.memoryFill(sumQ, 0, queries * depth * 4)
      forEachBlock(f, spec, (first, count) => {
        const limit = limitOf(f, spec, first, count)
        if (parts > 1) f.if(i32.gtS(limit, end), () => f.set(limit, end))
        f.if(parts > 1 ? i32.gtS(limit, start) : 1, () => {
          const row = f.local("i32", i32.add(i32.mul(head, queries), first))
          const [ownQ, ownG] = [
            f.local("i32", i32.add(q, i32.mul(first, qRow * 4))),
            f.local("i32", i32.add(g, i32.mul(first, gRow * 4))),
          ]
          f.call(turn, [ownQ, columns, count])
          f.call(turnPulled, [ownG, pulled, count])
          f.memoryCopy(state, i32.add(sums, i32.shl(row, 2)), i32.shl(count, 2))
          f.memoryCopy(i32.add(state, lanes * 4), i32.add(means, i32.shl(row, 2)), i32.shl(count, 2))
          f.for(from, start, limit, blockKeys, () => {
            const rows = rowsOf(f, spec, from, limit)
            const [keyRows, valueRows] = [
              f.local("i32", i32.add(k, i32.mul(from, kRow * 4))),
              f.local("i32", i32.add(v, i32.mul(from, vRow * 4))),
            ]
            f.call(score, [keyRows, columns, weights, rows, depth, 0])
            if (hide !== undefined) f.call(hide, [weights, rows, i32.sub(i32.add(first, keys - queries), from)])
            if (cover !== undefined && mask !== undefined) {
              const start = i32.add(i32.mul(first, mask[0]), i32.mul(from, mask[1]))
              f.call(cover, [i32.add(seen, start), weights, rows, count])
            }
            f.call(pull, [valueRows, pulled, slopes, rows, width, 0])
            f.call(slope, [weights, slopes, state, rows])
            f.call(toV, [weights, ownG, i32.add(ownV, i32.mul(from, width * 4)), rows, count, 1])
            f.call(toK, [slopes, ownQ, i32.add(ownK, i32.mul(from, depth * 4)), rows, count, 1])
            f.call(toQ, [slopes, keyRows, i32.add(sumQ, i32.mul(first, depth * 4)), count, rows, parts > 1 ? 1 : from])
          })
        })
      })
    })
  })
  return shared(module, kernel, heads * queries * keys * ((3 * depth + 2 * width) * perMultiplyAdd + 4))
}

/** `(weights, slopes, state, rows)`: weights in the place of scores, the slopes of scores in the place of those of weights. */
function emitSlopes(
  module: ModuleBuilder,
  name: string,
  lanes: number,
  scale: number,
): Fn<readonly ["i32", "i32", "i32", "i32"]> {
  return module.function(name, { params: ["i32", "i32", "i32", "i32"] }, (builder, weights, slopes, state, rows) => {
    const f = builder as unknown as FunctionBuilder
    const [group, i] = [f.local("i32"), f.local("i32")]
    const end = f.local("i32", i32.mul(rows, lanes * 4))
    f.for(group, 0, lanes * 4, 16, () => {
      const logSum = f.local("v128", v128.load(i32.add(state, group)))
      const mean = f.local("v128", v128.load(i32.add(state, group), lanes * 4))
      const [x, y] = [f.local("i32", i32.add(weights, group)), f.local("i32", i32.add(slopes, group))]
      f.for(i, 0, end, lanes * 4, () => {
        const [own, pulled] = [i32.add(x, i), i32.add(y, i)]
        const weight = f.local("v128", weightOf(module, f, f32x4.sub(v128.load(own), logSum)))
        f.store("v128", own, weight)
        const slope = f32x4.mul(weight, f32x4.sub(v128.load(pulled), mean))
        f.store("v128", pulled, f32x4.mul(slope, f32x4.splat(scale)))
      })
    })
  })
}
