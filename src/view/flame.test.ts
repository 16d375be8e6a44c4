import { expect, test } from "vitest"
import { drawFlame } from "./flame.ts"

const rects = (svg: string): { x: number; y: number; width: number }[] =>
  [...svg.matchAll(/<g>.*?<rect x="([\d.]+)" y="(\d+)" width="([\d.]+)"/g)].map(([, x, y, width]) => ({
    x: Number(x),
    y: Number(y),
    width: Number(width),
  }))

test("parts are as wide as their share and lie under their whole", () => {
  const svg = drawFlame({
    label: "all",
    value: 10,
    children: [
      { label: "a", value: 6, children: [{ label: "a1", value: 3 }] },
      { label: "b", value: 2.5 },
      { label: "a thousandth", value: 0.01 },
    ],
  })
  const [all, a, a1, b, ...more] = rects(svg)
  expect(more).toEqual([])
  expect(all).toEqual({ x: 0, y: 0, width: 959.4 })
  expect(a).toEqual({ x: 0, y: 22, width: 575.4 })
  expect(a1).toEqual({ x: 0, y: 44, width: 287.4 })
  expect(b).toEqual({ x: 576, y: 22, width: 239.4 })
  expect(svg).toContain('height="66"')
})

test("labels are escaped, cut to fit, and whole in the title", () => {
  const label = `<mul> & ${"x".repeat(200)}`
  const svg = drawFlame({ label, value: 1 })
  expect(svg).not.toContain("<mul>")
  expect(svg).toContain(`<title>&lt;mul&gt; &amp; ${"x".repeat(200)}</title>`)
  expect(svg).toContain("…</text>")
})

test("nothing measured is an empty figure", () => {
  expect(rects(drawFlame({ label: "all", value: 0 }))).toEqual([])
})
