/** A neuron that adds what is drawn. */
import { mnistFromDrawing } from "../../src/data/index.ts"
import { tensor } from "../../src/engine/index.ts"
import { drawing, figure, note, touch, training } from "../../src/run/index.ts"
import { bars } from "../../src/view/index.ts"
import { type Batch, type Digits, pairsOf, side, spikesOf } from "./adding.ts"
import { armsOf, digitsFor, tester, trainingPlan } from "./arms.ts"
import { passingFigure } from "./figures.ts"
import { type parameters, taskOf } from "./parameters.ts"
import { passingOf } from "./passing.ts"

/** Training for more than this would keep the reader waiting. */
const most = { steps: 800, testPairs: 500 }
const canvas = 28

export const digitTouch = touch<typeof parameters, ReturnType<typeof inputs>>({
  about:
    "A neuron learns to add for some seconds; then draw two digits, and see what it holds of the first when the second has passed.",
  inputs: () => inputs(),
  async *run({ parameters, seed, signal, data, inputs }) {
    const p = {
      ...parameters,
      steps: Math.min(parameters.steps, most.steps),
      testPairs: Math.min(parameters.testPairs, most.testPairs),
    }
    const [arm] = armsOf({ ...p, arms: "one" })
    const task = taskOf(p)
    const digits = await digitsFor(data, p, task)
    if (digits.note !== undefined) yield note(digits.note)
    const test = tester(digits.test, task, p.testPairs, seed)
    const { model, curve } = yield* training(arm.name, trainingPlan(arm, digits.train, p, seed, test), undefined)
    const ready = `It names ${(100 * curve.epochs[curve.epochs.length - 1].accuracy).toFixed(0)} % of the sums of test digits.`
    const drawn: [Uint8Array, Uint8Array] = [digitAt(digits.test, 0), digitAt(digits.test, 1)]
    for (;;) {
      for (const [i, name] of (["first", "second"] as const).entries()) {
        const image = mnistFromDrawing(inputs.take(name).at(-1) ?? new Float32Array(canvas * canvas), canvas)
        if (image !== undefined) drawn[i] = spikesOf(image.data as Uint8Array)
      }
      const pair: Digits = { spikes: Uint8Array.of(...drawn[0], ...drawn[1]), labels: Uint8Array.of(0, 0) }
      const batch: Batch = { ...pairsOf(pair, Int32Array.of(0, 1), task), labels: tensor([0], { dtype: "i32" }) }
      const { passing, sum, logits } = passingOf(model, batch, p.dt)
      yield passingFigure(passing, `It says ${sum}.`)
      const spec = bars({
        bars: shares(logits).map((value, i) => ({ label: String(i), value: 100 * value })),
        ...{ x: "sum", y: { title: "probability (%)", domain: [0, 100] }, height: 180, format: ".0f" },
      })
      yield figure("sum", "What the neuron says", spec, {
        caption: `${ready} It knows the digits 0 to ${task.below - 1}.`,
      })
      await inputs.wait(signal)
    }
  },
})

const inputs = () => ({
  first: drawing("the first digit", { width: canvas, height: canvas }),
  second: drawing("the second digit", { width: canvas, height: canvas }),
})

const digitAt = ({ spikes }: Digits, i: number): Uint8Array => spikes.slice(i * side * side, (i + 1) * side * side)

function shares(logits: readonly number[]): number[] {
  const largest = Math.max(...logits)
  const sizes = logits.map((x) => Math.exp(x - largest))
  const sum = sizes.reduce((a, b) => a + b, 0)
  return sizes.map((x) => x / sum)
}
