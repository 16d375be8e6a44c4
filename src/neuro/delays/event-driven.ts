/** Delayed synapses as hardware for events does them: nothing happens where there is no spike. */
import { CajalError } from "../../engine/index.ts"
import { type DelayKernels, geometryOf } from "./kernels.ts"

/**
 * A layer of delay kernels, one neuron of each kind at every place of a picture, driven by events. Each event adds, for every synapse that it reaches, the
 * weight to what will arrive at that neuron `delay` steps later: a ring of as many slots as there are delays holds what is on its way.
 * Equal to `streamInput` with padding "same", up to rounding.
 */
export class EventDrivenKernels {
  readonly height: number
  readonly width: number
  readonly neurons: number
  /** Additions so far: synapses that events have reached. */
  operations = 0
  readonly #polarities: number
  readonly #reach: Reach
  /** `[delays, neurons, height * width]`, the slot of the present step first. */
  readonly #ring: Float32Array[]
  #now = 0

  constructor(kernels: DelayKernels, height: number, width: number) {
    const geometry = geometryOf(kernels)
    this.height = height
    this.width = width
    this.neurons = geometry.neurons
    this.#polarities = geometry.polarities
    this.#reach = reachOf(kernels)
    this.#ring = Array.from({ length: geometry.delays }, () => new Float32Array(geometry.neurons * height * width))
  }

  /**
   * One step: the events of this step set out, and what arrives is given.
   * @param events `[polarities * height * width]`, 0 or 1
   * @returns B `[neurons * height * width]`, to be read before the next step
   * @throws CajalError when the events are not binary or not of this many polarities
   */
  step(events: Uint8Array): Float32Array {
    const { height, width } = this
    checkEvents(events, this.#polarities, height, width)
    const pixels = height * width
    const delays = this.#ring.length
    // The slot that was read in the last step is free for what arrives in `delays - 1` steps.
    this.#ring[(this.#now + delays - 1) % delays].fill(0)
    for (let at = 0; at < events.length; at++) {
      if (events[at] === 0) continue
      const pixel = at % pixels
      this.#send(this.#reach[Math.floor(at / pixels)], Math.floor(pixel / width), pixel % width)
    }
    const arrived = this.#ring[this.#now]
    this.#now = (this.#now + 1) % delays
    return arrived
  }

  #send({ neuron, delay, row, column, weight }: Reach[number], y: number, x: number): void {
    const { height, width } = this
    const delays = this.#ring.length
    for (let k = 0; k < weight.length; k++) {
      const [ty, tx] = [y - row[k], x - column[k]]
      if (ty < 0 || ty >= height || tx < 0 || tx >= width) continue
      this.#ring[(this.#now + delay[k]) % delays][(neuron[k] * height + ty) * width + tx] += weight[k]
      this.operations++
    }
  }
}

/** For each polarity, the synapses that are not 0: rows and columns from the kernel's middle. */
type Reach = readonly {
  readonly neuron: Int32Array
  readonly delay: Int32Array
  readonly row: Int32Array
  readonly column: Int32Array
  readonly weight: Float32Array
}[]

function reachOf(kernels: DelayKernels): Reach {
  const { neurons, polarities, delays, rows, columns } = geometryOf(kernels)
  const weights = kernels.weight.array()
  return Array.from({ length: polarities }, (_, polarity) => {
    const found: number[][] = []
    for (let c = 0; c < neurons; c++)
      for (let d = 0; d < delays; d++)
        for (let j = 0; j < rows; j++)
          for (let i = 0; i < columns; i++) {
            const w = weights[(((c * polarities + polarity) * delays + d) * rows + j) * columns + i]
            if (w !== 0) found.push([c, d, j - Math.floor(rows / 2), i - Math.floor(columns / 2), w])
          }
    const column = (at: number): Int32Array => Int32Array.from(found, (one) => one[at])
    return {
      neuron: column(0),
      delay: column(1),
      row: column(2),
      column: column(3),
      weight: Float32Array.from(found, (one) => one[4]),
    }
  })
}

/** @throws CajalError when events are not 0 or 1, or not of so many polarities */
export function checkEvents(events: Uint8Array, polarities: number, height: number, width: number): void {
  const pixels = height * width
  if (events.length !== polarities * pixels)
    throw new CajalError(
      `${events.length} events are not ${polarities} polarities of ${height} x ${width} px: there would be ${polarities * pixels}`,
    )
  const odd = events.find((event) => event > 1)
  if (odd !== undefined) throw new CajalError(`events are 0 or 1, and there is a ${odd}`)
}
