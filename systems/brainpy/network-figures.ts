import {
  decisionTrial,
  decisionTrialMs,
  microcircuitPopulations,
  microcircuitRatesHz,
  type Network,
  rateInTime,
  type Simulation,
} from "../../src/neuro/index.ts"
import { type FigureEvent, figure } from "../../src/run/index.ts"
import { activity, bars, formatNumber, lines, panels } from "../../src/view/index.ts"
import { type Decision, rateBinMs, stimulusEndMs } from "./networks.ts"

/** Neurons that a raster shows. */
const shownNeurons = 120

/** Spikes of some neurons of each population, and the rates of all. */
export function rasterFigure(
  id: string,
  title: string,
  network: Network,
  { spikes }: Simulation,
  durationMs: number,
  caption: string,
): FigureEvent {
  const sizes = Object.entries(network.populations).map(([name, { size }]) => ({ name, size }))
  // More populations are told apart by their places; their rates are a figure of their own.
  const hasRates = sizes.length <= 2
  const shown = hasRates ? shownNeurons : 3 * shownNeurons
  const every = Math.max(1, Math.round(sizes.reduce((sum, { size }) => sum + size, 0) / shown))
  return figure(
    id,
    title,
    activity({
      groups: sizes.map(({ name, size }) => ({
        name,
        neurons: Math.ceil(size / every),
        spikes: [...spikes[name].timesMs].flatMap((time, i) => {
          const neuron = spikes[name].neurons[i]
          return neuron % every === 0 && time < durationMs ? [{ time, neuron: neuron / every }] : []
        }),
        ...(hasRates
          ? {
              rates: [...rateInTime(spikes[name], size, durationMs, 5)].map((rate, i) => ({ time: i * 5 + 2.5, rate })),
            }
          : {}),
      })),
      duration: durationMs,
      height: hasRates ? 240 : 320,
    }),
    { caption: `${caption} One neuron in ${every}${hasRates ? "; rates of all, in bins of 5 ms" : ""}.` },
  )
}

export const racesFigure = (
  id: string,
  title: string,
  races: readonly { readonly title: string; readonly decision: Decision }[],
): FigureEvent =>
  figure(
    id,
    title,
    panels(
      races.map(({ title, decision }) => ({
        title,
        spec: lines({
          samples: (["A", "B"] as const).flatMap((pool) =>
            decision.rates[pool].map((y, i) => ({ x: (i + 0.5) * rateBinMs, y, series: `pool ${pool}` })),
          ),
          x: { title: "time (ms)", domain: [0, decisionTrialMs] },
          y: "rate (Hz)",
          points: false,
          width: 230,
          height: 130,
        }),
      })),
      2,
    ),
    {
      caption: `The stimuli last from ${decisionTrial.restMs} to ${stimulusEndMs} ms. The winner goes on firing without them: that is the memory of the decision, and it takes NMDA receptors and strong synapses within a pool.`,
    },
  )

export const psychometricFigure = (
  points: readonly { readonly coherence: number; readonly right: number }[],
  trials: number,
) =>
  figure(
    "psychometric",
    "How often the favoured pool wins",
    lines({
      samples: points.map(({ coherence, right }) => ({ x: 100 * coherence, y: 100 * right })),
      x: { title: "coherence (%)", scale: "log", domain: [2.5, 110] },
      y: { title: "right decisions (%)", domain: [0, 105] },
    }),
    { caption: `${trials} trials at each coherence.` },
  )

export const circuitFigure = (
  id: string,
  title: string,
  scale: number,
  rates: readonly number[],
  control?: readonly number[],
): FigureEvent =>
  figure(
    id,
    title,
    bars({
      bars: microcircuitPopulations.flatMap((label, i) => [
        { label, value: rates[i], series: "here" },
        { label, value: microcircuitRatesHz[i], series: "published" },
        ...(control === undefined ? [] : [{ label, value: control[i], series: "g = -2" }]),
      ]),
      x: "population",
      y: "rate (Hz)",
      controls: ["g = -2"],
      format: ".2~r",
    }),
    {
      caption: `Published: of the whole circuit. Here: ${formatNumber(100 * scale)} % of the neurons with ${formatNumber(100 * scale)} % of the inputs each; their weights are larger, and a constant current brings what is missing of the mean.`,
    },
  )
