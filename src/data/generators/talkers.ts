/** Talkers that are heard and seen: articulators that wander, the sound they make, the face they move, and others who talk beside. */
import { CajalError, type HostRandom } from "../../engine/index.ts"

/** Bands of the sound, features of the face, articulators. */
export const talkerSizes = { bands: 24, features: 8, articulators: 4 } as const
const { bands, features, articulators } = talkerSizes

/** What an articulator keeps of its place from frame to frame. */
const inertia = 0.9
/** Frames after which others talk. */
const framesOfNoise = 50
/** Deviation of what the camera adds. */
const blur = 0.1

export interface TalkerOptions {
  readonly frames: number
  /** Signal-to-noise ratios, dB, of which each stretch of noise has one. */
  readonly snrDb: readonly number[]
  /** How the face follows the articulators: `faceOf`. The same for all recordings of one talker. */
  readonly face: Float64Array
}

/** A talker among others, frame by frame. */
export interface TalkerRecording {
  readonly frames: number
  /** Power of the talker alone in each band, `[frames, bands]`. */
  readonly clean: Float32Array
  /** Power of everything that is heard. */
  readonly mixed: Float32Array
  /** What is seen, `[frames, features]`. */
  readonly video: Float32Array
}

/** A face: how each of its features follows the first three articulators. The fourth moves where nobody sees. */
export const faceOf = (random: HostRandom): Float64Array =>
  Float64Array.from({ length: (articulators - 1) * features }, () => random.normal())

/** Articulators that wander about 0 with variance 1: `z[t] = 0.9 z[t-1] + √(1 - 0.9²) N`. `[frames, 4]` */
function wander(frames: number, random: HostRandom): Float64Array {
  const z = new Float64Array(frames * articulators)
  const jitter = Math.sqrt(1 - inertia ** 2)
  for (let i = 0; i < z.length; i++)
    z[i] = i < articulators ? random.normal() : inertia * z[i - articulators] + jitter * random.normal()
  return z
}

const bump = (f: number, centre: number, width: number): number => Math.exp(-0.5 * ((f - centre) / width) ** 2)

/** The sound of articulators: a gate, and three formants that move. `[frames, bands]` */
function soundOf(z: Float64Array): Float32Array {
  const power = new Float32Array((z.length / articulators) * bands)
  for (let t = 0; t < z.length / articulators; t++) {
    const [z0, z1, z2, z3] = z.subarray(t * articulators, (t + 1) * articulators)
    const gate = 1 / (1 + Math.exp(-3 * z0))
    const centres = [4 + 2.5 * Math.tanh(z1), 12 + 4 * Math.tanh(z2), 19 + 2 * Math.tanh(z3)]
    for (let f = 0; f < bands; f++) {
      const formants = bump(f, centres[0], 1.3) + 0.7 * bump(f, centres[1], 1.6) + 0.5 * bump(f, centres[2], 1.6)
      power[t * bands + f] = gate * formants + 1e-3
    }
  }
  return power
}

const meanOf = (x: Float32Array): number => x.reduce((sum, one) => sum + one, 0) / x.length

/**
 * A talker whom two others talk into. Every 50 frames two others begin, as loud as one of the ratios says. A stand-in for recordings of people,
 * to be labelled as such.
 * @throws CajalError when there are no frames or no ratios
 */
export function talkers(random: HostRandom, { frames, snrDb, face }: TalkerOptions): TalkerRecording {
  if (!(Number.isInteger(frames) && frames > 0)) throw new CajalError(`a recording has 1 frame or more, not ${frames}`)
  if (snrDb.length === 0)
    throw new CajalError("there is no signal-to-noise ratio to choose from", { hint: "give at least one, in dB" })
  const z = wander(frames, random)
  const clean = soundOf(z)
  const video = new Float32Array(frames * features)
  for (let i = 0; i < video.length; i++) {
    const [t, feature] = [Math.floor(i / features), i % features]
    let sum = 0
    for (let k = 0; k < articulators - 1; k++) sum += face[k * features + feature] * z[t * articulators + k]
    video[i] = Math.tanh(sum) + blur * random.normal()
  }
  const mixed = clean.slice()
  for (let first = 0; first < frames; first += framesOfNoise) {
    const count = Math.min(framesOfNoise, frames - first)
    const others = [soundOf(wander(count, random)), soundOf(wander(count, random))]
    const noise = others[0].map((x, i) => x + others[1][i])
    const own = clean.subarray(first * bands, (first + count) * bands)
    const ratio = 10 ** (snrDb[random.integer(snrDb.length)] / 10)
    const gain = meanOf(own) / meanOf(noise) / ratio
    for (let i = 0; i < noise.length; i++) mixed[first * bands + i] += gain * noise[i]
  }
  return { frames, clean, mixed, video }
}
