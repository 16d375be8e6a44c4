import { type Fn, type FunctionBuilder, f32, f32x4, i32, type ModuleBuilder, v128 } from "../../assembler/index.ts"
import { perMultiplyAdd, shared, teamOf } from "../../team.ts"
import { emitTileProduct, tileRows } from "../products/tile-product.ts"
import {
  type AttentionSpec,
  blockKeys,
  emitHide,
  emitMask,
  emitTurn,
  forEachUnit,
  lanesOf,
  limitOf,
  logarithm,
  placesOf,
  rowsOf,
  signatureOf,
  smaller,
  weightOf,
} from "./blocks.ts"

/** Scratch space of a thread, in bytes: queries in columns, scores, and of each query the peak, the sum and the factor of what was before. */
const placesIn = (spec: AttentionSpec) => {
  const lanes = lanesOf(spec)
  const scores = spec.depth * lanes * 4
  const state = scores + blockKeys * lanes * 4
  return { scores, state, bytes: state + 3 * lanes * 4 }
}

export const attentionScratchBytes = (spec: AttentionSpec): number => placesIn(spec).bytes

/**
 * A kernel `(q, k, v, [mask,] y, sums, scratch)`: for a block of queries the keys come block by block, and what was added up before is
 * scaled down where a larger score appears.
 * @source Milakov and Gimelshein, Online normalizer calculation for softmax, 2018; Dao et al., FlashAttention, 2022, algorithm 1
 */
export function emitAttention(module: ModuleBuilder, name: string, spec: AttentionSpec): Fn<"i32"[]> {
  const { heads, queries, keys, depth, width, causal, scale, axes, mask } = spec
  const lanes = lanesOf(spec)
  const blocks = Math.ceil(queries / lanes)
  const [qRow, kRow, vRow] = spec.rows
  const at = placesIn(spec)
  const turn = emitTurn(module, `${name}.turn`, lanes, depth, qRow, scale)
  const score = emitTileProduct(module, `${name}.score`, {
    columns: lanes,
    a: [kRow, 1],
    b: lanes,
    c: lanes,
    tail: keys % tileRows,
  })
  const weigh = emitTileProduct(module, `${name}.weigh`, {
    columns: width,
    a: [1, lanes],
    b: vRow,
    c: width,
    tail: queries % tileRows,
  })
  const hide = causal ? emitHide(module, `${name}.hide`, lanes) : undefined
  const cover = mask && emitMask(module, `${name}.mask`, lanes, mask)
  const soften = emitSoften(module, `${name}.soften`, lanes)
  const rescale = emitRescale(module, `${name}.rescale`, width)
  const finish = emitFinish(module, `${name}.finish`, lanes)
  const { operands, params } = signatureOf(spec, 3)
  const kernel = module.function(name, { params }, (builder, ...pointers) => {
    const f = builder as unknown as FunctionBuilder
    const [y, sums, space] = pointers.slice(operands.length)
    const columns = f.local("i32", i32.add(space, i32.mul(teamOf(module).part, at.bytes)))
    const [scores, state] = [f.local("i32", i32.add(columns, at.scores)), f.local("i32", i32.add(columns, at.state))]
    const from = f.local("i32")
    forEachUnit(module, f, heads * blocks, (unit) => {
      const head = f.local("i32", i32.divU(unit, blocks))
      const first = f.local("i32", i32.mul(i32.remU(unit, blocks), lanes))
      const count = f.local("i32", smaller(f, i32.sub(queries, first), lanes))
      const [q, k, v, seen] = placesOf(f, axes, head, operands, pointers)
      const row = f.local("i32", i32.add(i32.mul(head, queries), first))
      const out = f.local("i32", i32.add(y, i32.mul(row, width * 4)))
      f.call(turn, [i32.add(q, i32.mul(first, qRow * 4)), columns, count])
      const limit = limitOf(f, spec, first, count)
      f.for(from, 0, limit, blockKeys, () => {
        const rows = rowsOf(f, spec, from, limit)
        f.call(score, [i32.add(k, i32.mul(from, kRow * 4)), columns, scores, rows, depth, 0])
        if (hide !== undefined) f.call(hide, [scores, rows, i32.sub(i32.add(first, keys - queries), from)])
        if (cover !== undefined && mask !== undefined)
          f.call(cover, [i32.add(seen, i32.add(i32.mul(first, mask[0]), i32.mul(from, mask[1]))), scores, rows, count])
        f.call(soften, [scores, state, rows, from])
        f.if(from, () => f.call(rescale, [out, i32.add(state, lanes * 8), count]))
        f.call(weigh, [scores, i32.add(v, i32.mul(from, vRow * 4)), out, count, rows, from])
      })
      f.call(finish, [state, i32.add(sums, i32.mul(row, 4)), count])
      f.call(rescale, [out, i32.add(state, lanes * 8), count])
    })
  })
  return shared(module, kernel, heads * queries * keys * ((depth + width) * perMultiplyAdd + 4))
}

/** `(scores, state, rows, adds)`: weights in the place of scores; new peaks, sums and factors in the state. */
function emitSoften(module: ModuleBuilder, name: string, lanes: number): Fn<readonly ["i32", "i32", "i32", "i32"]> {
  return module.function(name, { params: ["i32", "i32", "i32", "i32"] }, (builder, scores, state, rows, adds) => {
    const f = builder as unknown as FunctionBuilder
    const group = f.local("i32")
    const end = f.local("i32", i32.mul(rows, lanes * 4))
    f.for(group, 0, lanes * 4, 16, () => {
      const own = f.local("i32", i32.add(state, group))
      const start = f.local("i32", i32.add(scores, group))
      const [before, total] = [f.local("v128", f32x4.splat(-3.4028234663852886e38)), f.local("v128", f32x4.splat(0))]
      f.if(adds, () => {
        f.set(before, v128.load(own))
        f.set(total, v128.load(own, lanes * 4))
      })
      const [peak, i, at] = [f.local("v128", before), f.local("i32"), f.local("i32")]
      f.for(i, 0, end, lanes * 4, () => f.set(peak, f32x4.pmax(peak, v128.load(i32.add(start, i)))))
      const factor = weightOf(module, f, f32x4.sub(before, peak))
      f.store("v128", own, factor, lanes * 8)
      f.set(total, f32x4.mul(total, v128.load(own, lanes * 8)))
      f.for(i, 0, end, lanes * 4, () => {
        f.set(at, i32.add(start, i))
        const weight = f.local("v128", weightOf(module, f, f32x4.sub(v128.load(at), peak)))
        f.store("v128", at, weight)
        f.set(total, f32x4.add(total, weight))
      })
      f.store("v128", own, peak)
      f.store("v128", own, total, lanes * 4)
    })
  })
}

/** `(rows, factors, count)`: rows of the result, each times its factor. */
function emitRescale(module: ModuleBuilder, name: string, width: number): Fn<readonly ["i32", "i32", "i32"]> {
  return module.function(name, { params: ["i32", "i32", "i32"] }, (builder, to, factors, count) => {
    const f = builder as unknown as FunctionBuilder
    const [row, column] = [f.local("i32"), f.local("i32")]
    const at = f.local("i32", to)
    f.for(row, 0, i32.shl(count, 2), 4, () => {
      const factor = f.local("v128", v128.load32Splat(i32.add(factors, row)))
      const whole = width - (width % 4)
      f.for(column, 0, whole, 4, () => {
        f.store("v128", at, f32x4.mul(v128.load(at), factor))
        f.add(at, 16)
      })
      f.for(column, whole, width, 1, () => {
        f.store("f32", at, f32.mul(f32.load(at), f32x4.extractLane(factor, 0)))
        f.add(at, 4)
      })
    })
  })
}

/** `(state, sums, count)`: the logarithms of the sums, and what the results are to be multiplied with; 0 where nothing is seen. */
function emitFinish(module: ModuleBuilder, name: string, lanes: number): Fn<readonly ["i32", "i32", "i32"]> {
  return module.function(name, { params: ["i32", "i32", "i32"] }, (builder, state, sums, count) => {
    const f = builder as unknown as FunctionBuilder
    const at = f.local("i32")
    f.for(at, 0, lanes * 4, 16, () => {
      const own = f.local("i32", i32.add(state, at))
      const total = f.local("v128", v128.load(own, lanes * 4))
      const isNone = f.local("v128", f32x4.eq(total, f32x4.splat(0)))
      const factor = f32x4.div(f32x4.splat(1), total)
      f.store("v128", own, v128.andnot(factor, isNone), lanes * 8)
      const logSum = f32x4.add(v128.load(own), logarithm({ module, f }, total))
      f.store("v128", own, v128.bitselect(f32x4.splat(Infinity), logSum, isNone))
    })
    f.memoryCopy(sums, state, i32.shl(count, 2))
  })
}
