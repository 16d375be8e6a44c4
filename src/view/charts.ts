/** Common figures, as Vega-Lite specifications. */
import { textWidth } from "./ncd/measure.ts"
import type { VegaLiteSpec } from "./spec.ts"
import { controlDash, dataColours, dataDashes, light } from "./theme.ts"

/** A quantity on an axis: its label and unit as a reader sees them, and its scale. */
export interface Quantity {
  readonly title: string
  readonly scale?: "linear" | "log"
  /** The range shown; by default that of the data, with zero where the figure's kind needs it. */
  readonly domain?: readonly [number, number]
}

/** The number that the paper printed, drawn as a thin rule across the figure with its label in the margin. */
export interface PaperNumber {
  readonly value: number
  readonly label: string
}

export interface Sample {
  readonly x: number
  readonly y: number
  /** The name of the curve. One curve, unnamed, is drawn in ink. */
  readonly series?: string
  /** Half the width of the band around the curve, in units of y. */
  readonly spread?: number
}

export interface LinesOptions {
  readonly samples: readonly Sample[]
  readonly x: string | Quantity
  readonly y: string | Quantity
  /** The series that are controls: quiet, grey, dashed. */
  readonly controls?: readonly string[]
  readonly paper?: PaperNumber
  /** Marks each sample; by default when there are few. */
  readonly points?: boolean
  readonly width?: number
  readonly height?: number
}

/** Curves over x, one a series, with a band where samples have a spread. */
export function lines(options: LinesOptions): VegaLiteSpec {
  const { samples, controls = [], paper, width = 460, height = 240 } = options
  const x = quantity(options.x)
  const y = quantity(options.y)
  const series = distinct(samples.map((sample) => sample.series))
  const look = seriesLook(series, controls, "stroke")
  const points = options.points ?? samples.length <= 24 * Math.max(1, series.length)
  const position = {
    x: { field: "x", type: "quantitative", title: x.title, scale: scaleOf(x, false) },
    y: { field: "y", type: "quantitative", title: y.title, scale: scaleOf(y, false) },
  }
  const layers: object[] = []
  if (samples.some((sample) => sample.spread !== undefined)) {
    const upper = { field: "upper", type: "quantitative", title: y.title }
    layers.push({
      mark: { type: "area", opacity: 0.15 },
      transform: [
        { calculate: "datum.y - (datum.spread || 0)", as: "lower" },
        { calculate: "datum.y + (datum.spread || 0)", as: "upper" },
      ],
      encoding: { ...position, y: { ...position.y, field: "lower" }, y2: { field: upper.field }, ...look.fill },
    })
  }
  layers.push({
    mark: { type: "line", ...(series.length === 0 ? { color: light.ink } : {}) },
    encoding: { ...position, ...look.line },
  })
  if (points) layers.push({ mark: { type: "point" }, encoding: { ...position, ...look.fill } })
  return { data: { values: samples }, width, height, layer: [...layers, ...paperLayers(paper, "y")] }
}

export interface Bar {
  readonly label: string
  readonly value: number
  /** Bars of the same label stand side by side, one a series. */
  readonly series?: string
}

export interface BarsOptions {
  readonly bars: readonly Bar[]
  readonly x: string
  readonly y: string | Quantity
  readonly controls?: readonly string[]
  readonly paper?: PaperNumber
  readonly height?: number
  /** How the number on a bar is written, in d3's notation. Default ".3~s": three digits and a prefix, as 1.25k. */
  readonly format?: string
}

/** Bars from zero, in the order given, each with its number on top. */
export function bars(options: BarsOptions): VegaLiteSpec {
  const { controls = [], paper, height = 240, format = ".3~s" } = options
  const y = quantity(options.y)
  const series = distinct(options.bars.map((bar) => bar.series))
  const look = seriesLook(series, controls, "square")
  const offset = series.length > 1 ? { xOffset: { field: "series", sort: series } } : {}
  const position = {
    x: { field: "label", type: "nominal", title: options.x, sort: null, axis: { labelAngle: 0 } },
    y: { field: "value", type: "quantitative", title: y.title, scale: scaleOf(y, true) },
    ...offset,
  }
  const numbers = {
    mark: { type: "text", dy: -6, fontSize: 10 },
    encoding: { ...position, text: { field: "value", type: "quantitative", format } },
  }
  const marks = { mark: { type: "bar" }, encoding: { ...position, ...look.fill } }
  return {
    data: { values: options.bars },
    width: { step: series.length > 1 ? 26 : 52 },
    height,
    layer: [marks, numbers, ...paperLayers(paper, "y")],
  }
}

export interface RasterOptions {
  /** One entry a spike. */
  readonly spikes: readonly { readonly time: number; readonly neuron: number }[]
  readonly neurons: number
  readonly duration: number
  /** With its unit: "time step", "time (ms)". */
  readonly timeTitle?: string
  readonly width?: number
  readonly height?: number
}

/** A raster: one short stroke a spike, time to the right, neurons upwards. */
export function raster(options: RasterOptions): VegaLiteSpec {
  const { spikes, neurons, duration, timeTitle = "time (ms)", width = 460, height = 240 } = options
  return {
    data: { values: spikes },
    width,
    height,
    mark: {
      type: "tick",
      orient: "vertical",
      thickness: 1,
      size: Math.max(1.5, Math.min(8, height / neurons)),
      color: light.ink,
    },
    encoding: {
      x: { field: "time", type: "quantitative", title: timeTitle, scale: { domain: [0, duration], nice: false } },
      y: {
        field: "neuron",
        type: "quantitative",
        title: "neuron",
        scale: { domain: [0, neurons], nice: false },
        axis: { grid: false },
      },
    },
  }
}

export interface HeatmapOptions {
  /** `[rows][columns]` */
  readonly values: readonly (readonly number[])[]
  readonly x: string
  readonly y: string
  /** What the colour means, with its unit. */
  readonly value: string
  readonly rowLabels?: readonly string[]
  readonly columnLabels?: readonly string[]
  /** Values around zero: one colour below, another above. */
  readonly diverging?: boolean
  readonly width?: number
  readonly height?: number
}

/** A matrix as coloured cells, the first row on top. */
export function heatmap(options: HeatmapOptions): VegaLiteSpec {
  const { values, rowLabels, columnLabels, diverging = false, width = 320, height = 320 } = options
  const cells = values.flatMap((row, i) =>
    row.map((value, j) => ({ row: rowLabels?.[i] ?? i, column: columnLabels?.[j] ?? j, value })),
  )
  const largest = cells.reduce((most, cell) => Math.max(most, Math.abs(cell.value)), 0)
  const range = diverging ? [dataColours[1], light.paper, dataColours[0]] : [light.paper, light.stain]
  const domain = diverging ? { domain: [-largest, 0, largest] } : {}
  const side = (title: string, labels: readonly string[] | undefined, count: number, labelAngle = 0) => ({
    type: labels === undefined ? "ordinal" : "nominal",
    title,
    sort: labels === undefined ? "ascending" : null,
    axis: { labelAngle, ticks: false, domain: false, values: labels ?? everyFew(count) },
  })
  // Names that would run into each other are turned.
  const room = width / (columnLabels?.length ?? 1)
  const turned = columnLabels?.some((label) => textWidth(label, 12) > room) ? -40 : 0
  return {
    data: { values: cells },
    width,
    height,
    mark: { type: "rect" },
    encoding: {
      x: { field: "column", ...side(options.x, columnLabels, values[0]?.length ?? 0, turned) },
      y: { field: "row", ...side(options.y, rowLabels, values.length) },
      color: {
        field: "value",
        type: "quantitative",
        title: options.value,
        scale: { range, ...domain },
        legend: { orient: "right" },
      },
    },
  }
}

const quantity = (of: string | Quantity): Quantity => (typeof of === "string" ? { title: of } : of)

const scaleOf = ({ scale = "linear", domain }: Quantity, zero: boolean): object => ({
  type: scale,
  ...(scale === "linear" ? { zero } : {}),
  ...(domain === undefined ? {} : { domain, nice: false }),
})

const distinct = (names: readonly (string | undefined)[]): string[] => [
  ...new Set(names.filter((name) => name !== undefined)),
]

/** Colour and dash of each series: controls quiet and dashed, the others in the fixed order; one alone in ink. */
function seriesLook(
  series: readonly string[],
  controls: readonly string[],
  symbol: "stroke" | "square",
): { line: object; fill: object } {
  if (series.length === 0) return { line: {}, fill: {} }
  const ours = series.filter((name) => !controls.includes(name))
  const colourOf = (name: string): string => {
    if (controls.includes(name)) return light.quiet
    return ours.length === 1 ? light.ink : dataColours[ours.indexOf(name) % dataColours.length]!
  }
  const dashOf = (name: string): readonly number[] =>
    controls.includes(name) ? controlDash : dataDashes[ours.indexOf(name) % dataDashes.length]!
  // A band or points that share the colour do not change what the legend shows.
  const legend = { symbolType: symbol, symbolOpacity: 1 }
  const key = { field: "series", type: "nominal", title: null, sort: series, legend }
  const color = { ...key, scale: { domain: series, range: series.map(colourOf) } }
  const strokeDash = { ...key, scale: { domain: series, range: series.map(dashOf) } }
  return { line: { color, strokeDash }, fill: { color } }
}

function paperLayers(paper: PaperNumber | undefined, axis: "x" | "y"): object[] {
  if (paper === undefined) return []
  const data = { values: [{ paper: paper.value, label: paper.label }] }
  const place = { [axis]: { field: "paper", type: "quantitative" } }
  const label = { type: "text", align: "left", baseline: "middle", dx: 4, x: "width" }
  return [
    { data, mark: { type: "rule", strokeWidth: 0.75, color: light.ink }, encoding: place },
    { data, mark: label, encoding: { ...place, text: { field: "label" } } },
  ]
}

/** At most about ten of `count` indices, at round distances. */
function everyFew(count: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((one) => count / one <= 10) ?? Math.ceil(count / 10)
  return Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step)
}
