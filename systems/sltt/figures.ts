import { jit, scan, type Tensor } from "../../src/engine/index.ts"
import { type FigureEvent, figure, type TrainingCurve } from "../../src/run/index.ts"
import { bars, lines, raster } from "../../src/view/index.ts"
import { batchOf, type Examples } from "./arms.ts"
import type { Cost } from "./costs.ts"
import { atRest, driveOf, type Setting, type SpikingNetwork, timeStep } from "./model.ts"

const labels: Record<string, string> = { sltt: "SLTT", bptt: "BPTT", readout: "readout alone" }
const labelOf = (arm: string): string => labels[arm] ?? arm.toUpperCase()
const controls = ["BPTT", "readout alone"]

export const memoryFigure = (costs: readonly Cost[]): FigureEvent =>
  figure(
    "memory",
    "Memory of a gradient against the number of steps",
    bars({
      bars: costs.map(({ arm, steps, bytes }) => ({
        label: `T = ${steps}`,
        value: bytes / 2 ** 20,
        series: labelOf(arm),
      })),
      x: "time steps",
      y: "activations and residuals (MiB)",
      controls,
    }),
    {
      caption:
        "BPTT keeps every step until the reverse pass; SLTT differentiates a step as soon as it has run, and keeps nothing.",
    },
  )

export const timeFigure = (costs: readonly Cost[]): FigureEvent =>
  figure(
    "time",
    "Time of a gradient against the number of steps",
    lines({
      samples: costs.map(({ arm, steps, ms }) => ({ x: steps, y: ms, series: labelOf(arm) })),
      x: "time steps T",
      y: "time of one gradient (ms)",
      controls,
    }),
    { caption: "SLTT-K runs K steps backward, whatever T is." },
  )

export const accuracyFigure = (curves: Readonly<Record<string, TrainingCurve>>): FigureEvent =>
  figure(
    "accuracy",
    "Accuracy after each epoch",
    lines({
      samples: Object.entries(curves).flatMap(([arm, { epochs }]) =>
        epochs.map((values, i) => ({ x: i + 1, y: values.accuracy, series: labelOf(arm) })),
      ),
      x: "epoch",
      y: "test images recognised (%)",
      controls,
    }),
    {
      caption:
        "Cutting the route through time changes next to nothing; cutting the route through the layers (readout alone) does.",
    },
  )

export const cosineFigure = (
  curves: Readonly<Record<string, TrainingCurve>>,
  shownSteps: number,
  largestTau: string,
): FigureEvent =>
  figure(
    "cosine",
    "Cosine between the gradients of SLTT and BPTT, the smaller of the two hidden layers'",
    lines({
      samples: Object.entries(curves).flatMap(([series, { observations }]) =>
        observations.map(({ step, values }) => ({ x: step, y: Math.min(...Object.values(values)), series })),
      ),
      x: "training step",
      y: "cosine",
      controls: [largestTau],
      points: false,
    }),
    {
      caption: `The more a neuron remembers (tau, in steps), the more of the gradient SLTT leaves out. Tau 2 and 4 were run for ${shownSteps} steps.`,
    },
  )

/** The first hidden layer's spikes for one test image, over four times as many steps as were trained on. */
export function rasterFigure(network: SpikingNetwork, examples: Examples, setting: Setting): FigureEvent {
  const steps = setting.steps * 4
  const batch = batchOf(examples, Int32Array.of(0))
  const record = jit((n: SpikingNetwork, images: Tensor) => {
    const drive = driveOf(n, images)
    const [, spikes] = scan(
      (potentials: ReturnType<typeof atRest>) => {
        const step = timeStep(n, drive, potentials, setting.neuron)
        return [step.potentials, step.spikes[0]]
      },
      atRest(n, 1),
      undefined,
      { length: steps },
    )
    return spikes
  })
  const fired = record(network, batch.images)
  const neurons = fired.shape[2]
  const spikes = [...fired.array()].flatMap((s, i) =>
    s === 0 ? [] : [{ time: Math.floor(i / neurons), neuron: i % neurons }],
  )
  return figure(
    "raster",
    "Spikes of the first hidden layer for one digit",
    raster({ spikes, neurons, duration: steps, timeTitle: "time step" }),
  )
}
