import { expect, test } from "vitest"
import { mnistFromDrawing } from "./hand-drawn.ts"

/** A filled box in a picture of `width` x `height`. */
function drawn(width: number, height: number, box: { x: number; y: number; w: number; h: number }): Float32Array {
  const ink = new Float32Array(width * height)
  for (let y = box.y; y < box.y + box.h; y++) for (let x = box.x; x < box.x + box.w; x++) ink[y * width + x] = 1
  return ink
}

function moments(data: ArrayLike<number>) {
  let [mass, x, y] = [0, 0, 0]
  const [columns, rows] = [new Set<number>(), new Set<number>()]
  for (let i = 0; i < 784; i++) {
    if (data[i] === 0) continue
    mass += data[i]
    x += data[i] * (i % 28)
    y += data[i] * Math.floor(i / 28)
    if (data[i] > 127) {
      columns.add(i % 28)
      rows.add(Math.floor(i / 28))
    }
  }
  return { x: x / mass, y: y / mass, width: columns.size, height: rows.size }
}

test.each([
  ["small in a corner", drawn(28, 28, { x: 1, y: 2, w: 3, h: 10 })],
  ["large", drawn(280, 280, { x: 100, y: 20, w: 60, h: 200 })],
  ["in a wide picture", drawn(100, 40, { x: 70, y: 5, w: 9, h: 30 })],
])("a stroke %s is 20 high and stands in the middle", (_, ink) => {
  const width = ink.length === 784 ? 28 : ink.length === 4000 ? 100 : 280
  const { x, y, width: wide, height } = moments(mnistFromDrawing(ink, width)!.data)
  expect(x).toBeCloseTo(13.5, 0)
  expect(y).toBeCloseTo(13.5, 0)
  expect(height).toBeGreaterThanOrEqual(19)
  expect(height).toBeLessThanOrEqual(21)
  expect(Math.abs(wide - 6)).toBeLessThanOrEqual(1)
})

test("the middle is the centre of mass, not of the box", () => {
  const ink = drawn(56, 56, { x: 10, y: 10, w: 40, h: 4 })
  drawn(56, 56, { x: 10, y: 14, w: 4, h: 36 }).forEach((x, i) => {
    ink[i] = Math.max(ink[i], x)
  })
  const { x, y } = moments(mnistFromDrawing(ink, 56)!.data)
  expect(x).toBeCloseTo(13.5, 0)
  expect(y).toBeCloseTo(13.5, 0)
})

test("an empty page is no digit", () => expect(mnistFromDrawing(new Float32Array(784), 28)).toBeUndefined())
test("rows must be whole", () => expect(() => mnistFromDrawing(new Float32Array(10), 3)).toThrow("not rows of 3"))
