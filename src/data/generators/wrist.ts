/** What a watch feels at a wrist: an accelerometer and a gyroscope while a hand does one of seven things. A stand-in for recordings, to be labelled as such. */
import { CajalError, type HostArray, type HostRandom } from "../../engine/index.ts"

export interface WristActivity {
  readonly name: string
  readonly hz: number
  readonly wave: "pulse" | "sine"
  /** Which sensor leads the other by a quarter of a turn: 1 the accelerometer, -1 the gyroscope. */
  readonly lead: 1 | -1
}

/** The classes. Two pairs of them differ in nothing but in which sensor leads. */
export const wristActivities: readonly WristActivity[] = [
  { name: "dribbling", hz: 1.8, wave: "pulse", lead: 1 },
  { name: "catch", hz: 0.6, wave: "pulse", lead: 1 },
  { name: "typing", hz: 6.5, wave: "sine", lead: 1 },
  { name: "writing", hz: 3.8, wave: "sine", lead: 1 },
  { name: "clapping", hz: 1.8, wave: "pulse", lead: -1 },
  { name: "brushing teeth", hz: 3.8, wave: "sine", lead: -1 },
  { name: "folding clothes", hz: 0.6, wave: "sine", lead: 1 },
]

/** Channels: three axes of the accelerometer, three of the gyroscope. Steps of a window of 2 s. */
export const wristSizes = { channels: 6, steps: 40, hz: 20 } as const
const { channels, steps, hz } = wristSizes

export interface WristWindows {
  /** f32 `[windows, steps, channels]`, about variance 1 each. */
  readonly windows: HostArray
  /** Classes, in turn. */
  readonly labels: Int32Array
}

/** Where the axes of a sensor stand in its movement, radians. */
const axes = [0, 0.6, 1.2]

/** Waves of mean 0 and variance 1. */
const waves = {
  sine: (p: number): number => Math.SQRT2 * Math.sin(p),
  pulse: (p: number): number => ((0.5 + 0.5 * Math.cos(p)) ** 6 - 0.2256) / 0.2947,
}

/** One window `[steps * channels]` of a movement: what each channel feels of it, before noise. @param phase where it begins, radians */
export function wristSignal(
  movement: Omit<WristActivity, "name">,
  phase: number,
  gains: ArrayLike<number>,
): Float32Array {
  const { hz: pace, wave, lead } = movement
  return Float32Array.from({ length: steps * channels }, (_, at) => {
    const [t, c] = [Math.floor(at / channels), at % channels]
    const behind = axes[c % 3] + (c < 3 ? 0 : (lead * Math.PI) / 2)
    return gains[c] * waves[wave](phase + (2 * Math.PI * pace * t) / hz + behind)
  })
}

/**
 * Windows of 2 s at 20 Hz, classes in turn. Each has its own pace (8 %), phase, loudness of all and of each channel (30 %), and noise.
 * @param noise deviation of what is added to each number. Default 0.35
 * @throws CajalError when there is no window
 */
export function wristWindows(random: HostRandom, count: number, noise = 0.35): WristWindows {
  if (!(Number.isInteger(count) && count > 0)) throw new CajalError(`there must be 1 window or more, not ${count}`)
  const data = new Float32Array(count * steps * channels)
  const labels = Int32Array.from({ length: count }, (_, i) => i % wristActivities.length)
  for (const [i, label] of labels.entries()) {
    const { hz: usual, wave, lead } = wristActivities[label]
    const pace = usual * Math.exp(0.08 * random.normal())
    const phase = 2 * Math.PI * random.uniform()
    const loudness = Math.exp(0.3 * random.normal())
    const gains = Array.from({ length: channels }, () => loudness * Math.exp(0.3 * random.normal()))
    const signal = wristSignal({ hz: pace, wave, lead }, phase, gains)
    data.set(
      signal.map((x) => x + noise * random.normal()),
      i * signal.length,
    )
  }
  return { windows: { dtype: "f32", shape: [count, steps, channels], data }, labels }
}
