import fc from "fast-check"
import { expect, test } from "vitest"
import { forEachOffset, sizeOf } from "../../shape.ts"
import {
  flipView,
  isContiguous,
  loopAxes,
  newBuffer,
  reshapeView,
  sliceView,
  transposeView,
  type View,
  wholeView,
} from "./views.ts"

const offsets = ({ shape, strides, offset }: View): number[] => {
  const list: number[] = []
  forEachOffset(shape, strides, offset, (at) => list.push(at))
  return list
}

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })

/** Views of random transposes and slices. */
const views = shapes.chain((shape) =>
  fc
    .record({
      order: fc.shuffledSubarray(
        shape.map((_, i) => i),
        { minLength: shape.length },
      ),
      cut: fc.nat(shape.length - 1),
      flip: fc.boolean(),
    })
    .map(({ order, cut, flip }) => {
      const whole = transposeView(wholeView(newBuffer(sizeOf(shape) * 4), "f32", shape), order)
      const n = whole.shape[cut]
      const part = sliceView(
        whole,
        whole.shape.map((_, i) => (i === cut && n > 1 ? 1 : 0)),
        whole.shape.map((size, i) => (i === cut && n > 1 ? size - 1 : size)),
        whole.shape.map(() => 1),
      )
      return flip ? flipView(part, [cut]) : part
    }),
)

test("a reshape without a copy sees the same elements in the same order, or says that it needs one", () => {
  fc.assert(
    fc.property(views, shapes, (view, shape) => {
      const size = sizeOf(view.shape)
      const fitted = [...shape.filter((n) => size % n === 0).slice(0, 1), 1]
      const target = [size / fitted[0], ...fitted]
      const reshaped = reshapeView(view, target)
      if (reshaped !== undefined) expect(offsets(reshaped)).toEqual(offsets(view))
      else expect(isContiguous(view)).toBe(false)
    }),
  )
})

test("merged loops visit every operand's elements in the same order", () => {
  fc.assert(
    fc.property(views, (view) => {
      const axes = loopAxes(view.shape, [view.strides])
      expect(offsets({ ...view, shape: axes.map((a) => a.size), strides: axes.map((a) => a.strides[0]) })).toEqual(
        offsets(view),
      )
    }),
  )
  expect(loopAxes([4, 1, 6], [[6, 6, 1]])).toHaveLength(1)
  expect(loopAxes([4, 6], [[0, 1]])).toHaveLength(2)
})
