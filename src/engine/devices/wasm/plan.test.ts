import fc from "fast-check"
import { expect, test } from "vitest"
import { planArena } from "./plan.ts"
import { newBuffer } from "./views.ts"

const buffer = (bytes: number, first: number, last: number) => Object.assign(newBuffer(bytes), { first, last })

test("buffers that live at the same time never overlap, and the arena holds them all", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.nat(20), fc.nat(6)), { maxLength: 30 }),
      (list) => {
        const buffers = list.map(([bytes, first, length]) => buffer(bytes, first, first + length))
        const end = planArena(buffers)
        for (const [i, a] of buffers.entries()) {
          expect(a.offset + a.bytes).toBeLessThanOrEqual(end)
          for (const b of buffers.slice(0, i))
            if (a.first <= b.last && b.first <= a.last)
              expect(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset).toBe(true)
        }
      },
    ),
  )
})

test("space is used again once its buffer is dead; what a caller gives needs none", () => {
  expect(planArena([buffer(640, 0, 1), buffer(640, 2, 3), buffer(640, 4, 5)])).toBe(640)
  expect(planArena([buffer(640, 0, 2), buffer(640, 2, 3)])).toBe(1280)
  expect(planArena([Object.assign(newBuffer(640, 0), { first: 0, last: 1 }), buffer(64, -1, -1)])).toBe(0)
})
