/** Still pictures to be moved: square, periodic, of mean 0 and variance 1. All are generated; none is a photograph. */
import { CajalError, type HostRandom, irfft2, jit, rfft2, type Tensor, tensor } from "../../engine/index.ts"

/** `size` by `size` grey values, row by row. It continues on the other side: what leaves on the right comes in on the left. */
export interface Texture {
  readonly size: number
  readonly values: Float32Array
}

export interface DeadLeavesOptions {
  /** Smallest and largest radius of a disc, px. Default 3 and 30. */
  readonly radii?: readonly [number, number]
  /** Share of the picture that is covered before it is done. Default 0.995. */
  readonly covered?: number
}

/**
 * Dead leaves: opaque discs from front to back, radii of density r^-3, each of one grey from a normal distribution. Edges, occlusions and the
 * spectrum of natural scenes come of it.
 * @source Lee, Mumford and Huang, Occlusion models for natural images (2001)
 */
export function deadLeaves(random: HostRandom, size: number, options: DeadLeavesOptions = {}): Texture {
  const { radii: [least, most] = [3, 30], covered = 0.995 } = options
  if (!(least > 0 && most >= least && most < size / 2))
    throw new CajalError(`dead leaves of radius ${least} to ${most} px do not fit a picture of ${size} px`)
  const values = new Float32Array(size * size)
  const isCovered = new Uint8Array(size * size)
  const wrap = (i: number): number => ((i % size) + size) % size
  for (let open = size * size; open > (1 - covered) * size * size; ) {
    const u = random.uniform()
    const radius = 1 / Math.sqrt(1 / least ** 2 - u * (1 / least ** 2 - 1 / most ** 2))
    const [x, y, grey] = [size * random.uniform(), size * random.uniform(), random.normal()]
    for (let j = Math.ceil(y - radius); j <= y + radius; j++) {
      const half = Math.sqrt(Math.max(0, radius ** 2 - (j - y) ** 2))
      for (let i = Math.ceil(x - half); i <= x + half; i++) {
        const at = wrap(j) * size + wrap(i)
        if (isCovered[at] === 1) continue
        isCovered[at] = 1
        values[at] = grey
        open--
      }
    }
  }
  return standardised(size, values)
}

export interface MotionCloudOptions {
  /** Mean spatial frequency and its bandwidth (standard deviation), cycles/px. */
  readonly frequency: number
  readonly bandwidth: number
  /** Direction of the wave vector, radians: the stripes stand across it. Without it there is no preferred orientation. */
  readonly orientation?: number
  /** Concentration of the orientations around it, a standard deviation in radians. Default 0.1. */
  readonly spread?: number
}

/**
 * A texture of random phases with a given spectrum: a motion cloud standing still.
 * @source Leon, Vanzetta, Masson and Perrinet, Motion clouds (2012)
 */
export function motionCloud(random: HostRandom, size: number, options: MotionCloudOptions): Texture {
  const { frequency, bandwidth, orientation, spread = 0.1 } = options
  if (!(frequency > 0 && frequency < 0.5 && bandwidth > 0))
    throw new CajalError(
      `a motion cloud has a frequency in 0..0.5 cycles/px and a bandwidth above 0, not ${frequency} and ${bandwidth}`,
    )
  const noise = Float32Array.from({ length: size * size }, () => random.normal())
  return filtered({ size, values: noise }, (f, angle) => {
    const radial = Math.exp(-(((f - frequency) / bandwidth) ** 2) / 2)
    if (orientation === undefined) return radial
    // Orientations repeat after half a turn: the von Mises envelope of twice the angle.
    return radial * Math.exp((Math.cos(2 * (angle - orientation)) - 1) / (4 * spread ** 2))
  })
}

/** A sine wave with so many cycles to the right and downwards over the picture. */
export function grating(size: number, cycles: readonly [x: number, y: number], phase = 0): Texture {
  if (!cycles.every(Number.isInteger) || cycles.every((n) => n === 0))
    throw new CajalError(`a grating needs whole cycles over the picture, not ${cycles.join(" and ")}`)
  const values = Float32Array.from({ length: size * size }, (_, at) =>
    Math.sin((2 * Math.PI * (cycles[0] * (at % size) + cycles[1] * Math.floor(at / size))) / size + phase),
  )
  return standardised(size, values)
}

/** Amplitudes made equal over frequencies, as the retina's cells do, up to a soft limit: the spectrum times f exp(-(f / limit)^4). */
export const whitened = (texture: Texture, limit = 0.25): Texture =>
  filtered(texture, (f) => f * Math.exp(-((f / limit) ** 4)))

/** @param gain of a frequency, cycles/px, and the direction of its wave vector, radians */
function filtered({ size, values }: Texture, gain: (frequency: number, angle: number) => number): Texture {
  const bins = Math.floor(size / 2) + 1
  const gains = Float32Array.from({ length: size * bins }, (_, at) => {
    const [x, y] = [(at % bins) / size, signedFrequency(Math.floor(at / bins), size)]
    return x === 0 && y === 0 ? 0 : gain(Math.hypot(x, y), Math.atan2(y, x))
  })
  const result = multiplied(tensor(values, { shape: [size, size] }), tensor(gains, { shape: [size, bins] }))
  return standardised(size, result.array() as Float32Array)
}

const multiplied = jit((picture: Tensor, gains: Tensor) => {
  const { re, im } = rfft2(picture)
  return irfft2({ re: re.mul(gains), im: im.mul(gains) }, { size: picture.shape[1] })
})

/** The frequency of a bin, cycles/px, in -1/2..1/2. */
export const signedFrequency = (bin: number, size: number): number => (2 * bin < size ? bin : bin - size) / size

function standardised(size: number, values: Float32Array): Texture {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length
  // A picture of one grey has nothing to scale.
  const scale = variance > 1e-12 ? 1 / Math.sqrt(variance) : 0
  return { size, values: values.map((x) => (x - mean) * scale) }
}
