/** A texture that the reader draws and moves, seen by an event camera and read by a layer that learnt for some seconds. */
import { deadLeaves, drift, EventCamera, type Motion, type Texture, whitened } from "../../src/data/index.ts"
import { hostRandom, key } from "../../src/engine/index.ts"
import {
  averagedDelays,
  coneMask,
  type DelayKernels,
  delayKernels,
  EventDrivenKernels,
  largestSynapses,
  reversedDelays,
  synapseCount,
} from "../../src/neuro/index.ts"
import {
  drawing,
  figure,
  level,
  note,
  pick,
  progress,
  type RunEvent,
  touch,
  training,
  turns,
} from "../../src/run/index.ts"
import { PatchSampler, Reader, sceneMovie } from "./movies.ts"
import { type parameters, type Setup, setupOf } from "./parameters.ts"
import { describe, drawMoment } from "./pictures.ts"
import { learning } from "./training.ts"

/** More than this would keep the reader waiting. */
const most = { movies: 24, testMovies: 4, steps: 500 }
/** Sides of the reader's texture and of the window onto it, px. */
const [side, seen] = [64, 24]
const turnMs = 60

export const dragTouch = touch<typeof parameters, ReturnType<typeof inputsFor>>({
  about:
    "Draw a texture, drag it about, and see which motion the neurons read; cut their synapses, or turn their delays round.",
  inputs: () => inputsFor(),
  async *run({ parameters: p, seed, signal, inputs }) {
    yield note("data: scenes of dead leaves and their events are generated; no photograph, no camera")
    const setup = setupOf(p)
    const random = hostRandom(seed)
    const movies = []
    const [count, tests] = [Math.min(p.movies, most.movies), Math.min(p.testMovies, most.testMovies)]
    for (let i = 0; i < count + tests; i++) {
      yield progress("movies", i, count + tests)
      signal.throwIfAborted()
      movies.push(sceneMovie(random.fold(i), setup.scenes))
    }
    const reader = new Reader(movies.slice(count), setup.geometry.delays, setup.setting)
    const { model } = yield* training(
      "delays",
      learning({
        kernels: delayKernels(setup.geometry, key(seed), { centre: p.centre, mask: coneMask(setup.geometry) }),
        setting: setup.setting,
        sampler: new PatchSampler(movies.slice(0, count), setup.geometry),
        reader,
        steps: Math.min(p.steps, most.steps),
        batch: p.batch,
        rate: p.rate,
        random: random.fold(2 ** 31),
      }),
      undefined,
    )
    const ready = `It names the motion at ${(100 * reader.read(model).accSteady).toFixed(0)} % of steady steps.`

    let layer = new LiveLayer(model, setup)
    let settings = ""
    let scene = new Scene(whitened(deadLeaves(random.fold(2 ** 31 + 1), side, { radii: [2, 12] })), p)
    for await (const _ of turns(turnMs, signal)) {
      const drawn = inputs.take("texture").at(-1)
      if (drawn?.some((ink) => ink > 0)) scene = new Scene(whitened({ size: side, values: drawn }), p)
      const [delays, kept] = [inputs.value("delays"), inputs.value("kept")]
      if (settings !== `${delays} ${kept}`) {
        settings = `${delays} ${kept}`
        layer = new LiveLayer(changed(model, delays, kept), setup)
      }
      const [x, y] = [inputs.value("right"), inputs.value("down")]
      yield shown(layer, scene.move(x, y), { direction: Math.atan2(y, x), speed: Math.hypot(x, y) }, ready)
    }
  },
})

const inputsFor = () => ({
  texture: drawing("a texture", {
    width: side,
    height: side,
    help: "it continues on the other side; frequencies are made equal, as for all scenes",
  }),
  right: level("drag to the right", { from: -1, to: 1, start: 0.7, unit: "px/step" }),
  down: level("drag down", { from: -1, to: 1, start: 0, unit: "px/step" }),
  kept: level("synapses that are kept", {
    from: 0.1,
    to: 100,
    start: 100,
    unit: "%",
    help: "those of the largest weights",
  }),
  delays: pick("delays", { options: ["as learnt", "reversed", "averaged"] }),
})

function changed(kernels: DelayKernels, delays: "as learnt" | "reversed" | "averaged", kept: number): DelayKernels {
  const pruned = kept === 100 ? kernels : largestSynapses(kernels, Math.round((kept / 100) * synapseCount(kernels)))
  return delays === "reversed" ? reversedDelays(pruned) : delays === "averaged" ? averagedDelays(pruned) : pruned
}

/** A texture under the camera. */
class Scene {
  readonly #texture: Texture
  readonly #camera: EventCamera
  readonly #place = new Float64Array(2)

  constructor(texture: Texture, camera: { readonly threshold: number; readonly residual: "full" | "last" }) {
    this.#texture = texture
    this.#camera = new EventCamera(this.#frame(), camera)
  }

  /** Moves on, and gives the events that come of it. */
  move(x: number, y: number): Uint8Array {
    this.#place[0] += x
    this.#place[1] += y
    return this.#camera.see(this.#frame())
  }

  #frame(): Float32Array {
    return drift(this.#texture, this.#place, seen, seen)
  }
}

/** Complex cells driven by events: one layer for the scene, one for its negative. */
class LiveLayer {
  readonly kernels: DelayKernels
  readonly motions: readonly Motion[]
  readonly #layers: EventDrivenKernels[]
  readonly #bias: ArrayLike<number>
  /** Decisions lean on the steps before, as slowly as a membrane forgets. */
  readonly #evidence: Float64Array
  operations = 0

  constructor(kernels: DelayKernels, { motions, setting }: Setup) {
    this.kernels = kernels
    this.motions = motions
    this.#layers = (setting.maximum ? [0, 1] : [0]).map(() => new EventDrivenKernels(kernels, seen, seen))
    this.#bias = kernels.bias.array()
    this.#evidence = new Float64Array(motions.length)
  }

  /** The motion that is read after these events; undefined where nothing speaks for any. */
  step(events: Uint8Array): Motion | undefined {
    const pixels = seen * seen
    const inverted = new Uint8Array(events.length)
    inverted.set(events.subarray(pixels))
    inverted.set(events.subarray(0, pixels), pixels)
    const before = this.#total()
    const [given, other] = this.#layers.map((layer, i) => layer.step(i === 0 ? events : inverted))
    this.operations = this.#total() - before
    const means = Array.from(this.motions, (_, c) => {
      let sum = 0
      for (let at = c * pixels; at < (c + 1) * pixels; at++)
        sum += other === undefined ? given[at] : Math.max(given[at], other[at])
      return sum / pixels + this.#bias[c]
    })
    means.forEach((mean, c) => {
      this.#evidence[c] = 0.7 * this.#evidence[c] + 0.3 * mean
    })
    const best = this.#evidence.reduce((most, value, c) => (value > this.#evidence[most] ? c : most), 0)
    return events.includes(1) ? this.motions[best] : undefined
  }

  #total(): number {
    return this.#layers.reduce((sum, layer) => sum + layer.operations, 0)
  }
}

function shown(layer: LiveLayer, events: Uint8Array, truth: Motion, ready: string): RunEvent {
  const read = layer.step(events)
  const count = events.reduce((sum, event) => sum + event, 0)
  const said = read === undefined ? "Nothing moves" : `It moves ${describe(truth)}; read: ${describe(read)}`
  const caption = `${said}. ${count} events, ${layer.operations} additions in this step. ${ready}`
  return figure("drag", "What the camera sees, and what the neurons read", drawMoment(events, seen, truth, read), {
    caption,
  })
}
