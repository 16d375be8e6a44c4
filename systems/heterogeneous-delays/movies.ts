/** The generated event streams of a run, patches of them to learn from, and how well kernels read them. */
import {
  deadLeaves,
  type EventMovie,
  type Motion,
  motionSegments,
  movingScene,
  whitened,
} from "../../src/data/index.ts"
import { CajalError, type HostRandom, type Jitted, jit, type Tensor, tensor } from "../../src/engine/index.ts"
import type { DelayKernels, KernelGeometry } from "../../src/neuro/index.ts"
import { type Batch, pooled, type Setting, streamEvidence } from "./model.ts"

/** Sides of the scenes, px. */
export const sceneSize = 128

export interface MovieOptions {
  readonly motions: readonly Motion[]
  readonly steps: number
  readonly segment: number
  readonly frame: number
  readonly threshold: number
  readonly residual: "full" | "last"
}

/** A whitened scene of dead leaves, new for every movie, under motions in segments. */
export function sceneMovie(
  random: HostRandom,
  { motions, steps, segment, frame, ...camera }: MovieOptions,
): EventMovie {
  const scene = whitened(deadLeaves(random.fold(0), sceneSize))
  const labels = motionSegments(random.fold(1), steps, motions.length, segment)
  return movingScene(scene, { motions, labels, height: frame, width: frame, ...camera })
}

/** Share of pixels, steps and polarities with an event. */
export const eventDensity = (movies: readonly EventMovie[]): number =>
  movies.reduce((sum, { events }) => sum + eventCount(events.data as Uint8Array) / events.data.length, 0) /
  movies.length

const eventCount = (events: Uint8Array): number => events.reduce((sum, event) => sum + event, 0)

/** Draws patches of the kernels' size around events, every event of the movies as likely as any other. */
export class PatchSampler {
  readonly #movies: readonly EventMovie[]
  readonly #geometry: Omit<KernelGeometry, "neurons">
  /** Movie, and step, row and column in one number. */
  readonly #movie: Int32Array
  readonly #place: Int32Array

  /** @throws CajalError when no event has a whole patch around it */
  constructor(movies: readonly EventMovie[], geometry: Omit<KernelGeometry, "neurons">) {
    this.#movies = movies
    this.#geometry = geometry
    const { delays, rows, columns } = geometry
    const [movie, place]: number[][] = [[], []]
    movies.forEach(({ events: { data, shape } }, m) => {
      const [steps, , height, width] = shape
      const pixels = height * width
      for (let t = delays - 1; t < steps; t++)
        for (let y = (rows - 1) / 2; y < height - (rows - 1) / 2; y++)
          for (let x = (columns - 1) / 2; x < width - (columns - 1) / 2; x++) {
            const at = 2 * t * pixels + y * width + x
            if (data[at] === 0 && data[at + pixels] === 0) continue
            movie.push(m)
            place.push(t * pixels + y * width + x)
          }
    })
    if (movie.length === 0)
      throw new CajalError(
        `none of the events of ${movies.length} movies (${movies.reduce((sum, { events }) => sum + eventCount(events.data as Uint8Array), 0)}) has a whole patch of ${delays} steps and ${rows} x ${columns} px around it`,
        { hint: "use a smaller threshold, longer movies or a smaller kernel" },
      )
    this.#movie = Int32Array.from(movie)
    this.#place = Int32Array.from(place)
  }

  draw(random: HostRandom, size: number): Batch {
    const { polarities, delays, rows, columns } = this.#geometry
    const patches = new Float32Array(size * polarities * delays * rows * columns)
    const labels = new Int32Array(size)
    let to = 0
    for (let n = 0; n < size; n++) {
      const event = random.integer(this.#movie.length)
      const { events, labels: classes } = this.#movies[this.#movie[event]]
      const { data, shape } = events
      const [, , height, width] = shape
      const pixels = height * width
      const step = Math.floor(this.#place[event] / pixels)
      const corner = (this.#place[event] % pixels) - ((rows - 1) / 2) * width - (columns - 1) / 2
      labels[n] = classes[step]
      for (let p = 0; p < polarities; p++)
        for (let d = 0; d < delays; d++)
          for (let j = 0; j < rows; j++) {
            const from = (2 * (step - d) + p) * pixels + corner + j * width
            for (let i = 0; i < columns; i++) patches[to++] = data[from + i] as number
          }
    }
    return {
      patches: tensor(patches, { shape: [size, polarities, delays, rows, columns] }),
      labels: tensor(labels),
    }
  }
}

/** Neurons are asked at every third step and place. */
const grid = 3

/** How often kernels name the motion. */
export type Reading = {
  /** Share of all steps. */
  readonly accAll: number
  /** Share of the steps of which all that the kernels see is one motion. */
  readonly accSteady: number
  /** How often each class (row) was read as each (column), at steady steps. */
  readonly confusion: number[][]
}

/** Reads whole movies with kernels. */
export class Reader {
  readonly #movies: readonly { readonly events: Tensor; readonly labels: Int32Array }[]
  readonly #steps: Int32Array
  readonly #delays: number
  readonly #run: Jitted<[DelayKernels, Tensor], Tensor>

  constructor(movies: readonly EventMovie[], delays: number, setting: Setting) {
    this.#movies = movies.map(({ events, labels }) => ({
      events: tensor(Float32Array.from(events.data as Uint8Array), { shape: events.shape }),
      labels,
    }))
    this.#delays = delays
    const steps = movies[0].labels.length
    this.#steps = Int32Array.from({ length: Math.ceil((steps - delays + 1) / grid) }, (_, i) => delays - 1 + i * grid)
    const options = { stride: grid, steps: this.#steps }
    this.#run = jit((kernels: DelayKernels, events: Tensor) =>
      pooled(streamEvidence(kernels, events, setting, options)),
    )
  }

  /** Frees the movies and the program. */
  dispose(): void {
    for (const { events } of this.#movies) events.dispose()
    this.#run.dispose()
  }

  read(kernels: DelayKernels): Reading {
    const classes = kernels.bias.shape[0]
    const confusion = Array.from({ length: classes }, () => Array<number>(classes).fill(0))
    const [all, steady] = [
      { right: 0, count: 0 },
      { right: 0, count: 0 },
    ]
    for (const { events, labels } of this.#movies) {
      const given = this.#run(kernels, events)
      const values = given.array()
      given.dispose()
      this.#steps.forEach((t, row) => {
        const scores = values.subarray(row * classes, (row + 1) * classes) as Float32Array
        const decided = scores.reduce((best, score, c) => (score > scores[best] ? c : best), 0)
        const isSteady = labels.subarray(t - this.#delays + 1, t + 1).every((label) => label === labels[t])
        for (const one of isSteady ? [all, steady] : [all]) {
          one.count++
          if (decided === labels[t]) one.right++
        }
        if (isSteady) confusion[labels[t]][decided]++
      })
    }
    return { accAll: all.right / all.count, accSteady: steady.right / steady.count, confusion }
  }
}
