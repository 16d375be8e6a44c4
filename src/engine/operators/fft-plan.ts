import { activeDevice, type Device } from "../devices/device.ts"
import { operationError } from "../errors.ts"
import { Tensor } from "../tensor.ts"

/** One pass of a transform: `radix` parts of `rest` points, of which `before` transforms stand side by side. */
export interface Pass {
  readonly radix: 2 | 3 | 4 | 5
  /** Points of each part: what is left to be transformed after the pass. */
  readonly rest: number
  /** The product of the radices of the passes before. */
  readonly before: number
  /** Where its factors start in the table: for each part but the first `rest` cosines, then as many sines. */
  readonly table: number
}

const plans = new Map<number, readonly Pass[]>()

/**
 * The passes of a transform of n points (Stockham's self-sorting form). Fours come first: what follows is then done four neighbours at a time.
 * @throws CajalError where n is not a product of 2, 3 and 5
 */
export function planOf(n: number, operation = "fft"): readonly Pass[] {
  const known = plans.get(n)
  if (known !== undefined) return known
  if (!isGood(n))
    throw operationError(`${operation}: ${n} points; the size of a transform is a product of 2s, 3s and 5s`, {
      hint: `the nearest good sizes are ${nearest(n).join(" and ")}: pad or slice the axis`,
    })
  const passes: Pass[] = []
  let [rest, before, table] = [n, 1, 0]
  for (const radix of [4, 2, 3, 5] as const)
    while (rest % radix === 0) {
      rest /= radix
      passes.push({ radix, rest, before, table })
      before *= radix
      table += 2 * (radix - 1) * rest
    }
  plans.set(n, passes)
  return passes
}

function isGood(n: number): boolean {
  if (!Number.isInteger(n) || n < 1) return false
  let rest = n
  for (const factor of [2, 3, 5]) while (rest % factor === 0) rest /= factor
  return rest === 1
}

function nearest(n: number): number[] {
  let [below, above] = [n - 1, n + 1]
  while (below > 0 && !isGood(below)) below--
  while (!isGood(above)) above++
  return below > 0 ? [below, above] : [above]
}

const tables = new WeakMap<Device, Map<string, Tensor>>()
const known = new WeakSet<Tensor>()

/** The factors of all passes, computed in double precision: a constant of every program that transforms n points. */
export function twiddles(n: number, dtype: "f32" | "f64"): Tensor {
  const device = activeDevice()
  const own = tables.get(device) ?? new Map<string, Tensor>()
  tables.set(device, own)
  const before = own.get(`${dtype} ${n}`)
  if (before !== undefined) return before
  const values = planOf(n).flatMap(({ radix, rest }) =>
    Array.from({ length: radix - 1 }, (_, k) => {
      const angles = Array.from({ length: rest }, (_, p) => (-2 * Math.PI * ((k + 1) * p)) / (radix * rest))
      return [...angles.map(Math.cos), ...angles.map(Math.sin)]
    }).flat(),
  )
  const data = dtype === "f32" ? Float32Array.from(values) : Float64Array.from(values)
  const table = Tensor.from({ dtype, shape: [data.length], data })
  own.set(`${dtype} ${n}`, table)
  known.add(table)
  return table
}

/** True for the tables of this file: constants that are nobody's parameters. */
export const isTable = (x: Tensor): boolean => known.has(x)
