import { operationError } from "../errors.ts"
import { type Primitive, primitive } from "../primitive.ts"
import { threefry2x32 } from "../random-host.ts"
import { formatShape, type Shape, sizeOf } from "../shape.ts"
import { Tensor } from "../tensor.ts"
import { apply1 } from "../trace.ts"
import { cos, log, lt, mul, shiftRight, sqrt } from "./elementwise.ts"
import { at } from "./layout.ts"

/** The state of a random stream: `u32 [2]`. The same key gives the same bits on every device; split it to get others. */
export type Key = Tensor

/**
 * `keys [...lead, 2]` -> uniform 32-bit words `[...lead, ...shape]`. Of n words the first half are the first words of counters
 * 0, 1, ..., the second half their second words.
 */
export const randomBitsPrimitive: Primitive<{ shape: Shape }> = primitive({
  name: "randomBits",
  type: ([key], { shape }) => {
    if (key.dtype !== "u32" || key.shape[key.shape.length - 1] !== 2)
      throw operationError(`a random key is u32 [2], not ${key.dtype} ${formatShape(key.shape)}`, {
        hint: "make one with key(seed) and others with split(key, n)",
      })
    return [{ dtype: "u32", shape: [...key.shape.slice(0, -1), ...shape] }]
  },
  evaluate: ([key], { shape }, [output]) => {
    const n = sizeOf(shape)
    const half = Math.ceil(n / 2)
    const data = new Uint32Array(sizeOf(output.shape))
    for (let stream = 0; stream * 2 < key.data.length; stream++)
      for (let i = 0; i < half; i++) {
        const words = threefry2x32(key.data[2 * stream], key.data[2 * stream + 1], i, 0)
        data[stream * n + i] = words[0]
        if (half + i < n) data[stream * n + half + i] = words[1]
      }
    return [{ ...output, data }]
  },
  batch: ([key], _, attributes) => [apply1(randomBitsPrimitive, [key], attributes)],
})

/** The key of a seed, a whole number from 0 to 2⁵³ - 1. */
export function key(seed: number): Key {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw operationError(`a seed is a whole number from 0 to 2^53 - 1, not ${seed}`)
  return Tensor.from({ dtype: "u32", shape: [2], data: new Uint32Array([Math.floor(seed / 2 ** 32), seed >>> 0]) })
}

/** Words of the stream of a key: `u32 shape`. */
export const randomBits = (key: Key, shape: Shape): Tensor => apply1(randomBitsPrimitive, [key], { shape: [...shape] })

/** `count` independent keys in one tensor `u32 [count, 2]`, to be scanned or mapped over. */
export const keys = (source: Key, count: number): Tensor => randomBits(source, [count, 2])

/** `count` independent keys. */
export function split(source: Key, count = 2): Key[] {
  const all = keys(source, count)
  return Array.from({ length: count }, (_, i) => at(all, i))
}

/** Uniform numbers in [0, 1), multiples of 2⁻²⁴. */
export const uniform = (key: Key, shape: Shape, from = 0, to = 1): Tensor => {
  // 24 bits are the same number with a sign, which is converted faster.
  const unit = mul(shiftRight(randomBits(key, shape), 8).cast("i32").cast("f32"), 2 ** -24)
  return from === 0 && to === 1 ? unit : unit.mul(to - from).add(from)
}

/** Normally distributed numbers (Box-Muller). */
export function normal(key: Key, shape: Shape, mean = 0, deviation = 1): Tensor {
  const pairs = uniform(key, [2, ...shape])
  const radius = sqrt(mul(log(at(pairs, 0).neg().add(1)), -2))
  const z = mul(radius, cos(mul(at(pairs, 1), 2 * Math.PI)))
  return mean === 0 && deviation === 1 ? z : z.mul(deviation).add(mean)
}

/** True with probability `p` (a number, or a tensor that broadcasts to `shape`): `bool shape`. */
export const bernoulli = (key: Key, p: Tensor | number, shape: Shape = typeof p === "number" ? [] : p.shape): Tensor =>
  lt(uniform(key, shape), p)

/** Whole numbers (i32) from `from` up to but not including `to`. */
export const randomIntegers = (key: Key, shape: Shape, from: number, to: number): Tensor =>
  uniform(key, shape)
    .mul(to - from)
    .add(from)
    .floor()
    .cast("i32")
    .clip(from, to - 1)
