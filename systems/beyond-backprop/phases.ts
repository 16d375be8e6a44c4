/** A method of training as data: phases, each of which trains a part of a network while all else is frozen. */
import { batchCount, epochOrder, takeRows } from "../../src/data/index.ts"
import {
  CajalError,
  disposeTree,
  type HostArray,
  jit,
  type Key,
  key,
  Tensor,
  type Tree,
} from "../../src/engine/index.ts"
import {
  type Applied,
  constantRate,
  fromArrays,
  outOfPatience,
  type Patience,
  type Schedule,
  type TrainingPlan,
  toArrays,
} from "../../src/learn/index.ts"
import {
  type CheckpointState,
  checkpoint,
  type JsonValue,
  model as modelEvent,
  type RunEvent,
  type TrainingCurve,
  training,
} from "../../src/run/index.ts"
import type { Examples, Parts } from "./data.ts"
import { evaluator, through } from "./evaluate.ts"
import type { Batch, Step } from "./model.ts"

export interface PhaseOf<W, M extends Tree, S extends Tree> {
  /** A frozen layer that the examples cross once before the phase begins: it and all later phases see what is behind it. */
  readonly crosses?: ((whole: W) => Applied) | undefined
  /** What the phase trains of the network, and the network with it in its place. */
  part(whole: W): M
  join(whole: W, part: M): W
  state(part: M): S
  step(whole: W): Step<M, S>
  /** What is validated after each epoch, `[batch, classes]`. */
  logits(part: M, images: Tensor, whole: W): Tensor
  readonly epochs: number
  readonly batch: number
  readonly patience: Patience
  /** By default the rate stays as it is. */
  readonly schedule?: (rate: number) => Schedule
  /** Changes the images of a batch before they are used. */
  readonly augment?: ((images: HostArray, seed: number) => HostArray) | undefined
  /** What is shown after each epoch. */
  readonly show?: (part: M) => Iterable<RunEvent>
}
export type Phase<W> = PhaseOf<W, Tree, Tree>

export interface Method<W extends Tree = Tree> {
  readonly data: Parts
  start(key: Key): W
  readonly phases: readonly Phase<W>[]
  /** All that it can say of images, `[batch, classes]` each; what counts is the last. */
  predictions(whole: W, images: Tensor): readonly Tensor[]
}

/** @throws CajalError when a batch is larger than the training set */
export function batchesPerEpoch(examples: number, size: number): number {
  if (size > examples)
    throw new CajalError(`a batch of ${size} is larger than the training set of ${examples} images`, {
      hint: "use more images or a smaller batch",
    })
  return batchCount(examples, size, true)
}

interface Fit {
  readonly name: string
  readonly rate: number
  readonly seed: number
}
type Saved = CheckpointState | undefined
type Behind = Pick<Parts, "train" | "validation">

function* batchesOf(
  { images, labels }: Examples,
  { batch, augment }: Phase<Tree>,
  seed: number,
  epoch: number,
  first: number,
) {
  const count = labels.shape[0]
  const order = epochOrder(count, seed, epoch)
  for (let i = first; i < batchCount(count, batch, true); i++) {
    const rows = order.subarray(i * batch, (i + 1) * batch)
    const own = seed * 2 ** 24 + epoch * batchCount(count, batch, true) + i
    const taken = takeRows(images, rows)
    const made: Batch = {
      images: Tensor.from(augment === undefined ? taken : augment(taken, own)),
      labels: Tensor.from(takeRows(labels, rows)),
      key: key(own),
    }
    yield made
    disposeTree(made)
  }
}

/** One phase, to its last epoch or until it is out of patience. Taken up from a checkpoint it ends where it would have ended undisturbed. */
async function* trainPhase<W>(
  of: Phase<W>,
  whole: W,
  { train, validation }: Behind,
  { name, rate, seed }: Fit,
  saved: Saved,
): AsyncGenerator<RunEvent, { part: Tree; curve: TrainingCurve }, void> {
  const start = { model: of.part(whole), optimiser: of.state(of.part(whole)) }
  const before = (saved?.json as { curve: TrainingCurve } | undefined)?.curve
  if (before !== undefined && outOfPatience(before.epochs, of.patience))
    return { part: fromArrays(start, saved?.tensors ?? {}).model, curve: before }
  const step = jit(of.step(whole), { donate: [0, 1] })
  const evaluate = evaluator((part: Tree, images) => [of.logits(part, images, whole)])
  const perEpoch = batchesPerEpoch(train.labels.shape[0], of.batch)
  let latest = start.model
  const plan: TrainingPlan<Tree, Tree, Batch> = {
    ...start,
    epochs: of.epochs,
    batchesPerEpoch: perEpoch,
    rate: (of.schedule ?? constantRate)(rate),
    step,
    batches: (epoch, first) => batchesOf(train, of, seed, epoch, first),
    validate: (part) => {
      latest = part
      const { loss, accuracies } = evaluate(part, validation)
      return { loss, accuracy: accuracies[0] }
    },
  }
  try {
    const running = training(name, plan, saved)
    for (;;) {
      const next = await running.next()
      if (next.done === true) return { part: next.value.model, curve: next.value.curve }
      yield next.value
      if (next.value.type !== "checkpoint") continue
      const { step: at, curve } = next.value.state.json as unknown as { step: number; curve: TrainingCurve }
      if (at % perEpoch !== 0) continue
      yield* of.show?.(latest) ?? []
      if (!outOfPatience(curve.epochs, of.patience)) continue
      yield modelEvent(name, toArrays(latest))
      return { part: latest, curve }
    }
  } finally {
    step.dispose()
    evaluate.dispose()
  }
}

/** Where a method is: the phase under way, what those before it measured, and what the phase's own checkpoint said. */
type Position = { phase: number; curves: TrainingCurve[]; state: JsonValue }

/**
 * All phases, each on the network that those before have left. A resumed run goes on in the phase that was under way.
 * @returns the network after the last, and what each phase measured
 */
export async function* trainPhases<W extends Tree>(
  { start, phases, data }: Method<W>,
  { name, rate, seed }: Fit,
  saved: Saved,
): AsyncGenerator<RunEvent, { whole: W; curves: TrainingCurve[] }, void> {
  const { ofWhole, ofPart } = divided(saved?.tensors ?? {})
  let position = (saved?.json as Position | undefined) ?? { phase: 0, curves: [], state: null }
  let whole = start(key(seed))
  if (saved !== undefined) whole = fromArrays({ whole }, ofWhole).whole
  let behind: Behind = data
  for (const [i, phase] of phases.entries()) {
    const { crosses } = phase
    if (crosses !== undefined)
      behind = { train: through(crosses(whole), behind.train), validation: through(crosses(whole), behind.validation) }
    if (i < position.phase) continue
    const { curves, state } = position
    const own = { name: phases.length === 1 ? name : `${name}/phase${i}`, rate, seed }
    const kept = toArrays({ whole })
    const running = trainPhase(phase, whole, behind, own, state === null ? undefined : { json: state, tensors: ofPart })
    for (;;) {
      const next = await running.next()
      if (next.done === true) {
        whole = phase.join(whole, next.value.part)
        position = { phase: i + 1, curves: [...curves, next.value.curve], state: null }
        break
      }
      const event = next.value
      if (event.type !== "checkpoint") yield event
      else yield checkpoint({ ...position, state: event.state.json }, { ...kept, ...event.state.tensors })
    }
    yield checkpoint(position, toArrays({ whole }))
  }
  return { whole, curves: position.curves }
}

/** Arrays of the whole network, and of the part that is trained with its optimiser. */
function divided(arrays: Readonly<Record<string, HostArray>>) {
  const [ofWhole, ofPart]: Record<string, HostArray>[] = [{}, {}]
  for (const [name, array] of Object.entries(arrays)) (name.startsWith("whole.") ? ofWhole : ofPart)[name] = array
  return { ofWhole, ofPart }
}
