/** Space-time kernels: neurons whose synapses have a place, a delay and a weight. */
import { CajalError, type Key, normal, type Tensor, tensor, zeros } from "../../engine/index.ts"

/** How many synapses a neuron can have along each axis; rows and columns are counted from the kernel's middle. */
export interface KernelGeometry {
  readonly neurons: number
  readonly polarities: number
  /** Delays 0 .. delays - 1, steps. */
  readonly delays: number
  readonly rows: number
  readonly columns: number
}

/**
 * Neurons with a synapse for every polarity, delay and place. A neuron fires for the spatiotemporal pattern whose spikes its delays bring to the
 * soma at one moment: it detects a polychronous group.
 */
export class DelayKernels {
  /** `[neurons, polarities, delays, rows, columns]`; delay 0 is the newest step. */
  readonly weight: Tensor
  /** `[neurons]` */
  readonly bias: Tensor

  constructor(weight: Tensor, bias: Tensor) {
    this.weight = weight
    this.bias = bias
  }
}

export const geometryOf = ({ weight: { shape } }: DelayKernels): KernelGeometry => {
  const [neurons, polarities, delays, rows, columns] = shape
  return { neurons, polarities, delays, rows, columns }
}

/**
 * Which synapses exist: those within a radius of the middle that grows with the delay, since what moves comes from farther away the longer ago it was.
 *   distance <= min(columns / 2, start + growth · delay)
 * @returns 0 and 1, f32 `[1, 1, delays, rows, columns]`
 */
export function coneMask({ delays, rows, columns }: KernelGeometry, { start = 0.5, growth = 1.2 } = {}): Tensor {
  const values = new Float32Array(delays * rows * columns)
  for (let d = 0, at = 0; d < delays; d++)
    for (let j = 0; j < rows; j++)
      for (let i = 0; i < columns; i++, at++)
        if (Math.hypot(j - (rows - 1) / 2, i - (columns - 1) / 2) <= Math.min(columns / 2, start + growth * d))
          values[at] = 1
  return tensor(values, { shape: [1, 1, delays, rows, columns] })
}

export interface KernelStart {
  /** Standard deviation of the weights. Default 0.01. */
  readonly noise?: number
  /**
   * Weight of the newest synapse in the middle: + for the last polarity (ON), - for the first (OFF). Each neuron then looks where something happens, and
   * symmetry breaks around it. Default 1.
   */
  readonly centre?: number
  /** Which synapses exist. Default: all. */
  readonly mask?: Tensor
}

/**
 * Kernels of small normal weights around one synapse in the middle; biases 0.
 * @throws CajalError when the kernel has no middle
 */
export function delayKernels(geometry: KernelGeometry, key: Key, options: KernelStart = {}): DelayKernels {
  checkMiddle(geometry)
  const { neurons, polarities, delays, rows, columns } = geometry
  const { noise = 0.01, centre = 1, mask } = options
  const shape = [neurons, polarities, delays, rows, columns]
  const drawn = normal(key, shape, 0, noise)
  const middle = new Float32Array(polarities * delays * rows * columns)
  const at = Math.floor((rows * columns) / 2)
  middle[at] -= centre
  middle[(polarities - 1) * delays * rows * columns + at] += centre
  const weight = (mask === undefined ? drawn : drawn.mul(mask)).add(tensor(middle, { shape: [1, ...shape.slice(1)] }))
  return new DelayKernels(weight, zeros([neurons]))
}

/** @throws CajalError naming the size that has no middle */
export function checkMiddle({ delays, rows, columns }: Omit<KernelGeometry, "neurons" | "polarities">): void {
  if (delays % 2 === 1 && rows % 2 === 1 && columns % 2 === 1) return
  throw new CajalError(`a kernel of ${delays} delays and ${rows} x ${columns} places has no middle`, {
    hint: "delays, rows and columns must be odd",
  })
}
