/** Figures made of others. */
import type { VegaLiteSpec } from "./spec.ts"
import { dataColours, light } from "./theme.ts"

export interface Panel {
  readonly title: string
  readonly spec: VegaLiteSpec
}

/** Figures side by side, each under its title, in rows of so many. */
export const panels = (list: readonly Panel[], columns: number): VegaLiteSpec => ({
  columns,
  // Plots stand in line with one another, whatever their axes and titles take beside them.
  bounds: "flush",
  spacing: { row: 76, column: 64 },
  concat: list.map(({ title, spec }) => titled(title, spec)),
})

/** A title of Vega's stands above everything that sticks out of a plot; as a mark of its own it has one place in all panels. */
const titled = (title: string, spec: VegaLiteSpec): VegaLiteSpec =>
  "layer" in spec
    ? {
        ...spec,
        layer: [
          ...(spec.layer as object[]),
          {
            data: { values: [{ title }] },
            mark: { type: "text", x: 0, y: -12, align: "left", color: light.ink },
            encoding: { text: { field: "title" } },
          },
        ],
      }
    : { ...spec, title: { text: title, fontSize: 12, offset: 6 } }

export interface SpikeGroup {
  readonly name: string
  readonly neurons: number
  /** One entry a spike. */
  readonly spikes: readonly { readonly time: number; readonly neuron: number }[]
  /** Rate in time, in Hz; drawn below the spikes. */
  readonly rates?: readonly { readonly time: number; readonly rate: number }[]
}

export interface ActivityOptions {
  /** From below upwards. */
  readonly groups: readonly SpikeGroup[]
  readonly duration: number
  readonly timeTitle?: string
  readonly width?: number
  readonly height?: number
}

/** Spikes of several groups of neurons, one above the other and each named at its side, and their rates below. */
export function activity(options: ActivityOptions): VegaLiteSpec {
  const { groups, duration, timeTitle = "time (ms)", width = 460, height = 240 } = options
  const neurons = groups.reduce((sum, group) => sum + group.neurons, 0)
  let below = 0
  const placed = groups.map((group) => {
    const from = below
    below += group.neurons
    return { ...group, from }
  })
  const names = groups.map(({ name }) => name)
  // So many colours are told apart; with more groups, neighbours alternate.
  const colours = names.map((_, i) => (groups.length <= dataColours.length ? dataColours[i] : dataColours[i % 2]))
  const color = {
    field: "group",
    type: "nominal",
    title: null,
    sort: names,
    scale: { domain: names, range: colours },
    legend: null,
  }
  const time = (isLast: boolean) => ({
    field: "time",
    type: "quantitative",
    title: isLast ? timeTitle : null,
    scale: { domain: [0, duration], nice: false },
    axis: isLast ? {} : { labels: false },
  })
  const place = (field: string) => ({
    field,
    type: "quantitative",
    title: null,
    scale: { domain: [0, neurons], nice: false },
    axis: null,
  })
  const rates = placed.flatMap(({ name, rates = [] }) => rates.map((one) => ({ ...one, group: name })))
  const spikes = {
    width,
    height,
    layer: [
      {
        data: {
          values: placed.flatMap(({ name, from, spikes }) =>
            spikes.map(({ time, neuron }) => ({ time, neuron: from + neuron + 0.5, group: name })),
          ),
        },
        mark: {
          type: "tick",
          orient: "vertical",
          thickness: 1,
          size: Math.max(2.5, Math.min(8, height / neurons)),
        },
        encoding: {
          x: time(rates.length === 0),
          y: place("neuron"),
          color,
        },
      },
      {
        data: { values: apart(placed, (14 * neurons) / height) },
        mark: { type: "text", align: "left", dx: 6, x: "width" },
        encoding: { y: place("middle"), text: { field: "group" }, color },
      },
      {
        data: { values: placed.slice(1).map(({ from }) => ({ from })) },
        mark: { type: "rule", strokeWidth: 0.5, color: light.hairline },
        encoding: { y: place("from") },
      },
    ],
  }
  if (rates.length === 0) return spikes
  return {
    spacing: 8,
    vconcat: [
      spikes,
      {
        width,
        height: 70,
        data: { values: rates },
        mark: { type: "line", strokeWidth: 1 },
        encoding: {
          x: time(true),
          y: { field: "rate", type: "quantitative", title: "rate (Hz)", axis: { tickCount: 3 } },
          color,
        },
      },
    ],
  }
}

/** Where the names of groups stand: at their middles, but at least `distance` neurons apart. */
function apart(
  groups: readonly { readonly name: string; readonly from: number; readonly neurons: number }[],
  distance: number,
) {
  let last = Number.NEGATIVE_INFINITY
  return groups.map(({ name, from, neurons }) => {
    last = Math.max(from + neurons / 2, last + distance)
    return { group: name, middle: last }
  })
}

export interface PhasePlaneOptions {
  /** Where the state was, at equal distances of time. */
  readonly path: readonly { readonly x: number; readonly y: number }[]
  /** Where a variable stands still, by its name. */
  readonly nullclines: readonly { readonly of: string; readonly x: number; readonly y: number }[]
  readonly x: string
  readonly y: string
  readonly width?: number
  readonly height?: number
}

/** The plane of two variables: nullclines, and the path of a state as points at equal distances of time, where it ends a larger one. */
export function phasePlane(options: PhasePlaneOptions): VegaLiteSpec {
  const { path, nullclines, x, y, width = 300, height = 240 } = options
  const names = [...new Set(nullclines.map(({ of }) => of))]
  const position = {
    x: { field: "x", type: "quantitative", title: x, scale: { zero: false }, axis: { tickCount: 5 } },
    y: { field: "y", type: "quantitative", title: y, scale: { zero: false }, axis: { tickCount: 5 } },
  }
  return {
    width,
    height,
    layer: [
      {
        data: { values: nullclines },
        mark: { type: "line", clip: true },
        encoding: {
          ...position,
          color: {
            field: "of",
            type: "nominal",
            title: null,
            sort: names,
            scale: { domain: names, range: names.map((_, i) => dataColours[i]) },
            legend: { symbolType: "stroke", symbolSize: 160, symbolOpacity: 1, orient: "top" },
          },
        },
      },
      {
        data: { values: path.map((point, i) => ({ ...point, i })) },
        layer: [
          {
            mark: { type: "line", strokeWidth: 0.5, color: light.quiet, clip: true },
            encoding: { ...position, order: { field: "i" } },
          },
          { mark: { type: "point", size: 5, color: light.ink, filled: true, clip: true }, encoding: position },
        ],
      },
      {
        data: { values: path.slice(-1) },
        mark: { type: "point", size: 60, color: light.ink, filled: true },
        encoding: position,
      },
    ],
  }
}
