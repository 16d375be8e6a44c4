import { expect, test } from "vitest"
import { compareJustInTime } from "./just-in-time.ts"
import { compareMerging, mergeNonlinear } from "./merging.ts"

async function resultOf<R>(run: AsyncGenerator<unknown, R, void>): Promise<R> {
  for (;;) {
    const next = await run.next()
    if (next.done === true) return next.value
  }
}

test("state on neurons gives the conductances of one for each synapse", async () => {
  const { error, bytes, synapses, neurons } = await resultOf(compareMerging(0.2, 4))
  expect(neurons).toBe(800)
  expect(error.post).toBeLessThan(1e-5)
  expect(error.pre).toBeLessThan(1e-5)
  expect(bytes).toEqual({ post: 2 * 4 * 800, pre: 4 * 800, oracle: 4 * synapses })
})

test("NMDA receptors are not merged, and err where they are forced to", () => {
  const { isRefused, error, scaledError } = mergeNonlinear(2)
  expect(isRefused).toBe(true)
  expect(error).toBeGreaterThan(0.5)
  expect(scaledError).toBeGreaterThan(0.04)
  expect(scaledError).toBeLessThan(0.2)
})

test("connections just in time: the same spikes, in a few bytes", async () => {
  const { spikes, differing, bytes } = await resultOf(compareJustInTime(3, new AbortController().signal))
  expect(differing).toBe(0)
  expect(spikes).toBeGreaterThan(10_000)
  expect(bytes.drawn).toBeLessThanOrEqual(64)
  expect(bytes.stored).toBeGreaterThan(500_000)
})
