import { jit, type Tensor } from "../../src/engine/index.ts"
import {
  activitiesOf,
  type ForwardForwardNetwork,
  goodness,
  goodnessOfLabels,
  type LiveBytes,
  paintLabels,
  wrongLabels,
} from "../../src/learn/index.ts"
import { type FigureEvent, figure, type RunEvent, type TableEvent, table } from "../../src/run/index.ts"
import { bars, formatDuration, lines, panels, type Sample, type VegaLiteSpec } from "../../src/view/index.ts"
import type { Parts } from "./data.ts"
import { firstBatch } from "./evaluate.ts"
import type { Batch } from "./model.ts"
import type { Entry } from "./race.ts"

const controls = ["BP", "MF, W frozen"]

/** An id of the figure of a race: `race`, `cifar-race`. */
const idOf = (prefix: string, id: string): string => prefix.replace("/", "-") + id

/** The control with W frozen stands in the figure of the layers. */
export const raceFigure = (entries: readonly Entry[], prefix: string, of: string): FigureEvent =>
  figure(
    idOf(prefix, "race"),
    `Accuracy against the multiply-adds of the training, ${of}`,
    lines({
      samples: entries.flatMap(({ title, outcome }) =>
        title === "MF, W frozen"
          ? []
          : outcome.points.map(({ macs, accuracy }) => ({ x: macs / 1e9, y: accuracy, series: title })),
      ),
      x: { title: "multiply-adds spent (10⁹)", scale: "log" },
      y: "validation images recognised (%)",
      controls,
    }),
    {
      caption:
        "One point an epoch. Mono-Forward and Cascaded-Forward train layer after layer, and a point is what the layer under training tells by itself: a line falls where a new layer starts.",
    },
  )

export const layersFigure = (
  local: readonly number[],
  frozen: readonly number[] | undefined,
  prefix: string,
  of: string,
): FigureEvent =>
  figure(
    idOf(prefix, "layers"),
    `What each layer of Mono-Forward tells by itself, ${of}`,
    bars({
      bars: [
        ...local.map((value, i) => ({ label: `M${i}`, value, series: "MF" })),
        ...(frozen ?? []).map((value, i) => ({ label: `M${i}`, value, series: "MF, W frozen" })),
      ],
      x: "readout, from the input up",
      y: "test images recognised (%)",
      controls,
      format: ".1f",
    }),
    { caption: "With W frozen at random every further layer loses; with a loss of its own each layer helps itself." },
  )

export const stairsFigure = (live: Readonly<Record<string, LiveBytes>>): FigureEvent =>
  figure(
    "stairs",
    "Live memory along one gradient",
    lines({
      samples: Object.entries(live).flatMap(([series, { bytes }]) => stairs(bytes).map((at) => ({ ...at, series }))),
      x: "share of the operators that have run",
      y: "live tensors beyond the arguments (MiB)",
      controls,
      points: false,
    }),
    {
      caption:
        "From the traced graph, each result from the operator that makes it to the last that reads it. Backpropagation climbs to the loss and keeps the gradients of all layers; a phase of Mono-Forward has one layer to hold.",
    },
  )

const stairs = (bytes: readonly number[]): Sample[] =>
  bytes.flatMap((alive, i) => {
    const y = alive / 2 ** 20
    return [
      { x: i / bytes.length, y },
      { x: (i + 1) / bytes.length, y },
    ]
  })

const bins = 30

/** Shares of images in bins of goodness a unit, right and wrong labels apart, one panel a layer. */
export const goodnessFigure = (
  right: readonly Float32Array[],
  wrong: readonly Float32Array[],
  images: number,
): FigureEvent =>
  figure(
    "goodness",
    "Goodness of right and wrong labels",
    panels(
      right.map((own, layer) => ({ title: `layer ${layer + 1}`, spec: histogram(own, wrong[layer]) })),
      3,
    ),
    { caption: `${images} validation images. The loss pulls right images above 1 a unit and pushes wrong ones below.` },
  )

function histogram(right: Float32Array, wrong: Float32Array): VegaLiteSpec {
  const sorted = Float32Array.from([...right, ...wrong]).sort()
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]
  const [start, end] = [Math.min(0.9, at(0.005)), Math.max(1.1, at(0.995))]
  const shares = (values: Float32Array, series: string): Sample[] => {
    const counts = new Array<number>(bins).fill(0)
    for (const x of values) counts[Math.max(0, Math.min(bins - 1, Math.floor(((x - start) / (end - start)) * bins)))]++
    return counts.map((n, i) => ({
      x: start + ((i + 0.5) / bins) * (end - start),
      y: (100 * n) / values.length,
      series,
    }))
  }
  return lines({
    samples: [...shares(right, "right label"), ...shares(wrong, "wrong label")],
    x: { title: "goodness a unit", domain: [start, end] },
    y: "images (%)",
    points: false,
    width: 200,
    height: 160,
  })
}

/** What is shown of Forward-Forward while it learns: goodness of right and wrong labels, and what it finds of one image's labels. */
export function forwardForwardView({ validation, test }: Parts, classes: number, strength: number, seed: number) {
  const view = goodnessView(firstBatch(validation, 500, seed), classes, strength)
  const { images, labels } = firstBatch(test, 1)
  return function* (network: ForwardForwardNetwork): Generator<RunEvent> {
    yield view(network)
    yield labelsFigure(network, images, strength, (best) => {
      return `The first test image, a ${labels.item()}: the layers find most of the label ${best}.`
    })
  }
}

/** Measures goodness, by layer and unit, of images with their right labels and with wrong ones; the programs are compiled once. */
export function goodnessView(
  batch: Batch,
  classes: number,
  strength: number,
): (network: ForwardForwardNetwork) => FigureEvent {
  const measure = jit((network: ForwardForwardNetwork, { images, labels, key }: Batch) =>
    [labels, wrongLabels(key, labels, classes)].map((painted) =>
      activitiesOf(network.layers, paintLabels(images, painted, classes, strength)).map((h) =>
        goodness(h).mul(1 / h.shape[1]),
      ),
    ),
  )
  return (network) => {
    const [right, wrong] = measure(network, batch).map((list) => list.map((x) => x.array() as Float32Array))
    return goodnessFigure(right, wrong, batch.labels.shape[0])
  }
}

/** The goodness that the layers from the second on find of each painted label, for one image `[1, pixels]`. */
export function labelsFigure(
  network: ForwardForwardNetwork,
  image: Tensor,
  strength: number,
  caption: (best: number) => string,
): FigureEvent {
  const classes = network.head.weight.shape[1]
  const found = [...goodnessOfLabels(network.layers, image, classes, strength).array()]
  const units = network.head.weight.shape[0]
  return figure(
    "labels",
    "Ten painted labels, and what the layers find of them",
    bars({
      bars: found.map((value, label) => ({ label: String(label), value: value / units - 1 })),
      x: "painted label",
      y: "goodness a unit, less 1",
      height: 180,
      format: ".2f",
    }),
    { caption: caption(found.indexOf(Math.max(...found))) },
  )
}

/** The ten labels, each painted into the image, as small pictures in a row. */
export function paintedSvg(image: Float32Array, classes: number, strength: number): string {
  const side = Math.sqrt(image.length)
  const cell = 2
  const cells = Array.from({ length: classes }, (_, label) => {
    const rects: string[] = []
    for (let i = 0; i < image.length; i++) {
      const ink = i < classes ? (i === label ? Math.min(1, strength) : 0) : image[i]
      if (ink < 0.05) continue
      const [x, y] = [(i % side) * cell, Math.floor(i / side) * cell]
      rects.push(`<rect x="${x}" y="${y}" width="${cell}" height="${cell}" fill-opacity="${ink.toFixed(2)}"/>`)
    }
    return `<g transform="translate(${label * (side * cell + 8)} 0)">${rects.join("")}</g>`
  })
  const width = classes * (side * cell + 8)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${side * cell}" viewBox="0 0 ${width} ${side * cell}" role="img" aria-label="One digit with each of the labels painted into its first pixels" fill="#1d1b16">${cells.join("")}</svg>`
}

const giga = (macs: number): number => Number((macs / 1e9).toPrecision(3))
const picojoules = 4.6

export const methodsTable = (entries: readonly Entry[], prefix: string, of: string): TableEvent =>
  table(
    idOf(prefix, "methods"),
    `What each method took, ${of}`,
    [
      "method",
      "test accuracy (%)",
      "multiply-adds (10⁹)",
      "energy, estimated (J)",
      "peak of a step (MiB)",
      "training (s)",
      "epochs",
    ],
    entries.map(({ title, outcome, peakBytes, accuracy }) => [
      title,
      accuracy.toFixed(2),
      giga(outcome.macs),
      Number(((outcome.macs * picojoules) / 1e12).toPrecision(3)),
      Number((peakBytes / 2 ** 20).toPrecision(3)),
      formatDuration(1000 * outcome.seconds),
      outcome.epochs,
    ]),
  )

type Entries = Readonly<Record<string, Entry>>

/** The paper's differences from backpropagation, and ours beside them. */
export function deltasTable(digits: Entries, photographs: Entries): TableEvent {
  const rows: [what: string, ours?: Entry, against?: Entry, accuracy?: string, energy?: string, memory?: string][] = [
    ["MF, MNIST", digits.mf, digits.bp, "+0.09", "-13 %", "+0.9 %"],
    ["FF, MNIST", digits.ff, digits.bp, "+0.24", "+237 % to +862 %"],
    ["CaFo random, MNIST", digits.cafo, digits.bp, "-0.3"],
    ["MF, CIFAR-10", photographs.mf, photographs.bp, "+1.21", "-41 %", "-5.4 %"],
    ["CaFo random, CIFAR-10", photographs.cafo, photographs.cnn, "-13.2", "-19 %"],
    ["CaFo feedback, CIFAR-10", photographs.dfa, photographs.cnn, "-1.7", "+302 %"],
  ]
  const share = (a: number, b: number): string => signed(100 * (a / b - 1), 0, " %")
  return table(
    "deltas",
    "Against backpropagation: the paper's numbers and ours",
    ["method", "accuracy, paper", "ours (points)", "energy, paper", "multiply-adds, ours", "memory, paper", "ours"],
    rows.flatMap(([what, ours, against, accuracy = "", energy = "", memory = ""]) => {
      if (ours === undefined || against === undefined) return []
      const ourAccuracy = signed(ours.accuracy - against.accuracy, 2)
      const ourEnergy = share(ours.outcome.macs, against.outcome.macs)
      return [[what, accuracy, ourAccuracy, energy, ourEnergy, memory, share(ours.peakBytes, against.peakBytes)]]
    }),
  )
}

const signed = (x: number, digits: number, unit = ""): string =>
  `${x >= 0 ? "+" : "-"}${Math.abs(x).toFixed(digits)}${unit}`
