import { describe, expect, test } from "vitest"
import { lines } from "./charts.ts"
import { activity, panels, phasePlane } from "./composed.ts"
import type { VegaLiteSpec } from "./spec.ts"
import { toSvg } from "./svg.ts"
import { dataColours, light } from "./theme.ts"

const count = (svg: string, pattern: RegExp) => (svg.match(new RegExp(pattern, "g")) ?? []).length

/** Vega-Lite replaces what it does not understand by nothing, with a warning; a figure must give it no reason. */
const drawn = async (spec: VegaLiteSpec) => {
  const svg = await toSvg(spec, "a b")
  expect(svg).toMatch(/^<svg /)
  expect(svg).not.toContain("NaN")
  return svg
}

test("panels stand in rows, each under its title", async () => {
  const spec = lines({ samples: [0, 1, 2].map((x) => ({ x, y: x })), x: "x", y: "y", width: 100, height: 80 })
  const svg = await drawn(
    panels(
      ["one", "two", "three"].map((title) => ({ title, spec })),
      2,
    ),
  )
  for (const title of ["one", "two", "three"]) expect(svg).toContain(`>${title}</text>`)
  expect(count(svg, /mark-line/)).toBe(3)
})

describe("activity", () => {
  const spikes = [
    { time: 1, neuron: 0 },
    { time: 7, neuron: 2 },
  ]

  test("every spike of every group, each group named, and its rate below", async () => {
    const rates = [0, 5, 10].map((time) => ({ time, rate: time }))
    const groups = ["E", "I"].map((name) => ({ name, neurons: 3, spikes, rates }))
    const svg = await drawn(activity({ groups, duration: 10 }))
    expect(count(svg, /aria-roledescription="tick"/)).toBe(4)
    for (const name of ["E", "I"]) expect(svg).toContain(`>${name}</text>`)
    expect(count(svg, /mark-line/)).toBe(2)
    for (const colour of dataColours.slice(0, 2)) expect(svg).toContain(`stroke="${colour}"`)
    // One axis of time for both.
    expect(count(svg, />time \(ms\)<\/text>/)).toBe(1)
  })

  test("without rates it is a raster; names of small groups keep apart", async () => {
    const groups = ["a", "b", "c"].map((name, i) => ({ name, neurons: i === 1 ? 1 : 100, spikes: [] }))
    const svg = await drawn(
      activity({ groups: [groups[0], groups[1], { ...groups[1], name: "d" }, groups[2]], duration: 10, height: 100 }),
    )
    expect(svg).not.toContain("mark-line")
    const places = [...svg.matchAll(/translate\(\d+(?:\.\d+)?,(-?\d+(?:\.\d+)?)\)"[^>]*>[abcd]<\/text>/g)].map((m) =>
      Number(m[1]),
    )
    expect(places.length).toBe(4)
    const sorted = places.sort((x, y) => x - y)
    expect(Math.min(...sorted.slice(1).map((y, i) => y - sorted[i]))).toBeGreaterThan(13)
  })
})

test("a phase plane has its nullclines, its path, and where it ends", async () => {
  const svg = await drawn(
    phasePlane({
      path: Array.from({ length: 20 }, (_, i) => ({ x: Math.cos(i / 3), y: Math.sin(i / 3) })),
      nullclines: ["v", "w"].flatMap((of, k) => [-1, 0, 1].map((x) => ({ of, x, y: k * x }))),
      x: "v (mV)",
      y: "w",
    }),
  )
  expect(count(svg, /aria-roledescription="line mark"/)).toBe(3)
  expect(count(svg, /aria-roledescription="point"/)).toBe(21)
  expect(svg).toContain(`stroke="${dataColours[1]}"`)
  expect(svg).toContain(light.ink)
})
