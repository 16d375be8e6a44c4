import type { DelayKernels } from "../../src/neuro/index.ts"
import { type FigureEvent, figure, type TrainingCurve } from "../../src/run/index.ts"
import { light, lines, type Sample, type VegaLiteSpec } from "../../src/view/index.ts"
import { type CloudReading, type Cut, type Measures, prunedShares } from "./measures.ts"
import type { Setup } from "./parameters.ts"
import { drawKernels } from "./pictures.ts"

export const kernelFigure = (kernels: DelayKernels, setup: Setup): FigureEvent =>
  figure("kernels", "What each neuron waits for", drawKernels(kernels, setup), {
    caption:
      "ON minus OFF weight by delay, red above and blue below zero. A ring stands where what moves like this was so many steps ago: it is gone where that lies outside the kernel.",
  })

const pictures = {
  movie: {
    title: "Events, the motion, and the motion that is read",
    caption:
      "ON red, OFF blue. The motion is the broad arrow, what the neurons read the narrow one: where it lies inside the other, it is right.",
  },
  slice: {
    title: "Synapses along a trajectory",
    caption:
      "One row of pixels over time. The synapses of the neuron that won stand where their spikes set out: delays bring a moving edge to the soma (triangle) at one moment.",
  },
}

export const pictureFigure = (id: keyof typeof pictures, svg: string): FigureEvent =>
  figure(id, pictures[id].title, svg, { caption: pictures[id].caption })

/** Points of a curve with the mean over seeds. */
function meanCuts(all: readonly Measures[], kind: "pruned" | "shortened" | "equal"): Cut[] {
  const mean = (i: number, field: keyof Cut): number => all.reduce((sum, m) => sum + m[kind][i][field], 0) / all.length
  return all[0][kind].map((_, i) => ({
    share: mean(i, "share"),
    accAll: mean(i, "accAll"),
    accSteady: mean(i, "accSteady"),
  }))
}

/** Accuracy against load, which falls with the synapses: events times the synapses that they reach. */
export function loadFigure(id: string, title: string, all: readonly Measures[]): FigureEvent {
  const whole = all.reduce((sum, m) => sum + m.accAll, 0) / all.length
  const curve = (series: string, cuts: readonly Cut[]): Sample[] =>
    [...cuts, { share: 1, accAll: whole }].map(({ share, accAll }) => ({ x: share, y: 100 * accAll, series }))
  const least = Math.min(1 / 1000, prunedShares[prunedShares.length - 1])
  const samples = [
    ...curve("pruning", [...meanCuts(all, "pruned"), ...meanCuts(all, "equal")]),
    ...curve("shortening", meanCuts(all, "shortened")),
  ].filter(({ x }) => x >= least)
  const spec = lines({
    samples,
    x: { title: "additions per event, share of the full kernels'", scale: "log", domain: [least, 1] },
    y: { title: "steps whose motion is read (%)", domain: [0, 100] },
    controls: ["shortening"],
    points: true,
  })
  return figure(id, title, { ...spec, layer: [...(spec.layer as object[]), ...paperMarks] } as VegaLiteSpec, {
    caption:
      "Pruning keeps the largest weights, shortening the shortest delays. Rules: where the paper's accuracy is still near its peak (1/31), and where it has fallen to half (1/670).",
  })
}

const paperMarks = [
  {
    data: {
      values: [
        { at: 1 / 31, label: "1/31" },
        { at: 1 / 670, label: "1/670" },
      ],
    },
    mark: { type: "rule", strokeWidth: 0.75, color: light.ink },
    encoding: { x: { field: "at", type: "quantitative" } },
  },
  {
    data: {
      values: [
        { at: 1 / 31, label: "paper: 1/31" },
        { at: 1 / 670, label: "paper: 1/670" },
      ],
    },
    mark: { type: "text", align: "left", dx: 4, y: 8 },
    encoding: { x: { field: "at", type: "quantitative" }, text: { field: "label" } },
  },
]

export function tuningFigure(all: readonly Measures[], directions: number): FigureEvent {
  const curve = (series: string, of: (m: Measures) => readonly number[]): Sample[] =>
    Array.from({ length: directions + 1 }, (_, i) => {
      const turn = i - Math.floor(directions / 2)
      const at = (turn + directions) % directions
      return {
        x: (360 * turn) / directions,
        y: (100 * all.reduce((sum, m) => sum + of(m)[at], 0)) / all.length,
        series,
      }
    })
  const samples = [
    ...curve("as learnt", ({ tuning }) => tuning.learnt),
    ...curve("delays averaged", ({ tuning }) => tuning.averaged),
  ]
  return figure(
    "tuning",
    "Directions that are read, around the right one",
    lines({
      samples,
      x: "direction read, relative to the motion (degrees)",
      y: "steady steps (%)",
      controls: ["delays averaged"],
      points: true,
    }),
    {
      caption:
        "At steady steps, whatever the speed. With each weight averaged over the delays nothing of the order in time is left.",
    },
  )
}

export const learningFigure = (curves: Readonly<Record<string, TrainingCurve>>, classes: number): FigureEvent =>
  figure(
    "learning",
    "Learning, with and without the maximum over contrasts",
    lines({
      samples: Object.entries(curves).flatMap(([series, { epochs }]) =>
        epochs.map((values, i) => ({ x: (100 * (i + 1)) / epochs.length, y: 100 * values.accSteady, series })),
      ),
      x: "training done (%)",
      y: { title: "steady steps whose motion is read (%)", domain: [0, 100] },
      controls: ["no maximum"],
    }),
    {
      caption: `Chance is ${(100 / classes).toFixed(1)} %. On average over contrasts all motions look the same: a linear answer has nothing to learn from.`,
    },
  )

export function cloudFigure(clouds: readonly CloudReading[]): FigureEvent {
  const spec = lines({
    samples: clouds.map(({ kind, frequency, accuracy }) => ({ x: frequency, y: 100 * accuracy, series: kind })),
    x: { title: "mean spatial frequency (cycles/px)", scale: "log", domain: [0.025, 0.4] },
    y: { title: "steps whose motion is read (%)", domain: [0, 100] },
    controls: ["stripes anyhow"],
  })
  return figure(
    "clouds",
    "Textures of one frequency: the aperture problem",
    { ...spec, config: { legend: { labelLimit: 400 } } },
    { caption: "Motion along stripes cannot be seen through an aperture; motion across them can." },
  )
}
