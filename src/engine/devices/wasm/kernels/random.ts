import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  v128,
} from "../assembler/index.ts"
import { shared, shareOf, teamOf } from "../team.ts"

type V = Expr<"v128">
const rotations = [13, 15, 26, 6, 17, 29, 16, 24]

/** Threefry-2x32 of 20 rounds on four counters at a time, the second words of which are 0 unless given: see `threefry2x32` in random-host.ts. */
export function threefry4(
  f: FunctionBuilder,
  keys: readonly Local<"v128">[],
  counter: V,
  second?: V,
): [Local<"v128">, Local<"v128">] {
  const x0 = f.local("v128", i32x4.add(counter, keys[0]))
  const x1 = f.local("v128", second === undefined ? keys[1] : i32x4.add(second, keys[1]))
  for (let round = 0; round < 20; round++) {
    const by = rotations[round % 8]
    f.set(x0, i32x4.add(x0, x1))
    f.set(x1, v128.xor(v128.or(i32x4.shl(x1, by), i32x4.shrU(x1, 32 - by)), x0))
    if (round % 4 !== 3) continue
    const group = (round + 1) / 4
    f.set(x0, i32x4.add(x0, keys[group % 3]))
    f.set(x1, i32x4.add(i32x4.add(x1, keys[(group + 1) % 3]), i32x4.splat(group)))
  }
  return [x0, x1]
}

/** The two words of a key, and the third that follows from them, in all lanes. */
export function threefryKeys(f: FunctionBuilder, key: Expr<"i32">): readonly Local<"v128">[] {
  const [k0, k1] = [f.local("v128", v128.load32Splat(key)), f.local("v128", v128.load32Splat(key, 4))]
  return [k0, k1, f.local("v128", v128.xor(v128.xor(k0, k1), i32x4.splat(0x1bd11bda)))]
}

/** A kernel `(keys, out)`: `words` random words for each of `streams` keys. */
export function emitRandomBits(
  module: ModuleBuilder,
  name: string,
  streams: number,
  words: number,
): Fn<readonly ["i32", "i32"]> {
  const half = Math.ceil(words / 2)
  const kernel = module.function(name, { params: ["i32", "i32"] }, (builder, keyBase, outBase) => {
    const f = builder as unknown as FunctionBuilder
    const [stream, i] = [f.local("i32"), f.local("i32")]
    const key = f.local("i32", keyBase)
    const out = f.local("i32", outBase)
    const { part } = teamOf(module)
    const share = shareOf(module, f, (words - half) & -4, 4)
    f.for(stream, 0, streams, 1, () => {
      const keys = threefryKeys(f, key)
      const block = (lanes: number) => {
        const counter = i32x4.add(i32x4.splat(i), i32x4.const(0, 1, 2, 3))
        const words4 = threefry4(f, keys, counter)
        const to = f.local("i32", i32.add(out, i32.shl(i, 2)))
        words4.forEach((vector, word) => {
          if (lanes === 4) f.store("v128", to, vector, word * half * 4)
          else for (let lane = 0; lane < lanes; lane++) f.storeLane(32, to, vector, lane, (word * half + lane) * 4)
        })
      }
      // The second words of an odd count are one fewer: the last counter writes its first word alone.
      const paired = words - half
      const whole = paired - (paired % 4)
      f.for(i, share.from, share.to, 4, () => block(4))
      f.if(i32.eq(part, 0), () => {
        if (paired > whole) {
          f.set(i, whole)
          block(paired - whole)
        }
        if (half > paired) {
          f.set(i, paired)
          const [first] = threefry4(f, keys, i32x4.splat(i))
          f.storeLane(32, out, first, 0, paired * 4)
        }
      })
      f.add(key, 8)
      f.add(out, words * 4)
    })
  })
  return shared(module, kernel, streams * words * 16)
}
