/** A hand under the reader's hands: its pace, its wave and which sensor leads; the network says what it does. */
import { wristSignal, wristSizes } from "../../src/data/index.ts"
import { hostRandom, key } from "../../src/engine/index.ts"
import { level, note, pick, touch, training } from "../../src/run/index.ts"
import { accuracyOf, trainingPlan } from "./arms.ts"
import { classNames, passingFigure } from "./figures.ts"
import { l2mu } from "./model.ts"
import { type parameters, shapeOf, startsOf } from "./parameters.ts"
import { passingOf } from "./passing.ts"
import { type Examples, scaled, wristExamples } from "./windows.ts"

/** Training on more than this would keep the reader waiting. */
const most = { windows: 3000, steps: 250 }
const { steps, channels } = wristSizes
const leads = ["accelerometer", "gyroscope"] as const

export const wristTouch = touch<typeof parameters, ReturnType<typeof inputs>>({
  about:
    "The network learns for some seconds; then move the hand: how fast, in which wave, and which sensor feels it first.",
  inputs: () => inputs(),
  async *run({ parameters: p, seed, signal, inputs }) {
    yield note("data: the wrist is generated; no watch was worn")
    const { train, test, scaling } = wristExamples(seed, Math.min(p.windows, most.windows), 210, p.noise)
    const fit = { steps: Math.min(p.steps, most.steps), rate: p.rate, batch: p.batch, seed }
    const start = l2mu(shapeOf(p), key(seed), startsOf(p))
    const { model } = yield* training("leaky", trainingPlan(start, train, fit), undefined)
    const ready = `It names ${(100 * accuracyOf(model, test)).toFixed(0)} % of test windows.`
    const random = hostRandom(seed).fold(3)
    for (let moment = 0; ; moment++) {
      const movement = {
        hz: inputs.value("pace"),
        wave: inputs.value("wave"),
        lead: inputs.value("first") === leads[0] ? 1 : -1,
      } as const
      const own = random.fold(moment)
      const felt = wristSignal(movement, 2 * Math.PI * own.uniform(), Array(channels).fill(1))
      const noisy = felt.map((x) => x + inputs.value("noise") * own.normal())
      const example: Examples = {
        windows: scaled({ dtype: "f32", shape: [1, steps, channels], data: noisy }, scaling),
        labels: Int32Array.of(0),
        classes: classNames.length,
      }
      const { passing, told } = passingOf(model, example, 0)
      yield passingFigure(passing, `The network says ${classNames[told]}. ${ready}`)
      await inputs.wait(signal)
    }
  },
})

const inputs = () => ({
  pace: level("pace", { unit: "Hz", from: 0.3, to: 8, start: 1.8 }),
  wave: pick("wave", { options: ["pulse", "sine"] }),
  first: pick("which sensor leads", { options: leads }),
  noise: level("noise", { from: 0, to: 2, start: 0.2 }),
})
