import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import {
  bernoulli,
  jit,
  key,
  keys,
  normal,
  randomBits,
  randomIntegers,
  scan,
  split,
  type Tensor,
  tensor,
  uniform,
  vmap,
} from "../index.ts"
import { threefry2x32 } from "../random-host.ts"
import { allDevices, otherDevices } from "../testing.ts"

useDevice("reference")

describe.each(allDevices)("on %s", (device) => {
  const run = <T>(body: () => T): T => useDevice(device, body)

  test("words are the blocks of counters 0, 1, ...: first words, then second words", () => {
    run(() => {
      const [k0, k1] = [0x13198a2e, 0x03707344]
      const source = tensor([k0, k1], { dtype: "u32" })
      for (const n of [1, 2, 3, 7, 8, 9, 16, 31, 100]) {
        const half = Math.ceil(n / 2)
        const expected = Array.from({ length: n }, (_, i) => threefry2x32(k0, k1, i % half, 0)[i < half ? 0 : 1])
        expect(randomBits(source, [n]).toList(), `${n} words`).toEqual(expected)
      }
      // The known answer of Random123 for the key 0 and the counter 0; random-host.test.ts has the others.
      expect(randomBits(tensor([0, 0], { dtype: "u32" }), [2]).toList()).toEqual([0x6b200159, 0x99ba4efe])
    })
  })

  test("the same seed gives the same numbers; splitting gives independent streams", () => {
    run(() => {
      const seed = key(2 ** 40 + 7)
      expect(seed.toList()).toEqual([256, 7])
      expect(uniform(seed, [20]).toList()).toEqual(uniform(key(2 ** 40 + 7), [20]).toList())
      const children = split(seed, 4)
      const streams = [seed, ...children].map((k) => uniform(k, [4096]).array())
      for (let i = 0; i < streams.length; i++)
        for (let j = 0; j < i; j++) {
          let correlation = 0
          for (let n = 0; n < 4096; n++) correlation += (streams[i][n] - 0.5) * (streams[j][n] - 0.5) * 12
          expect(Math.abs(correlation / 4096)).toBeLessThan(4 / 64) // 4 standard deviations of 1 / sqrt(4096)
        }
      const words = new Set([...children, seed].map((k) => k.toList().toString()))
      expect(words.size).toBe(5)
    })
  })

  test("neighbouring seeds do not correlate", () => {
    run(() => {
      const first = Array.from({ length: 512 }, (_, i) => uniform(key(i), [1]).item())
      const mean = first.reduce((a, b) => a + b, 0) / 512
      let lag = 0
      for (let i = 1; i < 512; i++) lag += (first[i] - 0.5) * (first[i - 1] - 0.5) * 12
      expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / 512))
      expect(Math.abs(lag / 512)).toBeLessThan(4 / Math.sqrt(512))
    })
  })

  test("uniform numbers fill [0, 1)", () => {
    run(() => {
      const n = 40_000
      const x = uniform(key(3), [n]).array()
      const counts = new Array<number>(16).fill(0)
      expect(x.every((v) => v >= 0 && v < 1 && Number.isInteger(v * 2 ** 24))).toBe(true)
      for (const v of x) counts[Math.floor(v * 16)]++
      const chi2 = counts.reduce((sum, c) => sum + (c - n / 16) ** 2 / (n / 16), 0)
      expect(chi2).toBeLessThan(37.7) // 15 degrees of freedom, p = 0.001
      const scaled = uniform(key(3), [1000], -2, 6).array()
      expect(Math.min(...scaled)).toBeGreaterThanOrEqual(-2)
      expect(Math.max(...scaled)).toBeLessThanOrEqual(6)
      expect(scaled[0]).toBeCloseTo(uniform(key(3), [1000]).array()[0] * 8 - 2, 5)
    })
  })

  test("normal numbers have their moments", () => {
    run(() => {
      const n = 40_000
      const x = [...normal(key(5), [n]).array()]
      const moment = (p: number): number => x.reduce((sum, v) => sum + v ** p, 0) / n
      expect(Math.abs(moment(1))).toBeLessThan(4 / Math.sqrt(n))
      expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n))
      expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / n))
      expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n))
      expect(x.every(Number.isFinite)).toBe(true)
      const inside = x.filter((v) => Math.abs(v) < 1).length / n
      expect(Math.abs(inside - 0.6827)).toBeLessThan(0.01)
      expect(normal(key(5), [2], 10, 3).array()[0]).toBeCloseTo(10 + 3 * normal(key(5), [2]).array()[0], 4)
    })
  })

  test("bernoulli and whole numbers", () => {
    run(() => {
      const n = 20_000
      for (const p of [0, 0.1, 0.5, 1]) {
        const hits = bernoulli(key(8), p, [n]).cast("f32").mean().item()
        expect(Math.abs(hits - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / n))
      }
      const rates = tensor([0, 1, 0.5])
      expect(bernoulli(key(8), rates).shape).toEqual([3])
      expect(bernoulli(key(8), rates, [100, 3]).cast("f32").mean(0).slice(0, 0, 2).toList()).toEqual([0, 1])
      const dice = randomIntegers(key(9), [6000], 1, 7)
      expect(dice.dtype).toBe("i32")
      const counts = new Array<number>(8).fill(0)
      for (const v of dice.array()) counts[v]++
      expect(counts[0] + counts[7]).toBe(0)
      for (const c of counts.slice(1, 7))
        expect(Math.abs(c - 1000)).toBeLessThan(4 * Math.sqrt(6000 * (1 / 6) * (5 / 6)))
    })
  })

  test("a batch of keys is a loop over keys; keys are scanned over", () => {
    run(() => {
      const many = keys(key(4), 3)
      expect(many.shape).toEqual([3, 2])
      const loop = [0, 1, 2].map((i) => uniform(many.at(i), [2, 5]).toList())
      expect(vmap((k: Tensor) => uniform(k, [2, 5]))(many).toList()).toEqual(loop)
      expect(jit(vmap((k: Tensor) => uniform(k, [2, 5])))(many).toList()).toEqual(loop)
      const [, drawn] = scan((c: Tensor, k: Tensor) => [c, uniform(k, [2, 5])], tensor(0), many)
      expect(drawn.toList()).toEqual(loop)
    })
  })
})

test.each(otherDevices)("%s gives the bits of the reference device", (device) => {
  const draw = jit((k: Tensor) => [
    randomBits(k, [37]),
    uniform(k, [33]),
    randomIntegers(k, [21], -5, 5),
    bernoulli(k, 0.3, [40]),
  ])
  const expected = draw(key(77)).map((x) => x.toList())
  expect(useDevice(device, () => draw(key(77)).map((x) => x.toList()))).toEqual(expected)
})

test("errors", () => {
  expect(() => key(-1)).toThrow(/a seed is a whole number/)
  expect(() => key(0.5)).toThrow(/a seed is a whole number/)
  expect(() => uniform(tensor([1, 2]), [3])).toThrow(/a random key is u32 \[2\], not f32 \[2\]/)
})
