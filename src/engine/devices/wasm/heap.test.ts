import fc from "fast-check"
import { expect, test } from "vitest"
import { grad, jit, ones, scan, type Tensor, zeros } from "../../index.ts"
import { Heap } from "./heap.ts"

test("blocks are aligned, never overlap, and come back whole", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ bytes: fc.integer({ min: 0, max: 5000 }), freeIndex: fc.nat() }), { maxLength: 60 }),
      (operations) => {
        const heap = new Heap()
        const live: { at: number; bytes: number }[] = []
        for (const { bytes, freeIndex } of operations) {
          const at = heap.allocate(bytes)
          expect(at % 64).toBe(0)
          for (const other of live) expect(at + bytes <= other.at || other.at + other.bytes <= at).toBe(true)
          live.push({ at, bytes: Math.max(bytes, 1) })
          if (freeIndex % 3 === 0) heap.free(live.splice(freeIndex % live.length, 1)[0].at)
        }
        for (const { at } of live) heap.free(at)
        expect(heap.usedBytes).toBe(0)
        // All is one free block again: the next large one starts where the first did.
        expect(heap.allocate(64)).toBe(64)
      },
    ),
    { numRuns: 50 },
  )
})

test("memory grows when it must, freed memory is used again, and too much is refused with what to do", () => {
  const heap = new Heap()
  const first = heap.allocate(40 * 2 ** 20)
  expect(heap.memory.buffer.byteLength).toBeGreaterThan(40 * 2 ** 20)
  heap.free(first)
  expect(heap.allocate(30 * 2 ** 20)).toBe(first)
  expect(() => heap.allocate(5 * 2 ** 30)).toThrow(/out of memory: 5120.0 MiB more were asked for/)
  heap.free(12345) // not a block: nothing happens
  expect(heap.usedBytes).toBe(30 * 2 ** 20)
})

test("a program that needs more memory than there can be says so before it runs", () => {
  const f = jit((w: Tensor) =>
    grad((v: Tensor) =>
      scan((u: Tensor) => [u.mul(v).sin().exp(), u.sum()], zeros([1000, 1000]), undefined, { length: 500 })[1].sum(),
    )(w),
  )
  expect(() => f(ones([1000, 1000]))).toThrow(
    /needs .* GiB for its intermediate values, more than the 4 GiB of WebAssembly/,
  )
})
