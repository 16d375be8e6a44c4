import { describe, expect, test } from "vitest"
import { bars, heatmap, lines, raster } from "./charts.ts"
import type { VegaLiteSpec } from "./spec.ts"
import { toSvg } from "./svg.ts"
import { dataColours, light } from "./theme.ts"

const samples = ["ours", "theirs"].flatMap((series) => [0, 1, 2].map((x) => ({ x, y: x + series.length, series })))
const count = (svg: string, pattern: RegExp) => (svg.match(new RegExp(pattern, "g")) ?? []).length

/** Vega-Lite replaces what it does not understand by nothing, with a warning; a figure must give it no reason. */
const drawn = async (spec: VegaLiteSpec) => {
  const svg = await toSvg(spec, "a b")
  expect(svg).toMatch(/^<svg /)
  expect(svg).not.toContain("NaN")
  return svg
}

describe("lines", () => {
  test("one unnamed curve is ink, without a legend", async () => {
    const svg = await drawn(lines({ samples: [0, 1, 2].map((x) => ({ x, y: x * x })), x: "step", y: "loss" }))
    expect(count(svg, /mark-line/)).toBe(1)
    expect(svg).toContain(`stroke="${light.ink}"`)
    expect(svg).not.toContain("role-legend")
    expect(svg).toContain(">loss</text>")
  })

  test("several curves have colours in their fixed order, and dashes", async () => {
    const svg = await drawn(lines({ samples, x: "step", y: "accuracy" }))
    expect(svg).toContain(`stroke="${dataColours[0]}"`)
    expect(svg).toContain(`stroke="${dataColours[1]}"`)
    expect(svg).toContain('stroke-dasharray="7,3"')
  })

  test("a control is quiet, grey and dashed, and what is left alone is ink", async () => {
    const svg = await drawn(lines({ samples, x: "step", y: "accuracy", controls: ["theirs"] }))
    expect(svg).toMatch(new RegExp(`stroke="${light.quiet}"[^>]*stroke-dasharray="3,3"`))
    expect(svg).toMatch(new RegExp(`<path[^>]*stroke="${light.ink}"`))
    expect(svg).not.toContain(dataColours[0])
  })

  test("the paper's number is a rule with its label; bands and log scales work", async () => {
    const spread = samples.map((sample) => ({ ...sample, y: sample.y + 1, spread: 0.5 }))
    const y = { title: "bytes", scale: "log" } as const
    const svg = await drawn(lines({ samples: spread, x: "T", y, paper: { value: 4, label: "paper 4.0" } }))
    expect(svg).toContain(">paper 4.0</text>")
    expect(count(svg, /mark-area/)).toBe(2)
  })
})

test("bars stand in the order given, from zero, with their numbers", async () => {
  const spec = bars({
    bars: ["T = 6", "T = 12", "T = 24"].flatMap((label, i) => [
      { label, value: 100, series: "SLTT" },
      { label, value: 100 * 2 ** i, series: "BPTT" },
    ]),
    x: "",
    y: "kB",
    controls: ["BPTT"],
  })
  const svg = await drawn(spec)
  expect(count(svg, /aria-roledescription="bar"/)).toBe(6)
  expect(svg.indexOf("T = 6<")).toBeLessThan(svg.indexOf("T = 12<"))
  expect(svg).toContain(">400</text>")
})

test("a raster has one stroke a spike, within the time and neurons given", async () => {
  const spikes = [0, 1, 2, 3].map((time) => ({ time: time * 10, neuron: time }))
  const svg = await drawn(raster({ spikes, neurons: 8, duration: 50 }))
  expect(count(svg, /aria-roledescription="tick"/)).toBe(4)
  expect(svg).toContain(">time (ms)</text>")
  await drawn(raster({ spikes: [], neurons: 8, duration: 50 }))
})

test("a heatmap has one cell a value, the first row on top", async () => {
  const values = [
    [-1, 0, 1],
    [2, 3, 4],
  ]
  const svg = await drawn(
    heatmap({ values, x: "to", y: "from", value: "weight", diverging: true, rowLabels: ["E", "I"] }),
  )
  expect(count(svg, /aria-roledescription="rect mark"/)).toBe(6)
  expect(svg).toMatch(/from: E; [^"]*weight: 1/)
})

test("names of columns are turned where they would run into each other", async () => {
  const drawnWith = (columnLabels: string[]) =>
    drawn(heatmap({ values: [columnLabels.map(() => 1)], x: "to", y: "from", value: "weight", columnLabels }))
  const isTurned = (svg: string, name: string) => new RegExp(`rotate\\(320[^>]*>${name}<`).test(svg)
  expect(isTurned(await drawnWith(["E", "I"]), "E")).toBe(false)
  const long = Array.from({ length: 8 }, (_, i) => `population ${i}`)
  expect(isTurned(await drawnWith(long), "population 0")).toBe(true)
})

test("figures of one page keep their ids apart", async () => {
  const spec = heatmap({ values: [[0, 1]], x: "", y: "", value: "v" })
  const ids = (svg: string) => [...svg.matchAll(/ id="([^"]+)"/g)].map((match) => match[1])
  const [a, b] = [await toSvg(spec, "one"), await toSvg(spec, "two")]
  expect(ids(a).length).toBeGreaterThan(0)
  expect(ids(a).filter((id) => ids(b).includes(id))).toEqual([])
  for (const [, id] of a.matchAll(/url\(#([^)]+)\)/g)) expect(ids(a)).toContain(id)
})

test("a specification that makes no sense is an error", async () => {
  await expect(toSvg({ mark: "scribble", data: { values: [] } })).rejects.toThrow()
})
