/** Two digits, one after the other with silence between, whose sum is asked for. */
import type { LabelledImages } from "../../src/data/index.ts"
import { CajalError, type HostRandom, Tensor } from "../../src/engine/index.ts"

/** Lines, and steps, of a digit: columns and rows of the halved image. */
export const side = 14
const threshold = 80

/** Digits as spikes: rows are steps, columns are lines. */
export interface Digits {
  /** 0 or 1, `[digits, 14, 14]` */
  readonly spikes: Uint8Array
  readonly labels: Uint8Array
}

export interface AddingTask {
  /** Digits 0 up to but not including this. */
  readonly below: number
  /** Silent steps between the two. */
  readonly gap: number
}

export const classesOf = ({ below }: AddingTask): number => 2 * below - 1
export const stepsOf = ({ gap }: AddingTask): number => 2 * side + gap

/** An image of 28 x 28 as spikes: means of 2 x 2 pixels, 1 above 80 of 255. @param image 0..255 */
export function spikesOf(image: ArrayLike<number>): Uint8Array {
  return Uint8Array.from({ length: side * side }, (_, i) => {
    const [y, x] = [2 * Math.floor(i / side), 2 * (i % side)]
    const at = (dy: number, dx: number): number => image[(y + dy) * 28 + x + dx]
    return (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4 > threshold ? 1 : 0
  })
}

/** The digits below a number, of some images. */
export function digitsOf({ images, labels }: LabelledImages, below: number): Digits {
  const chosen = [...labels.data].flatMap((label, i) => (Number(label) < below ? [i] : []))
  const spikes = new Uint8Array(chosen.length * side * side)
  for (const [k, i] of chosen.entries())
    spikes.set(spikesOf((images.data as Uint8Array).subarray(i * 784, (i + 1) * 784)), k * side * side)
  return { spikes, labels: Uint8Array.from(chosen, (i) => Number(labels.data[i])) }
}

export interface Batch {
  /** `[steps, batch, lines]` */
  readonly inputs: Tensor
  /** i32 `[batch]` */
  readonly labels: Tensor
}

/** Sums of digits at these places, two a row. @throws CajalError where a sum has no class */
export function pairsOf({ spikes, labels }: Digits, places: Int32Array, task: AddingTask): Batch {
  const batch = places.length / 2
  const inputs = new Float32Array(stepsOf(task) * batch * side)
  const sums = new Int32Array(batch)
  for (let b = 0; b < batch; b++)
    for (const k of [0, 1]) {
      const place = places[2 * b + k]
      sums[b] += labels[place]
      const start = k * (side + task.gap)
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++)
          inputs[((start + y) * batch + b) * side + x] = spikes[(place * side + y) * side + x]
    }
  const most = classesOf(task)
  const wrong = sums.findIndex((sum) => sum >= most)
  if (wrong >= 0)
    throw new CajalError(`pair ${wrong} has sum ${sums[wrong]}, and there are ${most} classes: 0 to ${most - 1}`)
  return {
    inputs: Tensor.from({ dtype: "f32", shape: [stepsOf(task), batch, side], data: inputs }),
    labels: Tensor.from({ dtype: "i32", shape: [batch], data: sums }),
  }
}

/** Places of random pairs. */
export const drawPairs = ({ labels }: Digits, count: number, random: HostRandom): Int32Array =>
  Int32Array.from({ length: 2 * count }, () => random.integer(labels.length))
