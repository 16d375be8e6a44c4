import { type FigureEvent, figure, type TrainingCurve } from "../../src/run/index.ts"
import { bars, dataColours, light, lines, type VegaLiteSpec } from "../../src/view/index.ts"
import { controlTitles } from "./arms.ts"
import { drawPassing, type Passing } from "./pictures.ts"
import { skipMs, type TwinReading } from "./twin.ts"

export const passingFigure = (passing: Passing, sum: string): FigureEvent =>
  figure("passing", "Two digits, and what is left of them", drawPassing(passing), {
    caption: `${sum} The slow units still hold the first digit when the second has passed; the fast ones have forgotten it at once.`,
  })

export const accuracyFigure = (accuracies: Readonly<Record<string, number>>, bound: number): FigureEvent => {
  const spec = bars({
    bars: Object.entries(accuracies).map(([label, value]) => ({ label, value: 100 * value })),
    x: "",
    y: { title: "sums named (%)", domain: [0, 100] },
    paper: { value: 100 * bound, label: "second digit alone" },
    format: ".1f",
  })
  return figure("accuracy", "Sums of two digits", { ...spec, width: { step: 96 } })
}

export const learningFigure = (curves: Readonly<Record<string, TrainingCurve>>, batches: number): FigureEvent =>
  figure(
    "learning",
    "Learning to add",
    lines({
      samples: Object.entries(curves).flatMap(([series, { epochs }]) =>
        epochs.map(({ accuracy }, i) => ({ x: (i + 1) * batches, y: 100 * accuracy, series })),
      ),
      x: "training step",
      y: { title: "sums of test digits named (%)", domain: [0, 100] },
      controls: controlTitles,
    }),
  )

/** How a kick fades in some units. */
export function impulseFigure(tauMs: readonly number[], dtMs: number, steps: number): FigureEvent {
  const some = [0, 0.25, 0.5, 0.75, 1].map((share) => tauMs[Math.round(share * (tauMs.length - 1))])
  const samples = [...new Set(some)].flatMap((tau) =>
    Array.from({ length: steps }, (_, t) => ({
      x: (t * dtMs) / 1000,
      y: Math.exp((-t * dtMs) / tau),
      series: `${tau.toPrecision(2)} ms`,
    })),
  )
  return figure("impulse", "What a kick leaves", lines({ samples, x: "time (s)", y: "left of it", points: false }), {
    caption: "Memory units by their time constants, over the length of one example.",
  })
}

/** Accuracy over the silence between the digits. */
export const gapFigure = (points: readonly { tau: number; gap: number; accuracy: number }[]): FigureEvent =>
  figure(
    "gap",
    "How long the first digit lasts",
    lines({
      samples: points.map(({ tau, gap, accuracy }) => ({ x: gap, y: 100 * accuracy, series: `tau max ${tau} ms` })),
      x: "silent steps between the digits",
      y: { title: "sums named (%)", domain: [0, 100] },
    }),
  )

/** One window: the simulated neuron and the one that imitates it. */
export function twinFigure({ shown }: TwinReading, memory: number): FigureEvent {
  const { voltage, said, spikes, probability } = shown
  const curve = (values: readonly number[], series: string) => values.map((y, x) => ({ x, y, series }))
  const spec = lines({
    samples: [...curve(voltage, "simulated"), ...curve(said, "imitated")],
    x: "time (ms)",
    y: "voltage of the soma (z-scored)",
    points: false,
    width: 560,
  })
  const highest = Math.max(...voltage, ...said)
  const strokes = (values: { x: number; y: number }[], color: string, size: number) => ({
    data: { values },
    mark: { type: "tick", orient: "vertical", thickness: 1.5, color, size },
    encoding: { x: { field: "x", type: "quantitative" }, y: { field: "y", type: "quantitative" } },
  })
  const layers = [
    ...(spec.layer as object[]),
    strokes(
      spikes.flatMap((s, x) => (s === 1 ? [{ x, y: highest + 0.8 }] : [])),
      dataColours[0],
      12,
    ),
    {
      ...strokes(
        probability.map((p, x) => ({ x, y: highest + 0.3, p })),
        light.ink,
        8,
      ),
      encoding: {
        x: { field: "x", type: "quantitative" },
        y: { field: "y", type: "quantitative" },
        opacity: {
          field: "p",
          type: "quantitative",
          scale: { domain: [0, 0.3], range: [0, 1], clamp: true },
          legend: null,
        },
      },
    },
  ]
  return figure("twin", `A neuron and its twin of ${memory} memory units`, { ...spec, layer: layers } as VegaLiteSpec, {
    caption: `A window that was not trained on. On top the spikes of the simulated neuron, below them, the darker the likelier, where its twin expects one. The first ${skipMs} ms are not scored.`,
  })
}

/** The authors' table for a detailed cortical neuron: parameters and area under the curve. */
const paper = [
  ...[
    [4601, 0.944],
    [4708, 0.958],
    [4823, 0.956],
    [5077, 0.976],
    [5363, 0.983],
    [5852, 0.988],
    [6827, 0.992],
  ],
  ...[
    [8002, 0.992],
    [10_952, 0.993],
    [19_252, 0.993],
    [54_002, 0.993],
  ],
]

export const sizeFigure = (points: readonly { parameters: number; auc: number }[]): FigureEvent =>
  figure(
    "size",
    "Spikes told, by the number of parameters",
    lines({
      samples: [
        ...points.map(({ parameters, auc }) => ({ x: parameters, y: auc, series: "the simulated twin" })),
        ...paper.map(([x, y]) => ({ x, y, series: "the paper: a detailed cortical neuron" })),
      ],
      x: { title: "parameters", scale: "log" },
      y: { title: "area under the curve", domain: [0.8, 1] },
      points: true,
    }),
    { caption: "Two different neurons: the curves show the same thing, their heights cannot be compared." },
  )
