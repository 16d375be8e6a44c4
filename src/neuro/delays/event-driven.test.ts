import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { hostRandom, key, normal, tensor, zeros } from "../../engine/index.ts"
import { EventDrivenKernels } from "./event-driven.ts"
import { DelayKernels } from "./kernels.ts"
import { largestSynapses, synapseCount } from "./pruning.ts"
import { complexStreamInput, streamInput } from "./responses.ts"

const randomEvents = (time: number, height: number, width: number, share: number, seed: number): Uint8Array => {
  const random = hostRandom(seed)
  return Uint8Array.from({ length: time * 2 * height * width }, () => (random.uniform() < share ? 1 : 0))
}

/** B by the sums of the specification. */
function byHand(kernels: DelayKernels, events: Uint8Array, time: number, height: number, width: number): number[][] {
  const [neurons, polarities, delays, rows, columns] = kernels.weight.shape
  const weights = kernels.weight.array()
  const of = (p: number, t: number, y: number, x: number): number =>
    t < 0 || y < 0 || y >= height || x < 0 || x >= width ? 0 : events[((t * 2 + p) * height + y) * width + x]
  return Array.from({ length: time }, (_, t) => {
    const out: number[] = []
    for (let c = 0; c < neurons; c++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          let sum = 0
          for (let p = 0; p < polarities; p++)
            for (let d = 0; d < delays; d++)
              for (let j = 0; j < rows; j++)
                for (let i = 0; i < columns; i++)
                  sum +=
                    weights[(((c * polarities + p) * delays + d) * rows + j) * columns + i] *
                    of(p, t - d, y + j - (rows - 1) / 2, x + i - (columns - 1) / 2)
          out.push(sum)
        }
    return out
  })
}

describe("events one by one, whole streams, and sums by hand agree", () => {
  test("on streams of all sizes and densities", () => {
    const odd = fc.integer({ min: 0, max: 2 }).map((n) => 2 * n + 1)
    const sizes = fc.record({
      neurons: fc.integer({ min: 1, max: 3 }),
      delays: odd,
      rows: odd,
      columns: odd,
      more: fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 })),
      share: fc.constantFrom(0.05, 0.3, 1),
      seed: fc.integer({ min: 0, max: 1000 }),
    })
    fc.assert(
      fc.property(sizes, ({ neurons, delays, rows, columns, more, share, seed }) => {
        const [time, height, width] = [delays + more[0], rows + more[1], columns + more[2]]
        const kernels = new DelayKernels(normal(key(seed), [neurons, 2, delays, rows, columns]), zeros([neurons]))
        const events = randomEvents(time, height, width, share, seed)
        const expected = byHand(kernels, events, time, height, width)
        const layer = new EventDrivenKernels(kernels, height, width)
        const arrived = expected.map((_, t) =>
          Float32Array.from(layer.step(events.subarray(t * 2 * height * width, (t + 1) * 2 * height * width))),
        )
        const stream = tensor(Float32Array.from(events), { shape: [time, 2, height, width] })
        const dense = streamInput(kernels, stream, { padding: "same" }).array()
        const count = neurons * height * width
        expected.forEach((row, t) =>
          row.forEach((sum, n) => {
            expect(arrived[t][n]).toBeCloseTo(sum, 4)
            if (t >= delays - 1) expect(dense[(t - delays + 1) * count + n]).toBeCloseTo(sum, 4)
          }),
        )
      }),
      { numRuns: 30 },
    )
  })

  test("at chosen steps and places only", () => {
    const kernels = new DelayKernels(normal(key(4), [2, 2, 3, 3, 3]), tensor([0.5, -0.5]))
    const events = randomEvents(8, 9, 9, 0.3, 2)
    const stream = tensor(Float32Array.from(events), { shape: [8, 2, 9, 9] })
    const expected = byHand(kernels, events, 8, 9, 9)
    const steps = Int32Array.of(2, 7)
    const some = streamInput(kernels, stream, { stride: 3, steps })
    expect(some.shape).toEqual([2, 2, 3, 3])
    const values = some.array()
    steps.forEach((t, row) => {
      for (const [c, y, x] of [
        [0, 0, 0],
        [1, 2, 1],
        [0, 1, 2],
      ])
        expect(values[((row * 2 + c) * 3 + y) * 3 + x]).toBeCloseTo(expected[t][(c * 9 + 1 + 3 * y) * 9 + 1 + 3 * x], 5)
    })
    // Exchanged polarities change nothing for a complex cell.
    const swapped = Float32Array.from(events, (_, at) => {
      const [frame, pixel] = [Math.floor(at / 81), at % 81]
      return events[(frame ^ 1) * 81 + pixel]
    })
    const inverted = tensor(swapped, { shape: [8, 2, 9, 9] })
    expect(complexStreamInput(kernels, inverted, { steps }).array()).toEqual(
      complexStreamInput(kernels, stream, { steps }).array(),
    )
  })
})

test("operations are events times the synapses that they reach", () => {
  const kernels = new DelayKernels(normal(key(1), [3, 2, 3, 3, 3]), zeros([3]))
  const pruned = largestSynapses(kernels, 40)
  const layer = new EventDrivenKernels(pruned, 9, 9)
  const events = new Uint8Array(162)
  const perPolarity = [0, 1].map((p) =>
    synapseCount(new DelayKernels(pruned.weight.take(tensor([p], { dtype: "i32" }), 1), zeros([3]))),
  )
  events[4 * 9 + 4] = 1 // one OFF event and two ON events, none at the edge
  events[81 + 3 * 9 + 3] = 1
  events[81 + 5 * 9 + 6] = 1
  layer.step(events)
  expect(layer.operations).toBe(perPolarity[0] + 2 * perPolarity[1])
  layer.step(new Uint8Array(162))
  expect(layer.operations).toBe(perPolarity[0] + 2 * perPolarity[1])
})

test("bad streams are named", () => {
  const kernels = new DelayKernels(normal(key(1), [3, 2, 3, 3, 3]), zeros([3]))
  const layer = new EventDrivenKernels(kernels, 4, 4)
  expect(() => layer.step(new Uint8Array(32).fill(2))).toThrow(/events are 0 or 1, and there is a 2/)
  expect(() => layer.step(new Uint8Array(48))).toThrow(/48 events are not 2 polarities of 4 x 4 px/)
  expect(() => streamInput(kernels, zeros([2, 2, 4, 4]))).toThrow(/2 steps is shorter than the 3 delays/)
  expect(() => streamInput(kernels, zeros([4, 3, 4, 4]))).toThrow(/3 polarities, the kernels 2/)
  expect(() => streamInput(kernels, zeros([4, 2, 2, 4]))).toThrow(/3 x 3 px are larger than the picture of 2 x 4 px/)
})
