import { describe, expect, test } from "vitest"
import { hostRandom } from "../../engine/index.ts"
import { drawGraph } from "../circuit.ts"
import { derivative } from "./derivative.ts"
import { printExpression } from "./expression.ts"
import {
  compileTerm,
  drawTerm,
  erased,
  parseTerm,
  probe,
  randomTerm,
  randomValues,
  readDrawing,
  readingsOfTerm,
  stopsOf,
  wiresOf,
} from "./index.ts"

const attention = parseTerm(`let y=5 x=3 k=4 h=2
block "core" {
  einsum : y k h, x k h -> y x h | id : x k h ;
  softmax[x] : y x h -> y x h | id : x k h
} ;
einsum : y x h, x k h -> y k h`)

describe("what stands at a place of a drawing", () => {
  const svg = drawTerm(attention)
  const placed = readDrawing(svg)
  /** A place on a wire by the name at it, in the drawing's own coordinates. */
  const labelled = (name: string): [number, number] => {
    const [, x, y] = new RegExp(`<text class="axis" x="(\\d+)" y="(\\d+)">${name}`).exec(svg) as RegExpExecArray
    return [Number(x), Number(y) + 3]
  }

  test("wires, boxes, sections, and nothing outside", () => {
    expect(probe(placed, ...labelled("y:5"))).toMatchObject({
      kind: "wire",
      text: "y:5, a wire of y k h: 5 × 4 × 2 (real)",
      path: "0",
    })
    const [, cx, cy] = /data-op="softmax".*?<text x="([\d.]+)" y="([\d.]+)"/.exec(svg) as RegExpExecArray
    expect(probe(placed, Number(cx), Number(cy))?.text).toBe(
      "softmax: y x h: 5 × 3 × 2 (real) → y x h: 5 × 3 × 2 (real)",
    )
    const [x, y] = labelled("k:4")
    expect(probe(placed, x, y + 7)).toMatchObject({ kind: "section", text: expect.stringContaining("88 numbers") })
    expect(probe(placed, -50, -50)).toBeUndefined()
  })

  test("sections are known by the paths under which a run tells their values, in blocks and across rows too", () => {
    for (const term of [attention, ...Array.from({ length: 20 }, (_, i) => randomTerm(i))])
      for (const width of [250, 1100]) {
        const { inputs, parameters } = randomValues(term, 1)
        const told = new Map<string, number[]>()
        compileTerm(term, parameters, (path, values) =>
          told.set(
            path,
            values.map((v) => v.size),
          ),
        )(...inputs)
        const { sections } = readDrawing(drawTerm(term, { width }))
        for (const [path, sizes] of told) {
          const own = sections.filter((s) => s.path === path)
          expect(own.length).toBeGreaterThan(0)
          for (const { lanes } of own)
            expect(lanes.map(({ array }) => array.axes.reduce((n, a) => n * a.size, 1))).toEqual(sizes)
        }
      }
  })

  test("stops go from left to right, and every section has its wires", () => {
    const stops = stopsOf(placed)
    expect(stops.map((s) => s.left)).toEqual(stops.map((s) => s.left).sort((a, b) => a - b))
    expect(stops.filter((s) => s.kind === "box").length).toBe(3)
    expect(wiresOf(placed, "0").length).toBe(9)
    expect(wiresOf(placed, "nothing")).toEqual([])
  })
})

describe("axes erased", () => {
  test("names and arrows are left", () => {
    const { nodes, edges } = erased(attention)
    expect(nodes.map((n) => n.label)).toEqual(["input 1", "input 2", "input 3", "Σ", "softmax", "Σ", "output"])
    expect(edges.length).toBe(6)
    expect(drawGraph({ nodes, edges })).not.toContain("k h")
  })

  test("what cannot be listed is not counted", () => {
    const random = hostRandom(1)
    expect(readingsOfTerm(attention, () => random.uniform())).toBeUndefined()
    const twice = parseTerm("let y=3 x=3\nsoftmax[x] : y x -> y x ;\nexp : y x -> y x")
    expect(readingsOfTerm(twice, () => random.uniform())).toEqual({ readings: 2, functions: 2 })
  })
})

test("slopes of elementwise functions are the engine's", () => {
  const slope = (f: string, by: number) => printExpression(derivative(f, by, ["real", "real"]))
  expect(slope("mul(a,b)", 0)).toBe("b")
  expect(slope("add(a,b)", 1)).toBe("1")
  expect(slope("sub(a,b)", 1)).toBe("-1")
  expect(slope("exp(a)", 1)).toBe("0")
  expect(slope("sin(a)", 0)).toBe("cos(a)")
})
