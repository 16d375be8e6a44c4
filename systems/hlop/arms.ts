/** The ways to learn task after task: what is compiled, and what is measured on the way. */
import { type HostRandom, jit, key, mapTree, Tensor, zeros } from "../../src/engine/index.ts"
import { orthonormal, outside, principalDirections, SubspaceNeurons } from "../../src/learn/index.ts"
import {
  type Batch,
  gradientOf,
  type Learner,
  learnLaterals,
  lossOverTime,
  nextTask,
  type Setting,
  type SpikingNetwork,
  spikingNetwork,
} from "./model.ts"
import { blocksOf, hebbianOf, settingOf, sizesOf, type Values } from "./parameters.ts"
import { type Examples, firstExamples } from "./tasks.ts"

/** Lateral neurons that learn by Hebb, none, random ones that never learn, or the best that there are. */
export type Laterals = "hebbian" | "none" | "random" | "principal"

export interface Arm {
  readonly name: string
  readonly title: string
  readonly laterals: Laterals
  readonly setting: Setting
  /** Whether it is run from one start only. */
  readonly once?: boolean
}

export const controlTitles = ["no projection", "random lateral"]

export function armsOf(p: Values): Arm[] {
  const setting = settingOf(p)
  const three: Arm[] = [
    { name: "hlop", title: "HLOP", laterals: "hebbian", setting },
    { name: "baseline", title: controlTitles[0], laterals: "none", setting },
    { name: "random", title: controlTitles[1], laterals: "random", setting },
  ]
  if (p.arms === "three") return three
  return [
    ...three,
    {
      name: "hlop-bptt",
      title: "HLOP, BPTT",
      laterals: "hebbian",
      setting: settingOf(p, { rule: "bptt" }),
      once: true,
    },
    {
      name: "hlop-bursts",
      title: "HLOP, bursts",
      laterals: "hebbian",
      setting: settingOf(p, { bursts: true }),
      once: true,
    },
    { name: "svd", title: "best subspace", laterals: "principal", setting, once: true },
  ]
}

export const startOf = (p: Values, seed: number): Learner => ({
  network: spikingNetwork(sizesOf(p), key(seed)),
  laterals: [],
})

/** The learner that a task begins with. The laterals' random numbers are their own: the weights of all arms start the same. */
export const beginTask = (learner: Learner, arm: Arm, p: Values, task: number, random: HostRandom): Learner =>
  arm.laterals === "none" ? learner : { ...learner, laterals: nextTask(learner, blocksOf(p, task), random.fold(task)) }

/** A learner of the shapes that a task begins with: a checkpoint is read into it. */
export function shapedFor(p: Values, arm: Arm, task: number): Learner {
  const { network } = startOf(p, 0)
  if (arm.laterals === "none") return { network, laterals: [] }
  const rowsBefore = (l: number): number => {
    let rows = 0
    for (let before = 0; before < task; before++) rows += blocksOf(p, before)[l]
    return rows
  }
  return {
    network,
    laterals: blocksOf(p, task).map((fresh, l) => {
      const inputs = sizesOf(p)[l]
      return new SubspaceNeurons(task === 0 ? undefined : zeros([rowsBefore(l), inputs]), zeros([fresh, inputs]))
    }),
  }
}

/** A batch, and whether the lateral neurons learn from it. */
export type TaskBatch = Batch & { readonly isHeard: boolean }

/** One step: the weights descend along what is protected of the gradient; the lateral neurons learn from what they hear. */
export const stepOf = (arm: Arm, p: Values) =>
  jit(
    (learner: Learner, { isHeard, ...batch }: TaskBatch, rate: Tensor) => {
      const [[loss, heard], gradient] = gradientOf(learner, batch, arm.setting)
      const network = mapTree((w, g) => w.sub(g.mul(rate)), learner.network, gradient)
      const laterals = isHeard ? learnLaterals(learner.laterals, heard, hebbianOf(p, arm.setting)) : learner.laterals
      const largest = isHeard ? laterals.map(({ fresh }) => fresh.abs().max()) : []
      return [{ network, laterals }, loss, largest] as const
    },
    { donate: [0] },
  )

/** The best subspaces there are for what the lateral neurons hear of 3,000 stored examples. */
export function bestLaterals({ network, laterals }: Learner, examples: Examples, setting: Setting): SubspaceNeurons[] {
  const stored = 3000
  const hear = jit((n: SpikingNetwork, batch: Batch) => lossOverTime(n, batch, setting, (x) => x)[1])
  const all = firstExamples(examples, stored)
  const few = firstExamples(examples, Math.ceil(stored / (2 * setting.steps)))
  const heard = hear(network, { images: Tensor.from(few.images), labels: Tensor.from(few.labels) })
  hear.dispose()
  return laterals.map(({ old, fresh }, l) => {
    const [rows, inputs] = fresh.shape
    const x = l === 0 ? Tensor.from(all.images) : heard[l].reshape([-1, inputs])
    const best = principalDirections(old === undefined ? x : outside(x, old), rows)
    return new SubspaceNeurons(old, orthonormal(best, old))
  })
}
