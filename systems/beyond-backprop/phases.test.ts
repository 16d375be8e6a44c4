import { describe, expect, test } from "vitest"
import { DataSource, fetchFiles } from "../../src/data/index.ts"
import { flatten, key, type Tree } from "../../src/engine/index.ts"
import { adamState, backpropagation, type Headed, logitsOf, type Rectified } from "../../src/learn/index.ts"
import { checkParameters, type RunEvent } from "../../src/run/index.ts"
import { type Parts, raw, standardImages, standardRows } from "./data.ts"
import { accuraciesOf } from "./evaluate.ts"
import { byCascade, byMonoForward, byReadoutsAlone, type Ground } from "./methods.ts"
import { descent, sharedNetwork } from "./model.ts"
import { parameters } from "./parameters.ts"
import { batchesPerEpoch, type Method, trainPhases } from "./phases.ts"

const numbers = (tree: Tree): number[] => flatten(tree).leaves.flatMap((x) => [...x.array()])

async function finish<R>(run: AsyncGenerator<RunEvent, R, void>): Promise<{ result: R; events: RunEvent[] }> {
  const events: RunEvent[] = []
  for (;;) {
    const next = await run.next()
    if (next.done === true) return { result: next.value, events }
    events.push(JSON.parse(JSON.stringify(next.value, (_, x) => (ArrayBuffer.isView(x) ? Array.from(x as never) : x))))
  }
}

const data = new DataSource(fetchFiles("http://nowhere.invalid"), { standIn: true })
const sizes = { images: 600, validationImages: 100, testImages: 200 }
const settings = checkParameters(
  parameters,
  { ...sizes, width: 24, batch: 32, phaseEpochs: 3, cafoEpochs: 2, cafoImages: 600 },
  "beyond-backprop",
)

function groundOf(parts: Parts, given: Partial<typeof settings> = {}): Ground {
  return { data: parts, classes: 10, width: 24, weightDecay: 0, augment: undefined, p: { ...settings, ...given } }
}
const fit = { name: "fit", rate: 3e-3, seed: 3 }

/** Trains, and says what the method predicts of the test images at the end. */
async function finished<W extends Tree>(method: Method<W>) {
  const { result, events } = await finish(trainPhases(method, fit, undefined))
  return { ...result, events, test: accuraciesOf(method.predictions, result.whole, method.data.test) }
}

/** The tensors of the checkpoints at which a phase is over. */
const phaseEnds = (events: readonly RunEvent[]) =>
  events.flatMap((e) =>
    e.type === "checkpoint" && (e.state.json as { state: unknown }).state === null ? [e.state.tensors!] : [],
  )

describe("phases", async () => {
  const parts = standardRows(await raw(data, "mnist", sizes))

  test("keeping what the frozen layers give changes nothing of the result", async () => {
    const kept = await finished(byMonoForward(groundOf(parts), true))
    const again = await finished(byMonoForward(groundOf(parts), false))
    expect(kept.test).toEqual(again.test)
    expect(kept.curves).toEqual(again.curves)
    expect(kept.test.at(-1)).toBeGreaterThan(40)
  })

  test.each([false, true])(
    "a layer below is bit for bit the same in all later phases (control: %s)",
    async (isControl) => {
      const ground = groundOf(parts)
      const { events } = await finished(isControl ? byReadoutsAlone(ground) : byMonoForward(ground, true))
      const ends = phaseEnds(events)
      const weight = (end: number, part: number) => ends[end][`whole.${part}.layer.linear.weight`].data
      expect(ends).toHaveLength(3)
      expect(weight(2, 1)).toEqual(weight(1, 1))
      expect(weight(1, 2)).toEqual(weight(0, 2))
      if (isControl) expect([weight(2, 1), weight(2, 2)]).toEqual([weight(0, 1), weight(0, 2)])
      else {
        expect(weight(1, 1)).not.toEqual(weight(0, 1))
        expect(weight(2, 2)).not.toEqual(weight(0, 2))
      }
    },
  )

  test("Cascaded-Forward leaves its blocks as they were drawn, unless feedback trains them first", async () => {
    const images = standardImages(await raw(data, "mnist", sizes), 600)
    const ground = groundOf(images, { cifarEpochs: 1 })
    const weight = "whole.trunk.blocks.0.convolution.weight"
    const random = await finished(byCascade(ground, "random"))
    const drawn = byCascade(ground, "random").start(key(fit.seed)).trunk.blocks[0].convolution.weight.array()
    for (const end of phaseEnds(random.events)) expect(end[weight].data).toEqual([...drawn])
    expect(random.test).toHaveLength(4)
    const learnt = await finished(byCascade(ground, "feedback"))
    const [first, ...later] = phaseEnds(learnt.events)
    expect(first[weight].data).not.toEqual([...drawn])
    for (const end of later) expect(end[weight].data).toEqual(first[weight].data)
    expect(learnt.test).not.toEqual(random.test)
  })

  /** Backpropagation that by its own account gets no better after the second epoch. */
  const stuck = (): Method<Headed<Rectified>> => {
    return {
      data: parts,
      start: (k) => sharedNetwork([784, 24, 10], k).trunk,
      phases: [
        {
          part: (network) => network,
          join: (_, trained) => trained,
          state: adamState,
          step: () => descent(backpropagation),
          logits: logitsOf,
          epochs: 9,
          batch: 100,
          // A measure that nobody takes is never better than before.
          patience: { measure: "nothing", epochs: 2 },
        },
      ],
      predictions: (network, images) => [logitsOf(network, images)],
    }
  }

  test("a training ends when it is out of patience, also when it is taken up again just then", async () => {
    const { result, events } = await finish(trainPhases(stuck(), fit, undefined))
    expect(result.curves[0].epochs).toHaveLength(2)
    const checkpoints = events.flatMap((e) => (e.type === "checkpoint" ? [e.state] : []))
    const before = checkpoints.at(-2)! // the last of the phase itself
    expect((before.json as { state: unknown }).state).not.toBe(null)
    const tensors = Object.fromEntries(
      Object.entries(before.tensors!).map(([name, x]) => [name, { ...x, data: Float32Array.from(x.data) }]),
    )
    const taken = await finish(trainPhases(stuck(), fit, { ...before, tensors }))
    expect(numbers(taken.result.whole)).toEqual(numbers(result.whole))
    expect(taken.events.map(({ type }) => type)).toEqual(["checkpoint"])
    expect(numbers(result.whole)).not.toEqual(numbers(stuck().start(key(fit.seed))))
  })

  test("a batch may not be larger than the training set", () => {
    expect(batchesPerEpoch(128, 128)).toBe(1)
    expect(() => batchesPerEpoch(100, 128)).toThrow("a batch of 128 is larger than the training set of 100 images")
  })
})
