import { expect, test } from "vitest"
import { drawGraph } from "./circuit.ts"

const boxes = (svg: string) =>
  [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"[^>]*>.*?>([^<]*)<\/text>/g)].map(
    ([, x, y, width, label]) => ({ x: Number(x), y: Number(y), width: Number(width), label }),
  )

test("boxes stand from left to right in the order of computing, and do not overlap", () => {
  const svg = drawGraph({
    nodes: ["readout", "hidden", "image", "noise"].map((id) => ({ id, label: id })),
    edges: [
      { from: "image", to: "hidden" },
      { from: "noise", to: "hidden" },
      { from: "hidden", to: "readout" },
    ],
  })
  const at = Object.fromEntries(boxes(svg).map((box) => [box.label, box]))
  expect(at.image!.x).toBe(at.noise!.x)
  expect(at.image!.y).not.toBe(at.noise!.y)
  expect(at.hidden!.x).toBeGreaterThan(at.image!.x + at.image!.width)
  expect(at.readout!.x).toBeGreaterThan(at.hidden!.x + at.hidden!.width)
})

test("loops run back, dashed, and change no order", () => {
  const svg = drawGraph({
    nodes: [
      { id: "u", label: "u" },
      { id: "s", label: "s" },
    ],
    edges: [
      { from: "u", to: "u", label: "leak" },
      { from: "u", to: "s" },
      { from: "s", to: "u", label: "reset" },
    ],
  })
  const [u, s] = boxes(svg)
  expect(s!.x).toBeGreaterThan(u!.x)
  expect(svg.match(/stroke-dasharray/g)).toHaveLength(2)
  expect(svg).toContain(">reset</text>")
})

test("labels are escaped", () => {
  expect(drawGraph({ nodes: [{ id: "a", label: "u < θ & s" }], edges: [] })).toContain(">u &lt; θ &amp; s</text>")
})

test("an edge to nowhere is an error", () => {
  expect(() => drawGraph({ nodes: [], edges: [{ from: "a", to: "b" }] })).toThrow('the drawing has no node "a"')
})
