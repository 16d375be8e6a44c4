/** The pictures and the table of neurons, and of codes of images. */
import { type FigureEvent, figure, type TableEvent, table } from "../../src/run/index.ts"
import { bars, formatNumber, light, lines, type Sample, type VegaLiteSpec } from "../../src/view/index.ts"
import { type CodeOverlaps, codeSetting } from "./codes.ts"
import { integers, logRate } from "./figures.ts"
import type { NoisySetting } from "./model.ts"
import { type NeuronResult, neuronKinds } from "./neuron.ts"
import { neuronSizes } from "./plan.ts"
import { falsePositive, neuronFalsePositive, noisyMiss } from "./theory.ts"

const shortNames = { segments: "segments", sum: "sum", or: "OR" } as const
const kindNames = { segments: "segments", sum: "point neuron, sum", or: "point neuron, OR" } as const

/** The point neuron is the control, and drawn as one. */
function falseFireBars(patterns: number, result: NeuronResult): VegaLiteSpec {
  const spec = bars({
    bars: neuronKinds.map((kind) => ({ label: shortNames[kind], value: 100 * result[kind].falseFire })),
    x: "",
    y: { title: "false fires (%)", domain: [0, 100] },
    height: 180,
    format: ".2~f",
  })
  const [marks, ...rest] = spec.layer as { readonly encoding: object }[]
  const color = {
    condition: { test: `datum.label === "${shortNames.segments}"`, value: light.ink },
    value: light.quiet,
  }
  const layer = [{ ...marks, encoding: { ...marks.encoding, color } }, ...rest]
  return { ...spec, title: `${patterns} patterns`, layer }
}

export const neuronsFigure = (results: Readonly<Record<number, NeuronResult>>): FigureEvent =>
  figure(
    "neurons",
    "Random patterns that a neuron mistakes for stored ones",
    { hconcat: neuronSizes.map((patterns) => falseFireBars(patterns, results[patterns])) },
    {
      caption:
        "The same patterns and synapses, on segments, or on one soma that adds them (sum) or merges them (OR). The soma's threshold lets it miss 1 % of noisy patterns.",
    },
  )

/** Overlaps of stored and of random patterns, for the segments and for the point neuron. */
export function overlapsFigure({ patterns, n, a }: NoisySetting, result: NeuronResult): FigureEvent {
  const panel = (kind: "segments" | "sum", x: string): VegaLiteSpec => {
    const { storedScores, randomScores, threshold } = result[kind]
    const shares = (scores: typeof storedScores, series: string): Sample[] => {
      const total = scores.reduce((sum, [, count]) => sum + count, 0)
      const counts = new Map(scores)
      const all = scores.map(([score]) => score)
      return integers(Math.max(0, Math.min(...all) - 1), Math.max(...all) + 1).map((score) => ({
        x: score,
        y: (100 * (counts.get(score) ?? 0)) / total,
        series,
      }))
    }
    const curves = lines({
      samples: [...shares(storedScores, "stored, noisy"), ...shares(randomScores, "random")],
      x,
      y: "patterns (%)",
      points: false,
      width: 210,
      height: 180,
    })
    const rule = {
      data: { values: [{ at: threshold - 0.5, label: `threshold ${threshold}` }] },
      encoding: { x: { field: "at", type: "quantitative" } },
    }
    const label = { type: "text", align: "left", dx: 4, y: 6 }
    const marks = [
      { ...rule, mark: { type: "rule", strokeWidth: 0.75, color: light.ink } },
      { ...rule, mark: label, encoding: { ...rule.encoding, text: { field: "label" } } },
    ]
    return { ...curves, title: kindNames[kind], layer: [...(curves.layer as object[]), ...marks] }
  }
  return figure(
    "overlaps",
    "Stored and random patterns, told apart",
    { hconcat: [panel("segments", "overlap of the best segment"), panel("sum", "active synapses of the cell")] },
    {
      caption: `${patterns} patterns stored, ${a} of ${n} cells active. To the right of the threshold the neuron fires.`,
    },
  )
}

const tailShares = (counts: readonly number[]): number[] => {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts.map((_, theta) => counts.slice(theta).reduce((sum, count) => sum + count, 0) / Math.max(1, total))
}

/** Share of the images that make a segment of threshold theta fire. */
export const codeRates = ({ same, other }: CodeOverlaps, theta: number): [string, number][] => [
  ["same-class", tailShares(same)[theta]],
  ["other-class", tailShares(other)[theta]],
]

export function codesFigure({ same, other }: CodeOverlaps): FigureEvent {
  const { s } = codeSetting
  const [sameShare, otherShare] = [tailShares(same), tailShares(other)]
  const samples = integers(1, s).flatMap((x) => [
    { x, y: otherShare[x], series: "images of another class" },
    { x, y: sameShare[x], series: "images of the same class" },
    { x, y: falsePositive({ ...codeSetting, theta: x }), series: "Eq 4, uncorrelated" },
  ])
  return figure(
    "codes",
    "What correlation costs: segments on codes of images",
    lines({
      samples: samples.filter(({ y }) => y >= 1e-18),
      x: "threshold theta",
      y: logRate("false positive rate", [1e-18, 1]),
      controls: ["Eq 4, uncorrelated"],
      points: false,
    }),
    { caption: `${codeSetting.a} of ${codeSetting.n} units active, ${s} synapses sampled from one image's code.` },
  )
}

export const neuronTable = (own: NoisySetting, result: NeuronResult): TableEvent =>
  table(
    "own",
    `Your own neuron: ${own.patterns} patterns, n ${own.n}, a ${own.a}, s ${own.s}, theta ${own.theta}, noise ${own.noise}`,
    ["neuron", "threshold", "missed (%)", "false fires (%)", "missed, theory (%)", "false fires, theory (%)"],
    neuronKinds.map((kind) => [
      kindNames[kind],
      result[kind].threshold,
      ...[100 * result[kind].miss, 100 * result[kind].falseFire].map(formatNumber),
      kind === "segments" ? formatNumber(100 * noisyMiss(own)) : "",
      kind === "segments" ? formatNumber(100 * neuronFalsePositive(own)) : "",
    ]),
  )
