/** The pictures and the table of a run. */
import { figure, type RunEvent, table } from "../../src/run/index.ts"
import { bars, dataColours, formatNumber, lines, type Sample, type VegaLiteSpec } from "../../src/view/index.ts"
import {
  aloneId,
  frozenId,
  oppositeId,
  opposites,
  oppositesInPaper,
  pairId,
  pairs,
  sizeId,
  sizesOf,
  type Values,
} from "./conditions.ts"
import type { example, Moments, Summary } from "./experiment.ts"
import { episodesOf, meanCurve } from "./measures.ts"
import { algotypes, damageModes } from "./model.ts"

export type Results = Readonly<Record<string, Summary>>

const control = "labels that do nothing"

/** Everything that can be shown of the conditions that were run. */
export function* pictures(p: Values, results: Results): Generator<RunEvent, void, void> {
  for (const values of ["distinct", "repeated"] as const) {
    const samples = aggregationSamples(results, values)
    if (samples.length === 0) continue
    const title = values === "distinct" ? "Cells of a kind cluster while they sort" : "Clustering where values repeat"
    const curves = lines({ samples, x: "swaps done (%)", y: "aggregation", controls: [control], points: false })
    const spec = { ...curves, config: { legend: { columns: 2, labelLimit: 400 } } }
    const caption =
      "Mean share of neighbours of the same algotype, of two algotypes half and half. Cells cannot see types."
    yield figure(`aggregation-${values}`, title, spec, { caption })
  }
  if (results[aloneId("bubble")] === undefined) return
  yield figure("steps", "Steps to sort", stepsSpec(results), {
    caption:
      "The paper's accounting: comparisons and swaps of the textbook sort, activations with reason to move of the cells.",
  })
  if (p.frozenUpTo > 0) {
    yield figure(
      "damage",
      "Errors left with movable frozen cells",
      againstFrozen(p, results, "movable", "errors", "errors"),
    )
    const gratification = againstFrozen(p, results, "immovable", "gratification", "delayed gratification")
    yield figure("gratification", "Delayed gratification with immovable frozen cells", gratification)
  }
  if (sizesOf(p).length > 0) yield figure("sizes", "Steps against the number of cells", sizesSpec(p, results))
  yield* tables(p, results)
}

function aggregationSamples(results: Results, values: "distinct" | "repeated"): Sample[] {
  const curve = (series: string, y: readonly number[]) => y.map((value, x) => ({ x, y: value, series }))
  const samples = pairs.flatMap((pair) => {
    const result = results[pairId(pair, values)]
    return result === undefined ? [] : curve(pair.join(" + "), result.aggregation)
  })
  const labels = algotypes.flatMap((type) => results[aloneId(type)] ?? []).map(({ aggregation }) => aggregation)
  return samples.length === 0 ? [] : [...samples, ...curve(control, meanCurve(labels))]
}

const stepsSpec = (results: Results): VegaLiteSpec =>
  bars({
    bars: algotypes.flatMap((label) => {
      const { measures } = results[aloneId(label)]
      return [
        { label, value: measures.steps.mean, series: "cells" },
        { label, value: measures["traditional/steps"].mean, series: "textbook" },
      ]
    }),
    x: "algotype",
    y: "steps",
    controls: ["textbook"],
  })

/** A measure against the number of frozen cells, one panel an algotype, cells beside the textbook. */
function againstFrozen(p: Values, results: Results, damage: string, measure: string, title: string): VegaLiteSpec {
  const panel = (type: (typeof algotypes)[number]) => {
    const samples = Array.from({ length: p.frozenUpTo + 1 }, (_, x) => {
      const { measures } = results[frozenId(type, damage, x)]
      const sample = (series: string, { mean, error }: Moments): Sample => ({ x, y: mean, series, spread: error })
      return [sample("cells", measures[measure]), sample("textbook", measures[`traditional/${measure}`])]
    }).flat()
    const spec = lines({ samples, x: "frozen cells", y: title, controls: ["textbook"], width: 180, height: 180 })
    return { ...spec, title: type }
  }
  return { hconcat: algotypes.map(panel) }
}

function sizesSpec(p: Values, results: Results): VegaLiteSpec {
  const sizes = [...sizesOf(p), p.cells].sort((a, b) => a - b)
  const samples = algotypes.flatMap((type) =>
    sizes.map((x) => {
      const { measures } = results[x === p.cells ? aloneId(type) : sizeId(type, x)]
      return { x, y: measures.steps.mean, series: type }
    }),
  )
  return lines({ samples, x: { title: "cells", scale: "log" }, y: { title: "steps", scale: "log" } })
}

function* tables(p: Values, results: Results): Generator<RunEvent, void, void> {
  const conditions = algotypes.flatMap((type) => [
    { type, damage: "none", frozen: 0 },
    ...damageModes.flatMap((damage) =>
      Array.from({ length: p.frozenUpTo }, (_, i) => ({ type, damage: damage as string, frozen: i + 1 })),
    ),
  ])
  const columns = [
    "algotype",
    "frozen",
    "damage",
    "errors",
    "textbook",
    "steps",
    "textbook",
    "swaps",
    "textbook",
    "DG",
    "textbook",
  ]
  const rows = conditions.map(({ type, damage, frozen }) => {
    const { measures } = results[frozenId(type, damage, frozen)]
    const both = (name: string) => [withError(measures[name]), withError(measures[`traditional/${name}`])]
    return [type, frozen, damage, ...both("errors"), ...both("steps"), ...both("swaps"), ...both("gratification")]
  })
  yield table("cells", "Cells and the textbook sorts, means with standard errors", columns, rows)
  const goals = opposites.flatMap((pair, i) => {
    const result = results[oppositeId(pair)]
    return result === undefined ? [] : [[pair[0], pair[1], withError(result.measures.sortedness), oppositesInPaper[i]]]
  })
  if (goals.length > 0) {
    yield table(
      "opposite",
      "Sortedness where goals are opposite",
      ["downwards", "upwards", "sortedness", "paper, 100 cells"],
      goals,
    )
  }
}

const withError = ({ mean, error }: Moments): string =>
  error === 0 ? formatNumber(mean) : `${formatNumber(mean)} ± ${formatNumber(Number(error.toPrecision(2)))}`

/** One chimera while it sorts: the array at the start, at the peak of aggregation and at the end, then its curves. */
export function* exampleFigures(name: string, shown: ReturnType<typeof example>): Generator<RunEvent, void, void> {
  const { snapshots, aggregation, errors } = shown
  const peak = aggregation.indexOf(Math.max(...aggregation))
  const moments = [0, peak, snapshots.length - 1]
  const kinds = algotypes.filter((type) => snapshots[0].types.includes(type))
  const panel = (moment: number): VegaLiteSpec => ({
    title: `after ${snapshots[moment].swaps} swaps`,
    data: {
      values: snapshots[moment].values.map((value, position) => ({
        position,
        value: value + 1,
        algotype: snapshots[moment].types[position],
      })),
    },
    width: 200,
    height: 140,
    mark: { type: "bar", binSpacing: 0 },
    encoding: {
      x: { field: "position", type: "ordinal", axis: { labels: false, ticks: false } },
      y: { field: "value", type: "quantitative", axis: null },
      color: {
        field: "algotype",
        type: "nominal",
        scale: { domain: kinds, range: kinds.map((kind) => dataColours[algotypes.indexOf(kind)]) },
      },
    },
  })
  yield figure(
    "array",
    `One array of ${name} cells`,
    { hconcat: moments.map(panel) },
    {
      caption:
        "The height is the value of a cell, the colour its algotype: at the start, where most neighbours are alike, at the end.",
    },
  )
  yield figure("episodes", "Errors of that array, and its episodes of delayed gratification", episodesSpec(errors), {
    caption: "The dots are the tops of the twelve largest losses of order, each followed by a gain.",
  })
}

function episodesSpec(errors: readonly number[]): VegaLiteSpec {
  const curve = lines({ samples: errors.map((y, x) => ({ x, y })), x: "swaps", y: "errors", points: false })
  const tops = episodesOf(errors)
    .sort((a, b) => errors[b.top] - errors[b.from] - (errors[a.top] - errors[a.from]))
    .slice(0, 12)
    .map(({ top }) => ({ x: top, y: errors[top] }))
  const position = { x: { field: "x", type: "quantitative" }, y: { field: "y", type: "quantitative" } }
  const dots = { data: { values: tops }, mark: { type: "point", color: dataColours[1], size: 40 }, encoding: position }
  return { ...curve, layer: [...(curve.layer as object[]), dots] }
}
