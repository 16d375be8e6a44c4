/** Forward-Forward under the reader's hands: goodness drifts apart as it learns; then draw a digit and see which label the layers like. */
import { mnistFromDrawing, normalise } from "../../src/data/index.ts"
import { Tensor } from "../../src/engine/index.ts"
import { checkForwardForwardDepth, type ForwardForwardNetwork } from "../../src/learn/index.ts"
import { drawing, figure, note, type RunEvent, touch } from "../../src/run/index.ts"
import { raw, unitRows } from "./data.ts"
import { accuraciesOf, firstBatch } from "./evaluate.ts"
import { goodnessView, labelsFigure, paintedSvg } from "./figures.ts"
import { byForwardForward } from "./methods.ts"
import type { parameters } from "./parameters.ts"
import { trainPhases } from "./phases.ts"

const side = 28
/** Training for more than this would keep the reader waiting. */
const most = { images: 5000, testImages: 1000, width: 300, ffEpochs: 4 }

export const forwardForwardTouch = touch<typeof parameters, ReturnType<typeof inputs>>({
  about: "Layers learn on goodness for some seconds; then draw a digit and see which painted label they find most of.",
  inputs: () => inputs(),
  async *run({ parameters, seed, signal, data, inputs }) {
    const p = {
      ...parameters,
      images: Math.min(parameters.images, most.images),
      validationImages: 500,
      testImages: Math.min(parameters.testImages, most.testImages),
      width: Math.min(parameters.width, most.width),
      ffEpochs: Math.min(parameters.ffEpochs, most.ffEpochs),
    }
    checkForwardForwardDepth(p.ffLayers)
    const digits = await raw(data, "mnist", p)
    if (digits.note !== undefined) yield note(digits.note)
    const { classes } = digits
    const unit = unitRows(digits)
    const view = goodnessView(firstBatch(unit.validation, 500, seed), classes, p.strength)
    const ground = { data: unit, classes, width: p.width, weightDecay: 0, augment: undefined, p }
    const method = byForwardForward(ground, (own) => [view(own)])
    const { whole: network } = yield* trainPhases(method, { name: "ff", rate: p.ffRate, seed }, undefined)
    const [accuracy] = accuraciesOf(method.predictions, network, unit.test)
    const ready = `It reads ${accuracy.toFixed(1)} % of ${p.testImages} test digits by their goodness.`
    yield* answer(network, firstBatch(unit.test, 1).images, p.strength, `A test image. ${ready} Now draw one.`)
    for (;;) {
      await inputs.wait(signal)
      const picture = inputs.take("digit").at(-1)
      const image = picture === undefined ? undefined : mnistFromDrawing(picture, side)
      if (image === undefined) continue
      const pixels = normalise(image, [0], [1])
      yield* answer(network, Tensor.from({ ...pixels, shape: [1, side * side] }), p.strength, ready)
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

function* answer(
  network: ForwardForwardNetwork,
  image: Tensor,
  strength: number,
  caption: string,
): Generator<RunEvent> {
  const classes = network.head.weight.shape[1]
  const svg = paintedSvg(image.array() as Float32Array, classes, strength)
  yield figure("painted", "The image with each label painted in", svg, {
    caption: "The first ten pixels of the first row say the label.",
  })
  yield labelsFigure(network, image, strength, (best) => `The layers find most of the label ${best}. ${caption}`)
}
