/** A network trained by SLTT that reads what is drawn. */
import { mnistFromDrawing, normalise } from "../../src/data/index.ts"
import { jit, key, type Tensor } from "../../src/engine/index.ts"
import { drawing, figure, note, touch, training } from "../../src/run/index.ts"
import { bars } from "../../src/view/index.ts"
import { armPlan, batchOf, type Examples, evaluator, examplesOf } from "./arms.ts"
import { rasterFigure } from "./figures.ts"
import { predict, type SpikingNetwork, spikingNetwork } from "./model.ts"
import { type parameters, settingOf } from "./parameters.ts"

const side = 28
/** Training for more than this would keep the reader waiting. */
const most = { images: 10_000, testImages: 1000, epochs: 3 }

export const digitTouch = touch<typeof parameters, ReturnType<typeof inputs>>({
  about: "A network is trained by SLTT for some seconds; then draw a digit and see what it reads, and how it fires.",
  inputs: () => inputs(),
  async *run({ parameters: p, seed, signal, data, inputs }) {
    const digits = await data.mnist({
      limit: Math.min(p.images, most.images),
      testLimit: Math.min(p.testImages, most.testImages),
    })
    if (digits.note !== undefined) yield note(digits.note)
    const setting = settingOf(p)
    const validate = evaluator(setting, examplesOf(digits, "test"))
    const { model, curve } = yield* training(
      "sltt",
      armPlan({
        arm: { name: "sltt", rule: "sltt" },
        setting,
        network: spikingNetwork([side * side, p.hidden, p.hidden, 10], key(seed)),
        train: examplesOf(digits, "train"),
        validate,
        epochs: Math.min(p.epochs, most.epochs),
        batch: p.batch,
        rate: p.rate,
        seed,
      }),
      undefined,
    )
    const accuracy = curve.epochs[curve.epochs.length - 1].accuracy
    const ready = `It reads ${accuracy.toFixed(1)} % of ${digits.test.labels.shape[0]} test digits.`
    yield readFigure(Array(10).fill(0), `${ready} Now draw one.`)
    const read = jit((network: SpikingNetwork, images: Tensor) => predict(network, images, setting).votes)
    for (;;) {
      await inputs.wait(signal)
      const picture = inputs.take("digit").at(-1)
      const image = picture === undefined ? undefined : mnistFromDrawing(picture, side)
      if (image === undefined) continue
      const pixels = normalise(image, digits.mean, digits.std)
      const examples: Examples = {
        images: { ...pixels, shape: [1, side * side] },
        labels: { dtype: "i32", shape: [1], data: Int32Array.of(0) },
      }
      const votes = [...read(model, batchOf(examples, Int32Array.of(0)).images).array()].map((x) => x / setting.steps)
      const [first, second] = [...votes.keys()].sort((a, b) => votes[b] - votes[a])
      const margin = (votes[first] - votes[second]).toFixed(2)
      yield readFigure(votes, `It reads a ${first}; ${second} is next, ${margin} below. ${ready}`)
      yield rasterFigure(model, examples, setting)
    }
  },
})

const inputs = () => ({
  digit: drawing("a digit", {
    width: side,
    height: side,
    help: "moved into the middle and scaled as MNIST's digits are",
  }),
})

const readFigure = (votes: readonly number[], caption: string) =>
  figure(
    "read",
    "What the network reads",
    bars({
      bars: votes.map((value, digit) => ({ label: String(digit), value })),
      x: "digit",
      y: "readout, mean over the time steps",
      height: 180,
      format: ".1f",
    }),
    { caption },
  )
