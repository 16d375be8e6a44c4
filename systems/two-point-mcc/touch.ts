/** A trained network under the reader's hands: the others talk louder, neurons are silenced, and a pressed one says what made it speak. */
import { faceOf, talkers } from "../../src/data/index.ts"
import { hostRandom, tensor } from "../../src/engine/index.ts"
import { type FigureEvent, figure, level, note, pick, press, touch, training } from "../../src/run/index.ts"
import { bars } from "../../src/view/index.ts"
import { type Arm, armsOf, type Look, lookAt, trainingPlan } from "./arms.ts"
import { neuronsFigure, spectrogramFigure } from "./figures.ts"
import { batchOf, type Frames, framesOf, newest, recordings } from "./frames.ts"
import { shownFrames } from "./measures.ts"
import type { Alive, Cooperative } from "./model.ts"
import { type parameters, ratiosOf, type Values } from "./parameters.ts"

/** Training on more than this would keep the reader waiting. */
const most = { frames: 4000, steps: 400 }

export const lookTouch = touch<typeof parameters, ReturnType<typeof inputsFor>>({
  about:
    "Two networks learn for some seconds. Then turn up the others, choose a moment, press a neuron to see what context did to it, or silence it.",
  inputs: (p) => inputsFor(p),
  async *run({ parameters, seed, signal, inputs }) {
    yield note("data: talkers are generated; nobody was recorded")
    const p = {
      ...parameters,
      ...{ frames: Math.min(parameters.frames, most.frames), steps: Math.min(parameters.steps, most.steps) },
    }
    const { train } = recordings(seed, { train: p.frames, test: 1 }, ratiosOf(p))
    const pupils: { arm: Arm; model: Cooperative }[] = []
    for (const arm of armsOf(p).slice(0, 2)) {
      const plan = trainingPlan({ arm, train, parameters: p, seed })
      const { model } = yield* training(arm.name, plan, undefined)
      pupils.push({ arm, model })
    }
    const silenced = new Set<number>()
    let chosen: number | undefined
    for (;;) {
      const frames = recordAt(seed, inputs.value("loudness"))
      const moment = Math.round(inputs.value("moment"))
      for (const neuron of inputs.take("neuron")) {
        if (inputs.value("hand") === "look at it") chosen = neuron
        else if (!silenced.delete(neuron)) silenced.add(neuron)
      }
      const alive = without(silenced, p)
      const batch = batchOf(frames)
      const seen = pupils.map(({ arm, model }) => ({
        title: arm.title,
        look: lookAt(arm, model, batch, moment, alive),
      }))
      yield neuronsFigure(seen, { chosen, silenced })
      if (chosen !== undefined) yield siteFigure(seen[0].look, chosen, p.neurons)
      yield spectrogramFigure({
        heard: newest(frames, shownFrames),
        ...Object.fromEntries(seen.map(({ title, look }) => [title, look.said])),
        said: frames.target.data as Float32Array,
      })
      await inputs.wait(signal)
    }
  },
})

const inputsFor = ({ layers, neurons }: Values) => ({
  loudness: level("signal-to-noise ratio", { unit: "dB", from: -18, to: 18, start: -6 }),
  moment: level("moment", { unit: "frame", from: 0, to: shownFrames - 1, start: 20 }),
  hand: pick("what a press does", { options: ["look at it", "silence or wake it"] }),
  neuron: press("a neuron of the left network", { below: 2 * layers * neurons }),
})

/** The same seconds of talk, with the others at a loudness. */
function recordAt(seed: number, snrDb: number): Frames {
  const random = hostRandom(seed)
  return framesOf(talkers(random.fold(5), { frames: shownFrames, snrDb: [snrDb], face: faceOf(random.fold(0)) }))
}

const without = (silenced: ReadonlySet<number>, { layers, neurons }: Values): Alive =>
  Array.from({ length: layers }, (_, l) =>
    [0, 1].map((s) =>
      tensor(Float32Array.from({ length: neurons }, (_, i) => (silenced.has((2 * l + s) * neurons + i) ? 0 : 1))),
    ),
  )

/** What one neuron sums, and what it passes on. */
function siteFigure({ neurons }: Look, id: number, width: number): FigureEvent {
  const [layer, stream, i] = [Math.floor(id / (2 * width)), Math.floor(id / width) % 2, id % width]
  const site = neurons[layer][stream]
  const parts = ["receptive", "proximal", "distal", "universal", "context", "rates"] as const
  const labels = ["receptive field R", "proximal", "distal", "universal", "context C", "passed on"]
  const strongest = parts.slice(1, 4).reduce((a, b) => (Math.abs(site[a][i]) > Math.abs(site[b][i]) ? a : b))
  const verdict =
    site.context[i] < 0
      ? `context silences it, the ${strongest} part most`
      : `context amplifies it, the ${strongest} part most`
  return figure(
    "site",
    `Neuron ${i + 1} of the two-point network, layer ${layer + 1}, ${stream === 0 ? "heard" : "seen"}`,
    bars({
      bars: parts.map((part, k) => ({ label: labels[k], value: site[part][i] })),
      x: "",
      y: "",
      height: 160,
      format: ".2f",
    }),
    { caption: `In this frame ${verdict}.` },
  )
}
