import { CajalError, key, type Tensor, zeros } from "../../src/engine/index.ts"
import { cascade, checkForwardForwardDepth, crossEntropy } from "../../src/learn/index.ts"
import { note, type RunContext, type RunEvent, Stages, system } from "../../src/run/index.ts"
import { diagramWith } from "../../src/view/index.ts"
import { cascades, contest, exactRatios, forwardForwardArm, perceptrons, withCafo, withFF } from "./arms.ts"
import { claims } from "./claims.ts"
import { gradientStairs } from "./costs.ts"
import { cropAndFlip, raw, standardImages, standardRows, unitRows } from "./data.ts"
import { deltasTable, forwardForwardView, methodsTable, stairsFigure } from "./figures.ts"
import { ffBatch, type Ground, sizesOf } from "./methods.ts"
import { checkDepth, partsOf, sharedNetwork } from "./model.ts"
import { parameters } from "./parameters.ts"
import { batchesPerEpoch } from "./phases.ts"
import type { Entry } from "./race.ts"
import { forwardForwardTouch } from "./touch.ts"

export default system({
  slug: "beyond-backprop",
  parameters,
  presets: {
    smoke: {
      methods: "BP and MF",
      width: 64,
      images: 1000,
      validationImages: 500,
      testImages: 1000,
      epochs: 1,
      phaseEpochs: 1,
      bpTrials: 1,
    },
    quick: {},
    full: {
      width: 1000,
      images: 20_000,
      epochs: 8,
      phaseEpochs: 8,
      patience: 5,
      phasePatience: 3,
      ffEpochs: 20,
      bpTrials: 3,
      mfTrials: 3,
      seeds: 3,
      cafoImages: 20_000,
      channels: "8/32/64",
      cifar: true,
    },
  },
  standIn: true,
  check(p) {
    checkDepth(p.layers)
    if (withFF(p)) checkForwardForwardDepth(p.ffLayers)
    batchesPerEpoch(p.images, p.batch)
    if (withFF(p)) batchesPerEpoch(p.images, ffBatch)
    if (p.cifar) batchesPerEpoch(p.cifarImages, p.batch)
    if (withCafo(p)) batchesPerEpoch(Math.min(p.images, p.cafoImages), p.batch)
    if (p.augment && p.cachePrefix)
      throw new CajalError(
        "augmented images are new in every epoch, so what frozen layers give for them cannot be kept",
        {
          where: "parameters augment and cachePrefix",
          hint: "set cachePrefix to false, or augment to false",
        },
      )
  },
  run,
  claims,
  touch: forwardForwardTouch,
  cover: "race",
  circuit: (p) =>
    diagramWith(
      { parameters: [0], axes: ["b pixels", "b"] },
      (network: ReturnType<typeof partsOf>, images: Tensor, labels: Tensor) =>
        cascade(network, images).map((logits) => crossEntropy(logits, labels)),
      partsOf(sharedNetwork([784, ...Array<number>(p.layers).fill(p.width), 10], key(0))),
      zeros([p.batch, 784]),
      zeros([p.batch], "i32"),
    ),
})

type Context = RunContext<typeof parameters>
type Race = AsyncGenerator<RunEvent, Record<string, Entry>, void>

async function* run(context: Context): AsyncGenerator<RunEvent, void, void> {
  const stages = new Stages(context.resumed)
  const digits = yield* mnistRace(context, stages)
  const photographs = context.parameters.cifar ? yield* cifarRace(context, stages) : {}
  yield deltasTable(digits, photographs)
}

async function* mnistRace({ parameters: p, seed, data }: Context, stages: Stages): Race {
  const digits = await raw(data, "mnist", p)
  if (digits.note !== undefined) yield note(digits.note)
  const of = { classes: digits.classes, width: p.width, weightDecay: 7.5e-6, augment: undefined, p }
  const ground: Ground = { ...of, data: standardRows(digits) }
  const contenders = perceptrons(ground)
  if (withFF(p)) {
    const unit = unitRows(digits)
    contenders.push(forwardForwardArm({ ...of, data: unit }, forwardForwardView(unit, of.classes, p.strength, seed)))
  }
  if (withCafo(p)) contenders.push(...cascades({ ...of, data: standardImages(digits, p.cafoImages) }, false))
  yield* exactRatios(ground)
  yield stairsFigure(gradientStairs(sizesOf(ground, p.layers), p.batch))
  const { name } = digits
  const entries = yield* contest({ prefix: "", name, ground, contenders }, seed, stages)
  yield methodsTable(Object.values(entries), "", name)
  return entries
}

async function* cifarRace({ parameters: p, seed, data }: Context, stages: Stages): Race {
  const validationImages = Math.ceil(p.cifarImages / 10)
  const testImages = Math.min(2000, p.testImages)
  const photographs = await raw(data, "cifar10", { images: p.cifarImages, validationImages, testImages })
  if (photographs.note !== undefined) yield note(photographs.note)
  const augment: Ground["augment"] = p.augment ? (images, own) => cropAndFlip(images, 3, own) : undefined
  const of = { classes: photographs.classes, width: p.cifarWidth, weightDecay: 2.1e-5, augment, p }
  const ground: Ground = { ...of, data: standardRows(photographs) }
  const contenders = perceptrons(ground)
  if (withCafo(p)) contenders.push(...cascades({ ...of, data: standardImages(photographs, p.cifarImages) }, true))
  const name = `${photographs.name}, ${p.cifarImages.toLocaleString("en")} images`
  const entries = yield* contest({ prefix: "cifar/", name, ground, contenders }, seed, stages)
  yield methodsTable(Object.values(entries), "cifar/", name)
  return entries
}
