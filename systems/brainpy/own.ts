/** Networks of the reader's own: what the sliders make. */
import { cobaNetwork, microcircuitNetwork, microcircuitPopulations } from "../../src/neuro/index.ts"
import { metric, type RunContext, type RunEvent } from "../../src/run/index.ts"
import * as figures from "./network-figures.ts"
import * as networks from "./networks.ts"
import { parameters, type Values } from "./parameters.ts"
import { simulated } from "./simulation.ts"

type Context = RunContext<typeof parameters>
type Part = AsyncGenerator<RunEvent, void, void>

/** Your own networks: where the sliders of one have been moved, or where they are asked for. */
export function ownNetworks(
  context: Context,
): readonly (readonly [name: string, isChosen: boolean, body: () => Part])[] {
  const { parameters: p } = context
  const isMoved = (...names: (keyof Values)[]): boolean => names.some((name) => p[name] !== parameters[name].default)
  const isAsked = p.runs === "your own networks"
  const isSketch = p.runs === "sketch"
  return [
    [
      "your own COBA",
      isAsked || isSketch || isMoved("wE", "wI", "drive", "dt", "integrator"),
      () => ownBalanced(context, isSketch),
    ],
    ["your own decision", isAsked || (!isSketch && isMoved("coherence", "wPlus")), () => ownDecision(context)],
    ["your own microcircuit", isAsked || (!isSketch && isMoved("g", "scale")), () => ownCircuit(context)],
  ]
}

async function* ownBalanced({ parameters: p, seed, signal }: Context, isSketch: boolean): Part {
  const durationMs = isSketch ? 100 : 500
  const net = cobaNetwork({
    scale: isSketch ? 0.25 : 1,
    excitatoryWeight: p.wE,
    inhibitoryWeight: p.wI,
    inputMV: p.drive,
    method: p.integrator,
  })
  const simulation = yield* simulated("your own COBA", net, { durationMs, dtMs: p.dt, seed, signal })
  const { rate, cv, synchrony } = networks.activityOf(net, simulation, { fromMs: 0.4 * durationMs, toMs: durationMs })
  yield metric("own/rate", rate, { unit: "Hz" })
  yield metric("own/cv", cv)
  yield metric("own/synchrony", synchrony)
  const caption = `${networks.sizeOf(net)} neurons, wE ${p.wE}, wI ${p.wI}, ${p.drive} mV, steps of ${p.dt} ms, ${p.integrator}.`
  yield figures.rasterFigure("own", "Your own balanced network", net, simulation, durationMs, caption)
}

async function* ownDecision({ parameters: p, seed, signal }: Context): Part {
  const coherence = p.coherence / 100
  const decision = yield* networks.decide("your own decision", { coherence, wPlus: p.wPlus }, seed, signal)
  const choice = networks.choiceOf(decision, coherence)
  yield metric("own/favoured", choice.favoured, { unit: "Hz" })
  yield metric("own/favoured-delay", choice.favouredDelay, { unit: "Hz" })
  yield metric("own/other", choice.other, { unit: "Hz" })
  const title = `coherence ${p.coherence} %, w+ = ${p.wPlus}`
  yield figures.racesFigure("own-decision", "Your own decision", [{ title, decision }])
}

async function* ownCircuit({ parameters: p, seed, signal }: Context): Part {
  const net = microcircuitNetwork({ neurons: p.scale, inDegree: p.scale, g: p.g })
  const simulation = yield* simulated("your own microcircuit", net, { durationMs: p.circuitMs, seed, signal })
  const rates = networks.circuitRates(net, simulation, { fromMs: networks.circuitFromMs, toMs: p.circuitMs })
  for (const [i, name] of microcircuitPopulations.entries()) yield metric(`own/${name}`, rates[i], { unit: "Hz" })
  yield figures.circuitFigure("own-microcircuit", `Your own microcircuit, g = ${p.g}`, p.scale, rates)
}
