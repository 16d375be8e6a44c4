/** Spikes of all layers in time, and the plastic weights. */
import { type FigureEvent, figure } from "../../src/run/index.ts"
import { light, type VegaLiteSpec } from "../../src/view/index.ts"
import { type Experiment, mixed, stress } from "./experiments.ts"
import { type Layer, layerNames, layers, type Memory, type Plastic, sizeOf } from "./model.ts"
import { nameOf, type TimedOperation } from "./operations.ts"
import type { Life, Raster } from "./simulation.ts"

interface Mark {
  readonly time: number
  readonly label: string
}

const rowHeight = { most: 9, whole: 560 }
/** Rows between two layers. */
const gap = 2

/** Bands of rows, one a layer, the first on top, in one picture. */
function bandedRaster(
  raster: Raster,
  shown: readonly Layer[],
  size: Pick<Memory, "cues" | "bits">,
  durationMs: number,
  marks: readonly Mark[],
): VegaLiteSpec {
  let rows = 0
  const bands = shown.map((name) => {
    const from = rows
    // A name needs the height of two rows.
    rows += Math.max(2, sizeOf(name, size)) + gap
    return { name, from, middle: (from + rows - gap) / 2, end: rows - gap / 2, title: layers[name].title }
  })
  const spikes = bands.flatMap(({ name, from }) =>
    raster[name].flatMap((fired, time) => fired.map((neuron) => ({ time, row: from + neuron + 0.5 }))),
  )
  const height = Math.min(rowHeight.whole, rows * rowHeight.most)
  const width = Math.min(680, Math.max(520, durationMs * 7))
  const x = {
    field: "time",
    type: "quantitative",
    title: "time (ms)",
    scale: { domain: [-1, durationMs], nice: false },
  }
  const row = (field: string) => ({
    field,
    type: "quantitative",
    axis: null,
    scale: { domain: [0, rows], nice: false, reverse: true },
  })
  return {
    width,
    height,
    layer: [
      {
        data: { values: bands.slice(0, -1) },
        mark: { type: "rule", color: light.hairline },
        encoding: { y: row("end") },
      },
      {
        data: { values: bands },
        mark: { type: "text", align: "right", baseline: "middle", dx: -8 },
        encoding: { y: row("middle"), x: { value: 0 }, text: { field: "title" } },
      },
      {
        data: { values: marks },
        mark: { type: "rule", color: light.stain, strokeWidth: 0.75, strokeDash: [3, 3] },
        encoding: { x },
      },
      {
        data: { values: marks },
        mark: {
          ...{ type: "text", align: "left", baseline: "line-bottom", lineBreak: "\n" },
          ...{ dx: 2, dy: -16, fontSize: 10, color: light.stain },
        },
        encoding: { x, y: { value: 0 }, text: { field: "label" } },
      },
      {
        data: { values: spikes },
        mark: {
          type: "tick",
          orient: "vertical",
          thickness: 2,
          size: Math.max(3.5, Math.min(7, (0.8 * height) / rows)),
          color: light.ink,
        },
        encoding: { x, y: row("row") },
      },
    ],
  }
}

const inTwoLines = (operation: TimedOperation): string => nameOf(operation).replace(/(: |(?<=content) )/, "\n")

const marksOf = (operations: readonly TimedOperation[]): Mark[] => {
  const gaps = operations.slice(1).map(({ atMs }, i) => atMs - operations[i].atMs)
  const room = Math.min(...gaps, 99)
  return operations.map((operation) => ({
    time: operation.atMs,
    // Long sequences have no room for their contents.
    label: operations.length > 16 ? "" : room < 9 ? operation.kind : inTwoLines(operation),
  }))
}

/** All layers of a sequence, its operations marked. */
export const rasterFigure = (
  { size, operations, durationMs }: Experiment,
  raster: Raster,
  id = "raster",
  title = "Experiment 1: the memory at work",
): FigureEvent =>
  figure(id, title, bandedRaster(raster, layerNames, size, durationMs, marksOf(operations)), {
    caption:
      "Every spike of every layer, neuron 0 of a layer on top. Learning fires a cue and its content three times; recalling fires one of them once, and the other half follows at the output.",
  })

export function stressFigure(raster: Raster): FigureEvent {
  const { operations, size, durationMs } = stress
  const starts = operations.filter(({ kind }, i) => kind !== operations[i - 1]?.kind)
  const names = { learn: "learn", cue: "by cue", content: "by one bit" }
  const marks = starts.map(({ kind, atMs }) => ({ time: atMs, label: names[kind] }))
  return figure(
    "stress",
    "Experiment 2: three rounds of learning, recall by cue, recall by single bits",
    bandedRaster(raster, ["InCue", "InCont", "OutCue", "OutCont"], size, durationMs, marks),
    { caption: "In the second round every cue is taught the complement of its content, in the third the first again." },
  )
}

const projections: readonly { name: Plastic; title: string }[] = [
  { name: "cueToContent", title: "cue to content" },
  { name: "contentToCue", title: "content to cue" },
]

const weightColour = (values: readonly { weight: number }[]) => ({
  field: "weight",
  type: "quantitative",
  title: "weight (nA)",
  scale: {
    range: [light.paper, light.stain],
    domain: [0, values.reduce((most, { weight }) => Math.max(most, weight), 1)],
  },
  legend: { orient: "top", titleOrient: "left", gradientLength: 160 },
})

/** The weight between a cue and a content bit, whichever of the two is presynaptic. */
const weightOf = (name: Plastic, weights: readonly (readonly number[])[], cue: number, bit: number): number =>
  name === "cueToContent" ? weights[cue][bit] : weights[bit][cue]

const indices = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

const weightPanel = { width: 190, height: 60 }

/** Both weight matrices of experiment 1, after each operation. */
export function weightsFigure({ weights }: Life): FigureEvent {
  const { size, operations, durationMs } = mixed
  const values = projections.flatMap(({ name, title }) =>
    operations.flatMap((operation, k) => {
      const after = (operations[k + 1]?.atMs ?? durationMs) - 1
      return indices(size.cues).flatMap((cue) =>
        indices(size.bits).map((bit) => ({
          ...{ projection: title, operation: `${k + 1}. ${nameOf(operation)}`, cue, bit },
          weight: weightOf(name, weights[name][after], cue, bit),
        })),
      )
    }),
  )
  const names = [...new Set(values.map(({ operation }) => operation))]
  const side = (field: string) => ({
    ...{ field, type: "ordinal", title: field },
    axis: { labelAngle: 0, ticks: false, domain: false, labelFontSize: 8, titleFontSize: 10, titlePadding: 2 },
  })
  return figure(
    "weights",
    "Experiment 1: what the plastic synapses hold after each operation",
    {
      data: { values },
      facet: {
        // Vega places horizontal names of rows unevenly: they are part of the panels instead.
        row: { field: "operation", type: "nominal", title: null, sort: names, header: { labels: false } },
        column: { field: "projection", type: "nominal", title: null, sort: projections.map(({ title }) => title) },
      },
      spacing: { row: 10, column: 0 },
      spec: {
        ...weightPanel,
        layer: [
          {
            mark: { type: "rect", stroke: light.hairline, strokeWidth: 0.25 },
            encoding: { x: side("bit"), y: side("cue"), color: weightColour(values) },
          },
          {
            transform: [
              { filter: `datum.cue === 0 && datum.bit === 0 && datum.projection === "${projections[1].title}"` },
            ],
            mark: { type: "text", align: "left", fontSize: 12 },
            encoding: {
              x: { value: weightPanel.width + 12 },
              y: { value: weightPanel.height / 2 },
              text: { field: "operation" },
            },
          },
        ],
      },
    },
    {
      caption:
        "A synapse learns when its presynaptic neuron fires the next time: what a cue was taught shows after it has been asked, and taught anew it has lost what it knew (cue 3, bits 5 and 6).",
    },
  )
}

/** The synapses of experiment 1 that ever learn something, millisecond by millisecond. */
export function weightsInTime({ weights }: Life): FigureEvent {
  const { size, durationMs } = mixed
  const values = projections.flatMap(({ name, title }) =>
    indices(size.cues).flatMap((cue) =>
      indices(size.bits).flatMap((bit) => {
        const course = weights[name].map((now) => weightOf(name, now, cue, bit))
        if (course.every((weight) => weight === 0)) return []
        return course.map((weight, ms) => ({
          projection: title,
          pair: `cue ${cue}, bit ${bit}`,
          ms,
          next: ms + 1,
          weight,
        }))
      }),
    ),
  )
  const pairs = [...new Set(values.map(({ pair }) => pair))].sort()
  return figure(
    "weights-in-time",
    "Experiment 1: the same weights in time",
    {
      data: { values },
      facet: {
        column: { field: "projection", type: "nominal", title: null, sort: projections.map(({ title }) => title) },
      },
      spec: {
        width: 330,
        height: { step: 15 },
        mark: { type: "rect" },
        encoding: {
          x: {
            ...{ field: "ms", type: "quantitative", title: "time (ms)" },
            scale: { domain: [0, durationMs], nice: false },
          },
          x2: { field: "next" },
          y: {
            field: "pair",
            type: "nominal",
            title: null,
            sort: pairs,
            axis: { labelFontSize: 9, ticks: false, domain: false },
          },
          color: weightColour(values),
        },
      },
    },
    { caption: "A weight changes only when its presynaptic neuron fires. Synapses that stay at 0 are left out." },
  )
}
