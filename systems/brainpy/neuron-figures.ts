import { adaptiveExponentialIF, izhikevich, morrisLecar } from "../../src/neuro/index.ts"
import { type FigureEvent, figure, type TableEvent, table } from "../../src/run/index.ts"
import { lines, panels, phasePlane as plane } from "../../src/view/index.ts"
import { type AnyNeuron, type Comparison, cases, phasePlane } from "./neurons.ts"

export const neuronTable = (rows: readonly Comparison[], dtMs: number): TableEvent =>
  table(
    "neurons",
    `Every neuron model, 200 ms at steps of ${dtMs} ms, against Runge-Kutta at 0.0025 ms`,
    ["model", "method", "spikes", "spikes of the reference", "largest distance (ms; mV for the leaky integrator)"],
    rows.map(({ name, method, spikes, expected, worst }) => [name, method, spikes, expected, worst]),
  )

export type Rates = { readonly name: string; readonly points: { current: number; rateHz: number }[] }

export const ratesFigure = (rates: readonly Rates[]): FigureEvent =>
  figure(
    "f-i",
    "Rate over constant current, for every neuron model that fires",
    panels(
      rates.map(({ name, points }) => ({
        title: name,
        spec: lines({
          samples: points.map(({ current, rateHz }) => ({ x: current, y: rateHz })),
          x: "current",
          y: { title: "rate (Hz)", domain: [0, 1.05 * Math.max(...points.map(({ rateHz }) => rateHz))] },
          width: 150,
          height: 100,
        }),
      })),
      3,
    ),
    { caption: "Half a second at steps of 0.1 ms, currents in the unit of each model: mV, mV/ms, µA/cm² or pA." },
  )

const planes: readonly (readonly [AnyNeuron, string, string, Parameters<typeof phasePlane>[2]])[] = [
  [adaptiveExponentialIF, "w", "adaptation w", { durationMs: 150, v: [-72, -52], w: [-5, 30] }],
  [izhikevich, "u", "recovery u (mV/ms)", { durationMs: 200, v: [-80, 35], w: [-20, 30] }],
  [morrisLecar, "w", "open channels w", { durationMs: 200, v: [-65, 50], w: [-0.1, 0.7] }],
]

export const planesFigure = (): FigureEvent =>
  figure(
    "phase-planes",
    "Phase planes of neurons with two variables",
    panels(
      planes.map(([model, second, title, options]) => {
        const { name, path, nullclines } = phasePlane(cases.find((one) => one.model === model)!, second, options)
        return {
          title: name,
          spec: plane({
            path: path.map(({ v, w }) => ({ x: v, y: w })),
            nullclines: nullclines.map(({ of, v, w }) => ({
              of: of === "v" ? "v stands still" : "the other",
              x: v,
              y: w,
            })),
            x: "potential v (mV)",
            y: title,
            width: 190,
            height: 190,
          }),
        }
      }),
      3,
    ),
    { caption: "A point every half millisecond: close where the neuron is slow. The large one is where it ends." },
  )
