/** One arm: task after task, measured on all tasks so far after each. */
import { CajalError, hostRandom, Tensor } from "../../src/engine/index.ts"
import { constantRate, type TrainingPlan } from "../../src/learn/index.ts"
import { type CheckpointState, checkpoint, metric, type RunEvent, training } from "../../src/run/index.ts"
import { type Arm, beginTask, bestLaterals, shapedFor, startOf, stepOf, type TaskBatch } from "./arms.ts"
import { deviation, evaluator, residualPercent, updateNorms } from "./measures.ts"
import type { Learner } from "./model.ts"
import { hebbianOf, moduleNames, type Values } from "./parameters.ts"
import { batchesOf, type Examples, firstExamples, permuted, pixelOrder } from "./tasks.ts"

/** What an arm measured. */
export type Lesson = {
  /** Row k: the accuracy on tasks 0..k after task k was learned, per cent. */
  readonly matrix: number[][]
  /** Steps of the run (all tasks) and the energy that the input module leaves of held-out images of the task, per cent. */
  readonly residuals: { step: number; task: number; value: number }[]
  /** The share of each module's weight update that falls into the old subspace, without projection and with it, per cent. */
  readonly updates: { step: number; task: number; module: string; plain: number; kept: number }[]
  /** Energy of held-out images of each task outside of all rows after it, per cent. */
  readonly left: number[]
  /** max |H Hᵀ - I| of each module's block, by task. */
  readonly deviations: number[][]
}

export const emptyLesson = (): Lesson => ({ matrix: [], residuals: [], updates: [], left: [], deviations: [] })

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length

/** Mean over tasks of the accuracy in the end. */
export const averageAccuracy = ({ matrix }: Lesson): number => mean(matrix.at(-1)!)

/** Mean over tasks but the last of what was forgotten (negative) since each was learned; 0 where there is one task. */
export const backwardTransfer = ({ matrix }: Lesson): number =>
  matrix.length < 2 ? 0 : mean(matrix.slice(0, -1).map((row, k) => matrix.at(-1)![k] - row[k]))

export interface ArmPlan {
  /** Metrics are named after it. */
  readonly name: string
  readonly arm: Arm
  readonly parameters: Values
  readonly seed: number
  readonly train: Examples
  readonly programs: ReturnType<typeof programsOf>
  /** Images that no network has seen: what the lateral neurons leave of them is measured. */
  readonly heldOut: Examples
  readonly signal: AbortSignal
  /** Whether subspace and updates are watched. */
  readonly isWatched: boolean
  /** Called after every task. */
  show?(lesson: Lesson, learner: Learner): RunEvent[]
}

type Position = { readonly task: number; readonly lesson: Lesson; readonly inner: CheckpointState["json"] }

/** What an arm's runs have in common, compiled: a step, and what is recognised of the test images. */
export const programsOf = (arm: Arm, p: Values, test: Examples) => ({
  step: stepOf(arm, p),
  accuracy: evaluator(arm.setting, test),
})

/** Test images for what is only looked at on the way: neither ACC nor BWT has it. */
const fewImages = 2000

/** Observations of the subspace in a task, and the held-out images that they look at. */
const observations = 8
const watchedImages = 500

/**
 * Learns all tasks.
 * @param saved its last checkpoint, where it was interrupted
 * @throws CajalError when Hebbian learning diverges
 */
export async function* learnTasks(
  plan: ArmPlan,
  saved: CheckpointState | undefined,
): AsyncGenerator<RunEvent, Lesson, void> {
  const { name, arm, parameters: p, seed, train, signal } = plan
  const { step, accuracy } = plan.programs
  const random = hostRandom(seed).fold(2402) // the lateral neurons' own stream
  const position = saved?.json as Position | undefined
  const lesson = position?.lesson ?? emptyLesson()
  let learner = position === undefined ? startOf(p, seed) : shapedFor(p, arm, position.task)
  for (let task = position?.task ?? 0; task < p.tasks; task++) {
    const isResumed = position?.task === task
    if (!isResumed) learner = beginTask(learner, arm, p, task, random)
    const order = pixelOrder(seed, task)
    const own = permuted(train, order)
    const running = training(
      `${name}/task ${task + 1}`,
      taskPlan(plan, learner, task, own, step),
      isResumed ? { json: position.inner, tensors: saved?.tensors ?? {} } : undefined,
    )
    for (;;) {
      signal.throwIfAborted()
      const next = await running.next()
      if (next.done === true) {
        learner = next.value.model
        remember(lesson, next.value.curve.observations, task)
        break
      }
      const event = next.value
      yield event.type === "checkpoint"
        ? checkpoint(
            { task, lesson: structuredClone(lesson), inner: event.state.json } satisfies Position,
            event.state.tensors,
          )
        : event
    }
    if (arm.laterals === "principal") learner = { ...learner, laterals: bestLaterals(learner, own, arm.setting) }
    const row: number[] = []
    for (let tested = 0; tested <= task; tested++) {
      signal.throwIfAborted()
      const isCounted = tested === task || task === p.tasks - 1
      row.push(accuracy(learner.network, pixelOrder(seed, tested), isCounted ? undefined : fewImages))
      yield metric(`${name}/after ${task + 1}/task ${tested + 1}`, row[tested], { unit: "%" })
    }
    lesson.matrix.push(row)
    if (learner.laterals.length > 0) {
      lesson.deviations.push(learner.laterals.map(({ fresh }) => deviation(fresh).item()))
      const x = Tensor.from(permuted(plan.heldOut, order).images)
      lesson.left.push(residualPercent(x, learner.laterals[0].rows).item())
      yield metric(`${name}/residual`, lesson.left[task], { step: task + 1, unit: "%" })
    }
    yield* plan.show?.(lesson, learner) ?? []
  }
  return lesson
}

type Step = ReturnType<typeof stepOf>

function taskPlan(
  { arm, parameters: p, seed, heldOut, isWatched }: ArmPlan,
  learner: Learner,
  task: number,
  examples: Examples,
  step: Step,
): TrainingPlan<Learner, Record<string, never>, TaskBatch> {
  const batchesPerEpoch = Math.floor(examples.labels.shape[0] / p.batch)
  const every = Math.max(1, Math.floor((p.epochs * batchesPerEpoch) / observations))
  return {
    model: learner,
    optimiser: {},
    epochs: p.epochs,
    batchesPerEpoch,
    rate: constantRate(p.rate),
    *batches(epoch, first) {
      for (const { batch, index } of batchesOf(examples, p.batch, seed, task * p.epochs + epoch, first))
        yield { ...batch, isHeard: arm.laterals === "hebbian" && index % p.hebbEvery === 0 }
    },
    step(model, optimiser, batch, rate) {
      const [next, loss, largest] = step(model, batch, rate)
      largest.forEach((x, l) => checkGrowth(x.item(), moduleNames[l], hebbianOf(p, arm.setting)[l].rate))
      return [next, optimiser, loss]
    },
    ...(isWatched
      ? { observe: observer(arm, permuted(firstExamples(heldOut, watchedImages), pixelOrder(seed, task)), every) }
      : {}),
  }
}

/** The largest weight that rows of a basis, at most 1, can grow to before something is wrong. */
const largestWeight = 10

function checkGrowth(largest: number, module: string, eta: number): void {
  if (largest <= largestWeight) return
  throw new CajalError(
    `Hebbian learning diverged: a weight of the ${module} module became ${largest.toPrecision(3)} with eta = ${eta}`,
    { hint: "try a smaller Hebbian learning rate" },
  )
}

/** Watches what the input module leaves of a task, and where the updates of all modules go. */
function observer({ setting }: Arm, heldOut: Examples, every: number) {
  const x = Tensor.from(heldOut.images)
  const norms = updateNorms(setting)
  return ({ network, laterals }: Learner, { images, labels }: TaskBatch, step: number) => {
    if (step % every !== 0) return undefined
    const values: Record<string, number> = { residual: residualPercent(x, laterals[0].rows).item() }
    norms({ network, laterals }, { images, labels }).forEach((of, l) => {
      for (const [i, { inside, outside }] of of.entries()) {
        const [a, b] = [inside.item(), outside.item()]
        values[`${moduleNames[l]}/${i === 0 ? "plain" : "kept"}`] = (100 * a) / Math.max(Math.hypot(a, b), 1e-30) // a layer below which nothing fired has no update
      }
    })
    return values
  }
}

function remember(
  lesson: Lesson,
  seen: readonly { step: number; values: Record<string, number> }[],
  task: number,
): void {
  for (const { step, values } of seen) {
    lesson.residuals.push({ step, task, value: values.residual })
    for (const module of moduleNames)
      if (values[`${module}/plain`] !== undefined)
        lesson.updates.push({ step, task, module, plain: values[`${module}/plain`], kept: values[`${module}/kept`] })
  }
}
