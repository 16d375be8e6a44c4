import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { eventLists, jit, replaceRow, scan, scatterEvents, type Tensor, take, tensor, zeros } from "../index.ts"
import {
  allDevices,
  checkGradient,
  checkThreads,
  checkVmap,
  examples,
  expectClose,
  randomPairs,
  randomTensor,
} from "../testing.ts"

useDevice("reference")

const index = (...data: number[]): Tensor => tensor(data, { dtype: "i32" })

test("lists go by part, then by source, and remember where each pair went", () => {
  const { lists, order } = eventLists(3, 8, [2, 0, 2, 0, 1], [7, 1, 0, 6, 5], { width: 4, parts: 2 })
  // Places 0, 1, 4, 5 are the first part, 2, 3, 6, 7 the second.
  expect(lists.starts.toList()).toEqual([
    [0, 1, 2, 3],
    [3, 4, 4, 5],
  ])
  expect(lists.places.toList()).toEqual([1, 5, 0, 6, 7])
  expect([...order]).toEqual([1, 4, 2, 3, 0])
})

describe.each(allDevices)("on %s", (name) => {
  test.each(["f32", "f64"] as const)("adds what events bring, turned round by the shift: %s", (dtype) => {
    useDevice(name, () => {
      const { lists } = eventLists(3, 6, [0, 0, 2, 2, 1], [0, 5, 5, 1, 2])
      const into = tensor([10, 20, 30, 40, 50, 60], { dtype })
      const events = tensor([1, 0, 2], { dtype })
      expect(scatterEvents(into, events, lists, 0.5).toList()).toEqual([10.5, 21, 30, 40, 50, 61.5])
      const values = tensor([1, 2, 3, 4, 5], { dtype }) // of 0 to 0, 0 to 5, 1 to 2, 2 to 5, 2 to 1
      for (const shift of [2, 8, -4])
        expect(scatterEvents(into, events, lists, values, shift).toList()).toEqual([10, 30, 31, 50, 50, 60])
    })
  })

  test("random lists of any shape, as plain loops say", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        (rows, steps, width, count, parts, isSingle) => {
          const size = steps * width
          const { sources, places } = randomPairs(rows, size, count)
          const { lists, order } = eventLists(rows, size, sources, places, { width, parts })
          const events = randomTensor([rows], 3, { dtype: "f32" })
          const chosen = events.mul(events.gt(0.3).cast("f32"))
          const values = isSingle ? tensor(0.7) : randomTensor([count], 4, { dtype: "f32" })
          const into = randomTensor([size], 5, { dtype: "f32" })
          const shift = (steps - 1) * width
          const expected = Float64Array.from(into.array())
          order.forEach((pair, e) => {
            const value = isSingle ? 0.7 : values.array()[e]
            expected[(places[pair] + shift) % size] += chosen.array()[sources[pair]] * value
          })
          const y = useDevice(name, () =>
            jit((x: Tensor, s: Tensor, v: Tensor, t: Tensor) => scatterEvents(x, s, lists, v, t))(
              into,
              chosen,
              values,
              tensor(shift, { dtype: "i32" }),
            ),
          )
          expectClose(y, tensor(expected).cast("f32"), { relative: 1e-5, absolute: 1e-5 })
        },
      ),
      { numRuns: 40 },
    )
  })

  test("a ring buffer in a scan is changed where it lies: delays of each connection", () => {
    const [neurons, steps] = [5, 4]
    const connections = [
      { from: 0, to: 1, delay: 1 },
      { from: 0, to: 4, delay: 3 },
      { from: 3, to: 1, delay: 2 },
      { from: 2, to: 2, delay: 1 },
    ]
    const { lists } = eventLists(
      neurons,
      steps * neurons,
      connections.map((c) => c.from),
      connections.map((c) => c.delay * neurons + c.to),
      { width: neurons, parts: 2 },
    )
    const spikes = randomTensor([30, neurons], 7, { from: 0, to: 1, dtype: "f32" }).lt(0.3).cast("f32")
    const run = (trains: Tensor): Tensor =>
      scan(
        ([ring, now]: Tensor[], s: Tensor) => {
          const next = scatterEvents(ring, s, lists, 2, now.mul(neurons))
          const after = now.add(1)
          const later = after.sub(after.ge(steps).cast("i32").mul(steps))
          const arriving = take(next, later)
          return [[replaceRow(next, zeros([neurons]), later), later], arriving]
        },
        [zeros([steps, neurons]), index(0).reshape([])],
        trains,
      )[1]
    const trains = spikes.toList() as number[][]
    const expected = trains.map((_, t) =>
      Array.from({ length: neurons }, (_, to) =>
        connections
          .filter((c) => c.to === to)
          .reduce((sum, c) => sum + 2 * (trains[t + 1 - c.delay]?.[c.from] ?? 0), 0),
      ),
    )
    useDevice(name, () => {
      expect(run(spikes).toList()).toEqual(expected)
      expect(jit(run)(spikes).toList()).toEqual(expected)
    })
  })

  test("a value that is read after it was changed keeps a place of its own", () => {
    const { lists } = eventLists(2, 3, [0, 1], [1, 2])
    const f = (xs: Tensor): Tensor[] => {
      const [last, [before, after]] = scan(
        (ring: Tensor, x: Tensor) => {
          const next = scatterEvents(ring, x, lists)
          return [replaceRow(next, tensor(9), 0), [ring.mul(1), next.mul(2)]]
        },
        tensor([1, 2, 3]),
        xs,
      )
      return [last, before, after]
    }
    const xs = tensor([
      [1, 0],
      [0, 5],
    ])
    useDevice(name, () => {
      const [last, before, after] = jit(f)(xs)
      expect(last.toList()).toEqual([9, 3, 8])
      expect(before.toList()).toEqual([
        [1, 2, 3],
        [9, 3, 3],
      ])
      expect(after.toList()).toEqual([
        [2, 6, 6],
        [18, 6, 16],
      ])
    })
  })

  test("replaceRow", () => {
    useDevice(name, () => {
      const x = tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ])
      expect(replaceRow(x, tensor([7, 8]), 1).toList()).toEqual([
        [1, 2],
        [7, 8],
        [5, 6],
      ])
      expect(take(replaceRow(x, tensor([7, 8]), 9), tensor(2, { dtype: "i32" })).toList()).toEqual([7, 8])
    })
  })
})

test("gradients, twice, and vmap", () => {
  const { sources, places } = randomPairs(4, 6, 11)
  const { lists } = eventLists(4, 6, sources, places, { width: 3, parts: 2 })
  const inputs = [randomTensor([6], 1), randomTensor([4], 2), randomTensor([11], 3)]
  checkGradient((x, s, v) => scatterEvents(x, s, lists, v, 3).square(), inputs, { order: 2 })
  checkGradient((x, s, v) => scatterEvents(x, s, lists, v, 1).square(), [...inputs.slice(0, 2), randomTensor([], 4)], {
    order: 2,
  })
  checkGradient((x, r) => replaceRow(x, r, 1).square(), [randomTensor([3, 2], 1), randomTensor([2], 2)], { order: 2 })
  checkVmap(
    (x, s, v) => scatterEvents(x, s, lists, v),
    [
      examples(3, (seed) => randomTensor([6], seed)),
      examples(3, (seed) => randomTensor([4], seed), 5),
      examples(3, (seed) => randomTensor([11], seed), 9),
    ],
  )
  checkVmap(
    (x, r) => replaceRow(x, r, 2),
    [examples(3, (seed) => randomTensor([3, 2], seed)), examples(3, (seed) => randomTensor([2], seed), 5)],
  )
})

describe("threads", () => {
  test("the same bits on 1, 2 and 3", async () => {
    const { sources, places } = randomPairs(3000, 4000, 200_000)
    const { lists } = eventLists(3000, 4000, sources, places, { width: 2000, parts: 8 })
    const events = randomTensor([3000], 3, { from: 0, to: 1, dtype: "f32" }).lt(0.2).cast("f32")
    const values = randomTensor([200_000], 4, { dtype: "f32" })
    const [y] = await checkThreads(() => [jit(() => scatterEvents(zeros([4000]), events, lists, values, 2000))()])
    expect(y.some((x) => x !== 0)).toBe(true)
  })
})

describe("errors", () => {
  const { lists } = eventLists(2, 3, [0, 1], [1, 2])
  test.each<[string, () => unknown, RegExp]>([
    ["pairs outside", () => eventLists(2, 3, [2], [0]), /pair 0, source 2 and place 0, of 2 sources and 3 places/],
    ["unequal pairs", () => eventLists(2, 3, [1], []), /1 sources and 0 places/],
    ["rows that do not fit", () => eventLists(2, 3, [], [], { width: 2 }), /rows of 2 places do not make up 3/],
    ["events", () => scatterEvents(zeros([3]), zeros([3]), lists), /from 2 sources to 3 places/],
    ["values", () => scatterEvents(zeros([3]), zeros([2]), lists, zeros([5])), /values \[5\] for 2 entries/],
    ["shift", () => scatterEvents(zeros([3]), zeros([2]), lists, 1, zeros([])), /the shift is one i32, not f32/],
    ["row", () => replaceRow(zeros([3, 2]), zeros([3]), 0), /f32 \[3\] is no row of f32 \[3, 2\]/],
  ])("%s", (_, fail, message) => {
    expect(fail).toThrow(message)
  })
})
