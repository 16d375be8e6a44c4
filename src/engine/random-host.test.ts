import { describe, expect, test } from "vitest"
import { HostRandom, hostRandom, threefry2x32 } from "./random-host.ts"

describe("threefry2x32", () => {
  // Known answers published with Random123 (kat_vectors): counter, key, result, 20 rounds.
  test.each([
    [0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x6b200159, 0x99ba4efe],
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xc4923a9c, 0x483df7a0],
  ])("known answer %#", (counter0, counter1, key0, key1, word0, word1) => {
    expect(threefry2x32(key0, key1, counter0, counter1)).toEqual([word0, word1])
  })
})

describe("HostRandom", () => {
  test("the stream is the blocks of its key, in order", () => {
    const random = new HostRandom(0x13198a2e, 0x03707344)
    for (let block = 0; block < 300; block++) {
      const words = [random.nextU32(), random.nextU32()]
      expect(words).toEqual(threefry2x32(0x13198a2e, 0x03707344, block, 0))
    }
  })

  test("the same seed gives the same numbers, another seed others", () => {
    const words = (seed: number) => {
      const random = hostRandom(seed)
      return Array.from({ length: 8 }, () => random.nextU32())
    }
    expect(words(7)).toEqual(words(7))
    expect(words(7)).not.toEqual(words(8))
    expect(words(2 ** 32)).not.toEqual(words(0))
    expect(() => hostRandom(-1)).toThrow(/seed/)
    expect(() => hostRandom(1.5)).toThrow(/seed/)
  })

  test("goes on from a saved state, at any place of the buffer", () => {
    for (const drawn of [0, 1, 255, 256, 257, 700]) {
      const random = hostRandom(3)
      for (let i = 0; i < drawn; i++) random.nextU32()
      random.split()
      const copy = HostRandom.from(JSON.parse(JSON.stringify(random.state)))
      expect(copy.state).toEqual(random.state)
      const next = Array.from({ length: 600 }, () => random.nextU32())
      expect(Array.from({ length: 600 }, () => copy.nextU32())).toEqual(next)
      expect(copy.split().nextU32()).toBe(random.split().nextU32())
    }
  })

  test("children differ from each other and do not depend on what was drawn", () => {
    const random = hostRandom(5)
    const first = [random.split(), random.split(), random.fold(0), random.fold(1)].map((child) => child.nextU32())
    expect(new Set([...first, random.nextU32()]).size).toBe(5)
    const again = hostRandom(5)
    for (let i = 0; i < 1000; i++) again.nextU32()
    expect(again.fold(1).nextU32()).toBe(first[3])
    expect(again.split().nextU32()).toBe(first[0])
  })

  test("uniform, integer and normal have their moments", () => {
    const random = hostRandom(11)
    const n = 100_000
    let sum = 0
    let squares = 0
    let normalSum = 0
    let normalSquares = 0
    const counts = new Int32Array(7)
    for (let i = 0; i < n; i++) {
      const u = random.uniform()
      expect(u >= 0 && u < 1).toBe(true)
      sum += u
      squares += u * u
      const z = random.normal()
      normalSum += z
      normalSquares += z * z
      const face = random.integer(7)
      counts[face]++
    }
    // Five standard errors: sd of u is 0.289, of u^2 0.298, of z 1, of z^2 the root of 2.
    const error = 5 / Math.sqrt(n)
    expect(Math.abs(sum / n - 1 / 2)).toBeLessThan(0.289 * error)
    expect(Math.abs(squares / n - 1 / 3)).toBeLessThan(0.298 * error)
    expect(Math.abs(normalSum / n)).toBeLessThan(error)
    expect(Math.abs(normalSquares / n - 1)).toBeLessThan(Math.SQRT2 * error)
    for (const count of counts) expect(Math.abs(count / n - 1 / 7)).toBeLessThan(0.35 * error)
  })

  test("a permutation holds every integer once, and all orders are as likely", () => {
    const random = hostRandom(2)
    expect([...random.permutation(50)].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
    const orders = new Map<string, number>()
    for (let i = 0; i < 12_000; i++) {
      const order = random.permutation(3).join("")
      orders.set(order, (orders.get(order) ?? 0) + 1)
    }
    expect(orders.size).toBe(6)
    for (const count of orders.values()) expect(Math.abs(count - 2000)).toBeLessThan(210)
  })

  test("an impossible bound is refused", () => {
    expect(() => hostRandom(0).integer(0)).toThrow(/bound/)
    expect(() => hostRandom(0).integer(2 ** 33)).toThrow(/bound/)
  })
})
