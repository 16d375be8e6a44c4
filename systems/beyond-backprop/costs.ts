/** What a method's training costs: multiply-adds from its graphs, bytes from their plans, milliseconds of a step. */
import {
  countWith,
  disposeTree,
  jit,
  key,
  normal,
  randomIntegers,
  scalar,
  type Tensor,
  zeros,
} from "../../src/engine/index.ts"
import {
  type Applied,
  backpropagation,
  Identity,
  type LiveBytes,
  liveBytes,
  monoForward,
  type Rule,
  trainingCost,
} from "../../src/learn/index.ts"
import { type Batch, partsOf, sharedNetwork } from "./model.ts"
import type { Method, Phase } from "./phases.ts"

/** Of one phase. */
export type PhaseCost = {
  /** Multiply-adds of a training step, for each image. */
  readonly macs: number
  /** Multiply-adds for each image that crosses the layer which is frozen when the phase begins; once, not once an epoch. */
  readonly crossing: number
  readonly temporaryBytes: number
  /** Arguments, temporaries and results of a training step. */
  readonly peakBytes: number
  readonly ms: number
}

/** Of the phase that takes most. */
export const mostOf = (costs: readonly PhaseCost[], what: "peakBytes" | "temporaryBytes"): number =>
  Math.max(...costs.map((cost) => cost[what]))

/** Of a phase after the other, for a network as it starts. */
export function costsOf({ start, phases, data }: Method, classes: number): PhaseCost[] {
  const whole = start(key(0))
  let shape: readonly number[] = data.train.images.shape.slice(1)
  return phases.map((phase) => {
    const layer = phase.crosses?.(whole) ?? new Identity()
    const crossing = countWith({}, (own: Applied, x: Tensor) => own.apply(x), layer, zeros([1, ...shape])).multiplyAdds
    shape = behind(phase, whole, shape)
    return { ...stepCost(phase, whole, batchLike([phase.batch, ...shape], classes)), crossing }
  })
}

/** The shape of an example when a phase begins. */
const behind = <W>({ crosses }: Phase<W>, whole: W, shape: readonly number[]): readonly number[] =>
  crosses === undefined
    ? shape
    : crosses(whole)
        .apply(zeros([1, ...shape]))
        .shape.slice(1)

/** Multiply-adds of a training step of every phase, for each image: what an epoch of all phases spends on it. */
export function macsOf({ start, phases, data }: Method, classes: number): number {
  const whole = start(key(0))
  let shape: readonly number[] = data.train.images.shape.slice(1)
  return phases.reduce((sum, phase) => {
    shape = behind(phase, whole, shape)
    const part = phase.part(whole)
    const batch = batchLike([phase.batch, ...shape], classes)
    return (
      sum + countWith({}, phase.step(whole), part, phase.state(part), batch, scalar(1e-3)).multiplyAdds / phase.batch
    )
  }, 0)
}

const batchLike = (shape: readonly number[], classes: number): Batch => ({
  images: normal(key(1), shape),
  labels: randomIntegers(key(2), [shape[0]], 0, classes),
  key: key(3),
})

/** A step is run some times; the shortest is what it takes when nothing else runs. */
const timed = 4

function stepCost<W>(phase: Phase<W>, whole: W, batch: Batch): Omit<PhaseCost, "crossing"> {
  const part = phase.part(whole)
  const args = [part, phase.state(part), batch, scalar(1e-3)] as const
  const { multiplyAdds, temporaryBytes, peakBytes } = trainingCost(phase.step(whole), ...args)
  const run = jit(phase.step(whole))
  let ms = Number.POSITIVE_INFINITY
  for (let i = 0; i < timed; i++) {
    const started = performance.now()
    const results = run(...args)
    ms = Math.min(ms, performance.now() - started)
    disposeTree(results)
  }
  run.dispose()
  return { macs: multiplyAdds / phase.batch, temporaryBytes, peakBytes, ms }
}

/** Live bytes along one gradient: backpropagation's, and that of each layer of Mono-Forward. Optimisers come after it. */
export function gradientStairs(sizes: readonly number[], size: number): Record<string, LiveBytes> {
  const network = sharedNetwork(sizes, key(0))
  const stairsOf = <M>(rule: Rule<M>, model: M, width: number): LiveBytes => {
    const { images, labels } = batchLike([size, width], sizes[sizes.length - 1])
    const compiled = jit(rule)
    const { graph } = compiled.program(model, images, labels)
    compiled.dispose()
    return liveBytes(graph)
  }
  const stairs: Record<string, LiveBytes> = { BP: stairsOf(backpropagation, network.trunk, sizes[0]) }
  const [, ...hidden] = partsOf(network)
  hidden.forEach((part, i) => {
    stairs[`MF, layer ${i + 1}`] = stairsOf(monoForward, part, sizes[i])
  })
  return stairs
}
