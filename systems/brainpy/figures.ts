import { tensor } from "../../src/engine/index.ts"
import { type FigureEvent, figure, type TrainingCurve } from "../../src/run/index.ts"
import { bars, lines, panels } from "../../src/view/index.ts"
import type { MergingResult } from "./merging.ts"
import { classifierSetting } from "./model.ts"
import type { Timing } from "./operators.ts"
import type { Size } from "./sizes.ts"

export const mergingFigure = ({ bytes }: MergingResult): FigureEvent =>
  figure(
    "merging",
    "Where the state of synapses lies",
    bars({
      bars: [
        { label: "synapse", value: bytes.oracle },
        { label: "pre", value: bytes.pre },
        { label: "post", value: bytes.post },
      ],
      x: "one state for each",
      y: "bytes",
    }),
    {
      caption:
        "State of the synapses of COBA, for each synapse, presynaptic or postsynaptic neuron: all three give the same conductances, and a network keeps one of the last two.",
    },
  )

const seriesOf = { dense: "dense", sparse: "sparse, all rows", events: "events" }

export const operatorsFigure = (timings: readonly Timing[]): FigureEvent =>
  figure(
    "events",
    "Time of a product over the share of neurons that fire",
    lines({
      samples: timings
        .filter(({ neurons }) => neurons === 10_000)
        .map(({ operator, active, us }) => ({ x: 100 * active, y: us, series: seriesOf[operator] })),
      x: { title: "active neurons (%)", scale: "log" },
      y: { title: "time (µs)", scale: "log" },
      controls: [seriesOf.sparse],
    }),
    { caption: "10 000 neurons, each connected with 1 % of the others. What does not fire costs nothing." },
  )

export const sizesFigure = (sizes: readonly Size[]): FigureEvent =>
  figure(
    "sizes",
    "COBA at growing size, 80 inputs a neuron",
    panels(
      [
        {
          title: "connectivity kept in memory",
          spec: lines({
            samples: sizes.flatMap(({ neurons, storedBytes, drawnBytes }) => [
              { x: neurons, y: storedBytes, series: "lists (CSR)" },
              { x: neurons, y: drawnBytes, series: "just in time" },
            ]),
            x: { title: "neurons", scale: "log" },
            y: { title: "bytes", scale: "log" },
            width: 210,
            height: 160,
          }),
        },
        {
          title: "time for 1 s",
          spec: lines({
            samples: sizes.flatMap(({ neurons, storedMs, drawnMs }) => [
              { x: neurons, y: storedMs / 1000, series: "lists (CSR)" },
              { x: neurons, y: drawnMs / 1000, series: "just in time" },
            ]),
            x: { title: "neurons", scale: "log" },
            y: { title: "time (s)", scale: "log" },
            width: 210,
            height: 160,
          }),
        },
      ],
      2,
    ),
    {
      caption:
        "Connections that are made from a seed whenever a neuron fires take no memory, and there is nothing to build. Times with building.",
    },
  )

export const lossFigure = (
  id: string,
  title: string,
  curves: Readonly<Record<string, TrainingCurve>>,
  caption: string,
): FigureEvent =>
  figure(
    id,
    title,
    lines({
      samples: Object.entries(curves).flatMap(([series, { loss }]) => loss.map(([x, y]) => ({ x, y, series }))),
      x: "training step",
      y: "loss",
      controls: Object.keys(curves).slice(1),
      points: false,
    }),
    { caption },
  )

/** The stand-in for the derivative of a spike, and what of the error reaches the hidden neurons in each step. */
export function gradientFigure(sizes: readonly number[]): FigureEvent {
  const { surrogate, dtMs } = classifierSetting
  const x = Float32Array.from({ length: 81 }, (_, i) => (i - 40) / 20)
  const largest = Math.max(...sizes)
  const slope = surrogate.derivative(tensor(x)).array()
  return figure(
    "gradient",
    "What makes spikes differentiable",
    panels(
      [
        {
          title: "stand-in for the derivative of a spike",
          spec: lines({
            samples: [...x].map((v, i) => ({ x: v, y: slope[i] })),
            x: "potential above threshold",
            y: "derivative",
            points: false,
            width: 210,
            height: 150,
          }),
        },
        {
          title: "gradient that reaches the hidden neurons",
          spec: lines({
            samples: sizes.map((y, t) => ({ x: t * dtMs, y: y / largest })),
            x: "time (ms)",
            y: { title: "size (of largest)", scale: "log", domain: [0.01, 1] },
            points: false,
            width: 210,
            height: 150,
          }),
        },
      ],
      2,
    ),
    { caption: "The loss reads the largest potential over time, so that most of the error comes back to early steps." },
  )
}
