import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import {
  drawnLists,
  drawnPairs,
  eventLists,
  grad,
  jit,
  key,
  scan,
  scatterEvents,
  type Tensor,
  tensor,
  zeros,
} from "../index.ts"
import { allDevices, checkGradient, checkThreads, expectClose, randomTensor } from "../testing.ts"

useDevice("reference")

/** The same lists, kept. */
function kept(lists: ReturnType<typeof drawnLists>) {
  const { sources, places } = drawnPairs(lists)
  return eventLists(lists.rows, lists.size, sources, places)
}

describe("what is drawn", () => {
  test.each([0.001, 0.02, 0.3, 0.9])("as many places as the probability %d says, anywhere, none twice", (p) => {
    const [rows, size] = [200, 3000]
    const { sources, places } = drawnPairs(drawnLists(key(3), rows, size, p))
    const expected = rows * size * p
    expect(Math.abs(sources.length - expected)).toBeLessThan(4 * Math.sqrt(expected * (1 - p)))
    const quarters = [0, 0, 0, 0]
    for (const place of places) quarters[Math.floor((place * 4) / size)]++
    for (const n of quarters) expect(Math.abs(n - expected / 4)).toBeLessThan(4 * Math.sqrt((expected * (1 - p)) / 4))
    const pairs = new Set(Array.from(sources, (s, e) => s * size + places[e]))
    expect(pairs.size).toBe(sources.length)
  })

  test("gaps are geometric: their moments", () => {
    const [rows, size, p] = [400, 4000, 0.05]
    const { sources, places } = drawnPairs(drawnLists(key(8), rows, size, p))
    const gaps: number[] = []
    for (let e = 1; e < places.length; e++) if (sources[e] === sources[e - 1]) gaps.push(places[e] - places[e - 1])
    const mean = gaps.reduce((a, b) => a + b) / gaps.length
    const variance = gaps.reduce((a, b) => a + (b - mean) ** 2, 0) / gaps.length
    expect(mean).toBeCloseTo(1 / p, 0)
    expect(variance / ((1 - p) / p ** 2)).toBeCloseTo(1, 1)
    expect(gaps.filter((gap) => gap === 1).length / gaps.length).toBeCloseTo(p, 2)
  })

  test("none for 0, all for 1, and not itself where that is excluded", () => {
    expect(drawnPairs(drawnLists(key(1), 5, 7, 0)).sources.length).toBe(0)
    expect(drawnPairs(drawnLists(key(1), 5, 7, 1)).sources.length).toBe(35)
    const { sources, places } = drawnPairs(drawnLists(key(1), 7, 7, 1, { self: false }))
    expect(sources.length).toBe(42)
    expect(sources.some((s, e) => s === places[e])).toBe(false)
  })
})

describe.each(allDevices)("on %s", (name) => {
  test("the same as lists that are kept", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 400 }),
        fc.constantFrom(0, 0.004, 0.1, 0.5, 1),
        fc.boolean(),
        fc.constantFrom("f32", "f64"),
        fc.integer({ min: 0, max: 1000 }),
        fc.integer({ min: -300, max: 900 }),
        (rows, size, p, self, dtype, seed, shift) => {
          const lists = drawnLists(key(seed), rows, size, p, { self })
          const events = randomTensor([rows], seed, { dtype })
          const chosen = events.mul(events.gt(0.2).cast(dtype))
          const into = randomTensor([size], 5, { dtype })
          const run = (own: Parameters<typeof scatterEvents>[2]) =>
            jit((x: Tensor, s: Tensor) => scatterEvents(x, s, own, 0.5, shift))(into, chosen)
          const expected = useDevice("reference", () => run(kept(lists).lists))
          expectClose(
            useDevice(name, () => run(lists)),
            expected,
            { relative: 1e-5, absolute: 1e-5 },
          )
        },
      ),
      { numRuns: 40 },
    )
  })

  test("a part of a longer ring buffer, in a scan", () => {
    const lists = drawnLists(key(2), 20, 50, 0.1)
    const [own, spikes] = [kept(lists), randomTensor([6, 20], 1, { dtype: "f32" }).gt(0.6).cast("f32")]
    const run = (from: typeof lists | typeof own.lists) => (trains: Tensor) =>
      scan(
        (ring: Tensor, s: Tensor) => [scatterEvents(ring, s, from, 2, 50), ring.sum()],
        zeros([from === lists ? 100 : 50]),
        trains,
      )[0]
    useDevice(name, () => {
      const drawn = jit(run(lists))(spikes).toList() as number[]
      expect(drawn.slice(0, 50).every((x) => x === 0)).toBe(true)
      expect(drawn.slice(50)).toEqual(jit(run(own.lists))(spikes).toList())
    })
  })

  test("gradients are those of lists that are kept", () => {
    const lists = drawnLists(key(4), 9, 60, 0.2, { self: false })
    const own = kept(lists)
    const inputs = [randomTensor([60], 1, { dtype: "f32" }), randomTensor([9], 2, { dtype: "f32" }), tensor(0.3)]
    const of = (from: typeof lists | typeof own.lists) =>
      grad((x: Tensor[]) => scatterEvents(x[0], x[1], from, x[2], 7).square().sum())(inputs)
    const expected = useDevice("reference", () => of(own.lists))
    useDevice(name, () => jit(() => of(lists))()).forEach((g, i) => expectClose(g, expected[i], { relative: 1e-4 }))
  })
})

test("gradients, twice", () => {
  const lists = drawnLists(key(4), 5, 12, 0.3)
  checkGradient(
    (x, s, v) => scatterEvents(x, s, lists, v, 3).square(),
    [randomTensor([12], 1), randomTensor([5], 2), randomTensor([], 3)],
    { order: 2 },
  )
})

describe("threads", () => {
  test("the same bits on 1, 2 and 3", async () => {
    const lists = drawnLists(key(5), 3000, 4000, 0.05)
    expect(lists.spec.segments).toBe(6)
    const events = randomTensor([3000], 3, { from: 0, to: 1, dtype: "f32" }).lt(0.2).cast("f32")
    const value = tensor(0.3)
    const [y] = await checkThreads(() => [jit(() => scatterEvents(zeros([4000]), events, lists, value, 1000))()])
    expect(y.some((x) => x !== 0)).toBe(true)
  })
})

test("errors", () => {
  expect(() => drawnLists(key(1), 5, 7, 1.2)).toThrow(/a probability is between 0 and 1, not 1.2/)
  expect(() => scatterEvents(zeros([7]), zeros([5]), drawnLists(key(1), 5, 7, 1), zeros([35]))).toThrow(
    /values \[35\] for lists that are drawn, whose entries have one/,
  )
})
