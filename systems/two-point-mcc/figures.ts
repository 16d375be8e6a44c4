import { tensor } from "../../src/engine/index.ts"
import { type ModulationName, twoPoint } from "../../src/neuro/index.ts"
import { type FigureEvent, figure, type TrainingCurve } from "../../src/run/index.ts"
import { bars, dataColours, light, lines, type VegaLiteSpec } from "../../src/view/index.ts"
import { controlTitles } from "./arms.ts"
import { drawNeurons, drawSpectrograms, type Hands, type NeuronMap } from "./pictures.ts"

/** R and C of neurons. */
type Sites = Readonly<Record<"receptive" | "context", readonly number[]>>

const [lowest, highest, cell] = [-4, 4, 0.25]

/** What a law passes on for each R and C, and where the neurons of the running network are. */
export function transferFigure(law: ModulationName, groups: readonly Sites[]): FigureEvent {
  const places = Array.from({ length: Math.round((highest - lowest) / cell) }, (_, i) => lowest + (i + 0.5) * cell)
  const pairs = places.flatMap((r) => places.map((c) => [r, c] as const))
  const rates = twoPoint(tensor(pairs.map(([r]) => r)), tensor(pairs.map(([, c]) => c)), law).array()
  const surface = pairs.map(([r, c], i) => ({
    ...{ r: r - cell / 2, r2: r + cell / 2, c: c - cell / 2, c2: c + cell / 2 },
    rate: rates[i],
  }))
  const axis = (field: string, title: string) => ({
    field,
    type: "quantitative",
    title,
    scale: { domain: [lowest, highest], nice: false },
    axis: { grid: false },
  })
  const sites = groups.flatMap((group) => group.receptive.map((r, i) => ({ receptive: r, context: group.context[i] })))
  const within = sites.filter((site) => Math.max(Math.abs(site.receptive), Math.abs(site.context)) < highest)
  const spec: VegaLiteSpec = {
    width: 300,
    height: 300,
    layer: [
      {
        data: { values: surface },
        mark: { type: "rect" },
        encoding: {
          x: axis("r", "receptive field R"),
          x2: { field: "r2" },
          y: axis("c", "context C"),
          y2: { field: "c2" },
          color: {
            ...{ field: "rate", type: "quantitative", title: "rate" },
            scale: { range: [light.paper, dataColours[5]], domain: [0, 6] },
          },
        },
      },
      {
        data: { values: within },
        mark: { type: "point", size: 10, filled: true, color: light.ink, opacity: 0.5 },
        encoding: { x: axis("receptive", ""), y: axis("context", "") },
      },
    ],
  }
  return figure("transfer", "What context does to a neuron", spec, {
    caption: `The law "${law}": colour is what a neuron passes on. Points are the neurons of the trained network in one frame. Where R is 0 and C is not, this law ${law === "kayPhillips" || law === "tanh" || law === "linear" ? "stays silent" : "lets context alone drive the neuron"}.`,
  })
}

export const neuronsFigure = (maps: readonly NeuronMap[], hands?: Hands): FigureEvent =>
  figure("neurons", "Who is active in one frame", drawNeurons(maps, hands), {
    caption: "One cell a neuron, stronger the more it passes on. The count is of synapses of active neurons.",
  })

export const spectrogramFigure = (sounds: Readonly<Record<string, ArrayLike<number>>>): FigureEvent =>
  figure("spectrogram", "A talker among others", drawSpectrograms(sounds), {
    caption: "What is heard, what the network makes of it with the face, and what the talker said.",
  })

/** Activity against error, a point a network. */
export function frontFigure(points: readonly { title: string; nmse: number; active: number }[]): FigureEvent {
  const titles = [...new Set(points.map(({ title }) => title))]
  const ours = titles.filter((title) => !controlTitles.includes(title))
  const colourOf = (title: string): string =>
    controlTitles.includes(title) ? light.quiet : dataColours[ours.indexOf(title) % dataColours.length]
  const values = points.map(({ title, nmse, active }) => ({ title, nmse, active: 100 * active }))
  const key = { field: "title", type: "nominal", title: null, sort: titles }
  const spec: VegaLiteSpec = {
    data: { values },
    width: 420,
    height: 260,
    mark: { type: "point", filled: true, size: 60 },
    encoding: {
      x: { field: "nmse", type: "quantitative", title: "error (share of the variance)", scale: { type: "log" } },
      y: { field: "active", type: "quantitative", title: "active neurons (%)", scale: { zero: true } },
      color: { ...key, scale: { domain: titles, range: titles.map(colourOf) } },
      shape: { ...key },
    },
  }
  return figure("front", "Activity against error", spec, {
    caption: "One point a trained network; down and left is better.",
  })
}

export const energyFigure = (
  summaries: readonly { readonly title: string; readonly microjoules: number }[],
): FigureEvent => {
  const point = summaries.find(({ title }) => title === controlTitles[0])
  const spec = bars({
    bars: summaries.map(({ title, microjoules }) => ({ label: title, value: microjoules })),
    x: "",
    y: "µJ a frame",
    ...(point === undefined
      ? {}
      : { paper: { value: 0.38 * point.microjoules, label: "the paper: 62 % below point neurons" } }),
  })
  return figure(
    "energy",
    "Energy of the synapses that transmit",
    { ...spec, width: { step: 96 } },
    {
      caption: "Synapses of active neurons times 8e-5 µJ, the paper's constant for its hardware.",
    },
  )
}

export const learningFigure = (curves: Readonly<Record<string, TrainingCurve>>): FigureEvent =>
  figure(
    "learning",
    "Learning speed",
    lines({
      samples: Object.entries(curves).flatMap(([series, { observations }]) =>
        observations.map(({ step, values }) => ({ x: step, y: values.nmse, series })),
      ),
      x: "training step",
      y: { title: "error on test frames", scale: "log" },
      controls: controlTitles,
      points: false,
    }),
  )

export const damageFigure = (curves: Readonly<Record<string, readonly [share: number, nmse: number][]>>): FigureEvent =>
  figure(
    "damage",
    "When neurons die",
    lines({
      samples: Object.entries(curves).flatMap(([series, points]) =>
        points.map(([share, nmse]) => ({ x: 100 * share, y: nmse, series })),
      ),
      x: "neurons silenced at once (%)",
      y: "error on test frames",
      controls: controlTitles,
    }),
    { caption: "Neurons are drawn at random, five times; nothing is learned after that." },
  )
