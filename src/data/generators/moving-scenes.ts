/** Event streams of moving textures, with the motion at every step as label. Generated from a seed, and to be labelled so where they are shown. */
import { CajalError, type HostArray, type HostRandom } from "../../engine/index.ts"
import { drift } from "./drift.ts"
import { EventCamera, type EventCameraOptions } from "./event-camera.ts"
import type { Texture } from "./textures.ts"

export interface Motion {
  /** Radians, from the right towards below (rows grow downwards). */
  readonly direction: number
  /** px/step */
  readonly speed: number
}

/** All directions at the first speed, then at the next: class `s * directions + i` moves towards 2π i / directions. */
export const motionClasses = (directions: number, speeds: readonly number[]): Motion[] =>
  speeds.flatMap((speed) =>
    Array.from({ length: directions }, (_, i) => ({ direction: (2 * Math.PI * i) / directions, speed })),
  )

/** Displacement of a motion in a step, px to the right and downwards. */
export const velocityOf = ({ direction, speed }: Motion): [x: number, y: number] => [
  speed * Math.cos(direction),
  speed * Math.sin(direction),
]

/**
 * Motions in segments: each lasts a Poisson number of steps (at least 1) and has a class drawn anew.
 * @returns the class at each step, i32 `[steps]`
 */
export function motionSegments(random: HostRandom, steps: number, classes: number, meanSegment: number): Int32Array {
  const labels = new Int32Array(steps)
  for (let from = 0; from < steps; ) {
    const to = from + Math.max(1, poissonNumber(random, meanSegment))
    labels.fill(random.integer(classes), from, to)
    from = to
  }
  return labels
}

/** @source Knuth, The art of computer programming 2, 3.4.1 */
function poissonNumber(random: HostRandom, mean: number): number {
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random.uniform(); product > limit; product *= random.uniform()) count++
  return count
}

/** What an event camera saw of a moving texture. */
export interface EventMovie {
  /** u8 `[steps, polarities, height, width]`, 0 or 1; polarity 0 is OFF, 1 is ON. */
  readonly events: HostArray
  /** Class of the motion that led to each step, i32 `[steps]`. */
  readonly labels: Int32Array
  /** Where the texture stood before the first step and after each, px to the right and downwards: `[steps + 1, 2]`. */
  readonly path: Float64Array
}

export interface MovingSceneOptions extends EventCameraOptions {
  readonly motions: readonly Motion[]
  /** Class of the motion at each step. */
  readonly labels: Int32Array
  readonly height: number
  readonly width: number
  /** Whether there may be no event at all, as of stripes that move along themselves. Default false. */
  readonly mayBeSilent?: boolean
}

/**
 * The events of a texture that moves.
 * @throws CajalError when there is no event at all and there should be
 */
export function movingScene(texture: Texture, options: MovingSceneOptions): EventMovie {
  const { motions, labels, height, width, threshold, mayBeSilent = false } = options
  const steps = labels.length
  const path = new Float64Array(2 * (steps + 1))
  labels.forEach((label, t) => {
    const v = velocityOf(motions[label])
    for (const axis of [0, 1]) path[2 * (t + 1) + axis] = path[2 * t + axis] + v[axis]
  })
  const frames = drift(texture, path, height, width)
  const pixels = height * width
  const camera = new EventCamera(frames.subarray(0, pixels), options)
  const data = new Uint8Array(steps * 2 * pixels)
  for (let t = 0; t < steps; t++)
    data.set(camera.see(frames.subarray((t + 1) * pixels, (t + 2) * pixels)), t * 2 * pixels)
  if (!mayBeSilent && !data.includes(1))
    throw new CajalError(`the movie has 0 events in ${steps} steps of ${height} x ${width} px`, {
      hint: `the threshold of ${threshold} is too large for a texture of variance 1: try a smaller one`,
    })
  return { events: { dtype: "u8", shape: [steps, 2, height, width], data }, labels, path }
}
