import { type FigureEvent, figure } from "../../src/run/index.ts"
import { bars, dataColours, light, panels, phasePlane, type VegaLiteSpec } from "../../src/view/index.ts"
import type { Arm } from "./arms.ts"
import { nameOf, type Reading } from "./arms.ts"
import type { MetaStart } from "./model.ts"
import { drawTrains, type ShownTrain } from "./pictures.ts"

export const trainsFigure = (trains: readonly ShownTrain[]): FigureEvent =>
  figure("trains", "Two classes, one rate", drawTrains(trains), {
    caption:
      "Each colour is a phrase: the shortest string that has not occurred before. The line below counts them. A source with a memory repeats itself, and needs fewer.",
  })

const titles: Record<string, string> = {
  "lif-fixed": "LIF, fixed",
  "lif-learned": "LIF, learned",
  "meta-fixed": "meta, fixed",
  "meta-learned": "meta, learned",
}
export const titleOf = (arm: Arm): string => titles[nameOf(arm)]

/** Accuracies of the arms by both readings, and of the controls. */
export const accuracyFigure = (
  readings: readonly { readonly arm: Arm; readonly accuracy: number; readonly lzc: number }[],
  input: { readonly lzc: number; readonly counts: number },
): FigureEvent =>
  figure(
    "accuracy",
    "Which of the two sources a train came from",
    bars({
      bars: [
        ...readings.flatMap(({ arm, accuracy, lzc }) => [
          { label: titleOf(arm), value: 100 * accuracy, series: "read-out" },
          { label: titleOf(arm), value: 100 * lzc, series: "complexity, hidden" },
        ]),
        { label: "input", value: 100 * input.counts, series: "count, input" },
        { label: "input", value: 100 * input.lzc, series: "complexity, input" },
      ],
      x: "",
      y: { title: "test examples recognised (%)", domain: [0, 100] },
      controls: ["count, input"],
      format: ".1f",
    }),
    { caption: "Both classes have the same rate, so counting input spikes says next to nothing." },
  )

/** How complex the hidden trains of each class are, and where the decision falls. */
export function histogramFigure(
  { complexities, centroids }: Reading,
  labels: ArrayLike<number>,
  title: string,
): FigureEvent {
  const [low, high] = [Math.min(...complexities), Math.max(...complexities)]
  const bins = 30
  const width = (high - low) / bins || 1
  const counts = [0, 1].map(() => Array<number>(bins).fill(0))
  for (const [i, c] of complexities.entries()) counts[labels[i]][Math.min(bins - 1, Math.floor((c - low) / width))]++
  const classes = ["no memory", "memory"]
  const values = counts.flatMap((list, c) =>
    list.map((count, i) => ({ c: low + i * width, c2: low + (i + 1) * width, count, source: classes[c] })),
  )
  const spec: VegaLiteSpec = {
    width: 460,
    height: 200,
    layer: [
      {
        data: { values },
        mark: { type: "rect", opacity: 0.55 },
        encoding: {
          x: {
            field: "c",
            type: "quantitative",
            title: "mean complexity of the hidden trains",
            scale: { zero: false },
          },
          x2: { field: "c2" },
          y: { field: "count", type: "quantitative", title: "test examples", stack: null },
          y2: { datum: 0 },
          color: {
            ...{ field: "source", type: "nominal", title: null },
            scale: { domain: classes, range: [dataColours[0], dataColours[1]] },
          },
        },
      },
      {
        data: { values: [{ at: (centroids[0] + centroids[1]) / 2 }] },
        mark: { type: "rule", color: light.ink },
        encoding: { x: { field: "at", type: "quantitative" } },
      },
    ],
  }
  return figure("histogram", `Complexity by class: ${title}`, spec, {
    caption:
      "The rule stands halfway between the means of the two classes in training: what is nearer to a mean is taken for its class.",
  })
}

/** One meta neuron before and after learning: where V and U stand still, and where the neuron went. */
export function planeFigure(sides: readonly PlaneSide[]): FigureEvent {
  return figure("plane", "A meta neuron, before and after it has learned its constants", panels(sides.map(plane), 2), {
    caption:
      "Curves: where V and U stand still under the mean current. Points: steps of one example. A spike sets V to c and lifts U by d.",
  })
}

export type PlaneSide = {
  readonly title: string
  readonly constants: MetaStart
  /** Mean current that reaches the neuron. */
  readonly current: number
  readonly path: { x: number; y: number }[]
}

function plane({ title, constants: { a, b }, current, path }: PlaneSide) {
  const [ys, xs] = [path.map(({ y }) => y), path.map(({ x }) => x)]
  const [left, right] = [Math.min(-0.5, ...xs), Math.max(1, ...xs)]
  const [bottom, top] = [Math.min(...ys) - 0.3, Math.max(...ys) + 0.3]
  const places = Array.from({ length: 61 }, (_, i) => left + ((right - left) * i) / 60)
  const nullclines = [
    ...places.map((x) => ({ of: "V still", x, y: x * x - x + current })),
    ...(b === 0 ? [] : places.map((x) => ({ of: "U still", x, y: (a * x) / b }))),
  ].filter(({ y }) => y >= bottom && y <= top)
  return { title, spec: phasePlane({ path, nullclines, x: "V", y: "U", width: 250, height: 220 }) }
}

/** Learned constants of all neurons beside their start. */
export function constantsFigure(
  learned: Readonly<Record<string, { start: number; values: readonly number[] }>>,
): FigureEvent {
  const values = Object.entries(learned).flatMap(([name, { start, values }]) => [
    ...values.map((value) => ({ name, value, what: "learned" })),
    { name, value: start, what: "start" },
  ])
  const spec: VegaLiteSpec = {
    data: { values },
    width: 420,
    height: { step: 26 },
    mark: { type: "point", filled: true, size: 50 },
    encoding: {
      x: { field: "value", type: "quantitative", title: "value", scale: { zero: false } },
      y: { field: "name", type: "nominal", title: null, sort: Object.keys(learned) },
      color: {
        ...{ field: "what", type: "nominal", title: null },
        scale: { domain: ["learned", "start"], range: [dataColours[0], light.quiet] },
      },
      shape: { field: "what", type: "nominal", title: null },
    },
  }
  return figure("constants", "What the neurons learned to be", spec, {
    caption: "One point a neuron, of the first run.",
  })
}
