/**
 * HD-SNN: one layer of neurons whose synapses have weights and delays reads motion from events.
 * @source Grimaldi and Perrinet, Learning heterogeneous delays in a layer of spiking neurons for fast motion detection (2023)
 */
import { maximum, oneHot, type Tensor } from "../../src/engine/index.ts"
import { binaryCrossEntropy, crossEntropy } from "../../src/learn/index.ts"
import {
  contrastInverted,
  type DelayKernels,
  geometryOf,
  type KernelGeometry,
  patchInput,
  type StreamOptions,
  streamInput,
} from "../../src/neuro/index.ts"

export interface Setting {
  /** max(B, B'): what makes the answer even in contrast. Without it nothing can be learnt at first order. */
  readonly maximum: boolean
  readonly link: "softmax" | "sigmoid"
}

export interface Batch {
  /** Patches of events with one in the middle, `[batch, polarities, delays, rows, columns]`, delay 0 the newest. */
  readonly patches: Tensor
  /** Class of the motion at the newest step, i32 `[batch]`. */
  readonly labels: Tensor
}

/** L = max(B, B') + bias: what each neuron gets at the place of each patch, `[batch, classes]`. */
export function evidence(kernels: DelayKernels, patches: Tensor, { maximum: isComplex }: Setting): Tensor {
  const b = patchInput(kernels, patches)
  return (isComplex ? maximum(b, patchInput(kernels, contrastInverted(patches))) : b).add(kernels.bias)
}

/** Cross-entropy of Pr(c) = softmax(L), as in the authors' notebook, or σ(L), as in the paper's text. */
export function loss(kernels: DelayKernels, { patches, labels }: Batch, setting: Setting): Tensor {
  const given = evidence(kernels, patches, setting)
  return setting.link === "softmax"
    ? crossEntropy(given, labels)
    : binaryCrossEntropy(given, oneHot(labels, given.shape[1]).cast(given.dtype))
}

/** L of a whole stream: `[steps, classes, rows of neurons, columns of neurons]`. */
export function streamEvidence(
  kernels: DelayKernels,
  events: Tensor,
  { maximum: isComplex }: Setting,
  options: StreamOptions = {},
): Tensor {
  const b = streamInput(kernels, events, options)
  const both = isComplex ? maximum(b, streamInput(kernels, contrastInverted(events), options)) : b
  return both.add(kernels.bias.reshape([kernels.bias.shape[0], 1, 1]))
}

/** decision(t) = argmax over classes of the mean of L over all places. @param given `[steps, classes, rows, columns]` @returns `[steps, classes]` */
export const pooled = (given: Tensor): Tensor => given.mean([2, 3])

/** Where a kernel's weight lies at each delay, and along which line it moves from delay to delay. */
export interface Trajectory {
  /** Centre of mass of |ON - OFF weight| at each delay, px from the middle to the right and downwards; undefined where there is no weight. */
  readonly centres: readonly (readonly [x: number, y: number] | undefined)[]
  /** px a step of delay: least squares over the delays. */
  readonly slope: readonly [x: number, y: number]
}

/**
 * The trajectory of every neuron's kernel.
 * @param reach how many delays count for the slope of a neuron; default all
 */
export function trajectories(kernels: DelayKernels, reach?: (neuron: number) => number): Trajectory[] {
  const { neurons, polarities, delays, rows, columns } = geometryOf(kernels)
  const weights = kernels.weight.array()
  const at = (c: number, p: number, d: number, j: number, i: number): number =>
    weights[(((c * polarities + p) * delays + d) * rows + j) * columns + i]
  return Array.from({ length: neurons }, (_, c) => {
    const points = Array.from({ length: delays }, (_, d) => {
      let [mass, x, y] = [0, 0, 0]
      for (let j = 0; j < rows; j++)
        for (let i = 0; i < columns; i++) {
          const m = Math.abs(at(c, polarities - 1, d, j, i) - at(c, 0, d, j, i))
          mass += m
          x += m * (i - (columns - 1) / 2)
          y += m * (j - (rows - 1) / 2)
        }
      return { d, mass, x: x / mass, y: y / mass }
    })
    return {
      centres: points.map(({ mass, x, y }) => (mass > 0 ? ([x, y] as const) : undefined)),
      slope: slopeOf(points.slice(0, reach?.(c)).filter(({ mass }) => mass > 0)),
    }
  })
}

/**
 * Delays at which what moves like this is still within the kernel: longer ones have no synapse where it came from.
 * @param speed px/step
 */
export const delaysWithin = (speed: number, { delays, columns }: KernelGeometry): number =>
  Math.min(delays, 1 + Math.floor(columns / 2 / speed))

/** The slope of x and y over d by least squares. */
function slopeOf(
  points: readonly { readonly d: number; readonly x: number; readonly y: number }[],
): [x: number, y: number] {
  const meanOf = (value: (p: (typeof points)[number]) => number): number =>
    points.reduce((sum, p) => sum + value(p), 0) / points.length
  const [d, x, y] = [meanOf((p) => p.d), meanOf((p) => p.x), meanOf((p) => p.y)]
  const variance = meanOf((p) => (p.d - d) ** 2)
  if (!(variance > 0)) return [0, 0]
  return [meanOf((p) => (p.d - d) * (p.x - x)) / variance, meanOf((p) => (p.d - d) * (p.y - y)) / variance]
}

/** Angle between two directions of the plane, radians in 0..π; π where one has no length. */
export function angleBetween([ax, ay]: readonly [number, number], [bx, by]: readonly [number, number]): number {
  const lengths = Math.hypot(ax, ay) * Math.hypot(bx, by)
  return lengths > 0 ? Math.acos(Math.max(-1, Math.min(1, (ax * bx + ay * by) / lengths))) : Math.PI
}
