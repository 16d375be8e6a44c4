/** The pictures and tables of a run. Rasters and weights stand in raster-figures.ts. */
import { type FigureEvent, figure, type RunEvent, type TableEvent, table } from "../../src/run/index.ts"
import { bars, dataColours, formatNumber, light, lines } from "../../src/view/index.ts"
import { placeStates } from "./experiments.ts"
import { nameOf, type Recall, type Spacing } from "./operations.ts"
import { sweepSize } from "./plan.ts"
import { type Arm, arms, type Phase, phases, type Scores, type Size } from "./random-memory.ts"

const listOf = (neurons: readonly number[]): string => (neurons.length === 0 ? "nothing" : neurons.join(" "))

export const recallTable = (id: string, title: string, recalls: readonly Recall[]): TableEvent =>
  table(
    id,
    title,
    ["at (ms)", "operation", "expected", "recalled", "right"],
    recalls.map(({ operation, expected, answer, correct }) => [
      operation.atMs,
      nameOf(operation),
      listOf(expected),
      listOf(answer),
      correct ? "yes" : "no",
    ]),
  )

/** The grid of places, once for each recall: the places whose cue answered are lit. */
export function mapFigure(recalls: readonly Recall[]): FigureEvent {
  const names = recalls.map(
    ({ operation }) => `states ${operation.kind === "content" ? operation.content.join(" ") : ""}`,
  )
  const values = recalls.flatMap(({ answer }, i) =>
    placeStates.flatMap((row, y) =>
      row.map((state, x) => ({
        recall: names[i],
        x,
        y,
        state,
        lit: answer.includes(4 * y + x) ? "recalled" : "silent",
      })),
    ),
  )
  const cell = (field: string) => ({ field, type: "ordinal", axis: null })
  return figure(
    "map",
    "Experiment 3: places that a state recalls",
    {
      data: { values },
      facet: { column: { field: "recall", type: "nominal", title: "asked for", sort: names } },
      spec: {
        width: 120,
        height: 120,
        encoding: { x: cell("x"), y: cell("y") },
        layer: [
          {
            mark: { type: "rect", stroke: light.ink, strokeWidth: 0.5 },
            encoding: {
              color: {
                field: "lit",
                type: "nominal",
                title: null,
                scale: { domain: ["recalled", "silent"], range: [dataColours[4], light.paper] },
                legend: { symbolType: "square", symbolStrokeColor: light.ink },
              },
            },
          },
          {
            mark: { type: "text", fontSize: 13, color: light.ink },
            encoding: { text: { field: "state" } },
          },
        ],
      },
    },
    {
      caption:
        "16 places (cues), each taught its state (the number). One recall by content lights every place in that state.",
    },
  )
}

/** What random memories of one size and rule scored. */
export interface MemoryResult {
  readonly size: Size
  readonly arm: Arm
  readonly scores: readonly Scores[]
}

const wideLegend = { legend: { labelLimit: 400 } }

const meanOf = (scores: readonly Scores[], phase: Phase, kind: "cue" | "content"): number =>
  scores.reduce((sum, one) => sum + one[phase][kind], 0) / scores.length

/** Recall of the reader's own size in both phases beside the controls, and a table of all sizes. */
export function* memoryFigures(results: readonly MemoryResult[]): Generator<RunEvent, void, void> {
  const [{ size: own }] = results
  const shown = [
    { label: "by cue", phase: "learned", kind: "cue" },
    { label: "by one bit", phase: "learned", kind: "content" },
    { label: "by cue, relearned", phase: "relearned", kind: "cue" },
    { label: "by one bit, relearned", phase: "relearned", kind: "content" },
  ] as const
  const spec = bars({
    bars: results
      .filter(({ size }) => size === own)
      .flatMap(({ arm, scores }) =>
        shown.map(({ label, phase, kind }) => ({
          label: arms[arm].title,
          value: meanOf(scores, phase, kind),
          series: label,
        })),
      ),
    x: "rule",
    y: { title: "right (%)", domain: [0, 100] },
    format: ".0f",
  })
  yield figure(
    "random",
    `Random memory of ${own.cues} cues and ${own.bits} bits`,
    { ...spec, config: wideLegend },
    {
      caption: `Contents of ${own.active} random bits, which overlap. After every recall, half of the cues are taught another content.`,
    },
  )
  yield table(
    "random",
    "Random memories: right recalls (%)",
    ["cues", "bits", "active", "rule", ...shown.map(({ label }) => label)],
    results.map(({ size, arm, scores }) => [
      size.cues,
      size.bits,
      size.active,
      arms[arm].title,
      ...shown.map(({ phase, kind }) => formatNumber(meanOf(scores, phase, kind))),
    ]),
  )
}

export const spacingFigure = (curve: readonly { spacing: Spacing; scores: readonly Scores[] }[]): FigureEvent =>
  figure(
    "spacing",
    "Recall against the time between operations",
    {
      ...lines({
        samples: curve.flatMap(({ spacing, scores }) =>
          phases.flatMap((phase) =>
            (["cue", "content"] as const).map((kind) => ({
              x: spacing.recallMs,
              y: meanOf(scores, phase, kind),
              series: `by ${kind === "cue" ? "cue" : "one bit"}${phase === "learned" ? "" : ", relearned"}`,
            })),
          ),
        ),
        x: "time after a recall (ms)",
        y: { title: "right (%)", domain: [0, 105] },
      }),
      config: wideLegend,
    },
    {
      caption: `Random memories of ${sweepSize.cues} cues and ${sweepSize.bits} bits. The first point is the paper's least, 7 ms after a learn and 6 after a recall.`,
    },
  )
