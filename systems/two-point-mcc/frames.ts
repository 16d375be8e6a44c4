/** What the network hears, sees and should say, frame by frame. */
import { faceOf, type TalkerRecording, takeRows, talkerSizes, talkers } from "../../src/data/index.ts"
import { CajalError, type HostArray, hostRandom, Tensor } from "../../src/engine/index.ts"

const { bands, features } = talkerSizes
/** Frames that the network is given at once, the newest last. */
export const window = 5
export const heard = window * bands
export const seen = window * features

/** Inputs `[frames, 120]` and `[frames, 40]`, targets `[frames, 24]`; or digits of as many pixels, and their classes. */
export interface Frames {
  readonly heard: HostArray
  readonly seen: HostArray
  readonly target: HostArray
}

/** Power as the network has it: its logarithm, about -1 to 2. */
export const loudness = (power: number): number => (Math.log(power + 1e-3) + 4) / 2.5

const matrix = (rows: number, columns: number, data: Float32Array): HostArray => ({
  dtype: "f32",
  shape: [rows, columns],
  data,
})

/** Each row with the four before it; what is before the first is the first. */
function windows(values: Float32Array, width: number): HostArray {
  const frames = values.length / width
  const data = new Float32Array(frames * window * width)
  for (let t = 0; t < frames; t++)
    for (let k = 0; k < window; k++) {
      const from = Math.max(0, t - window + 1 + k) * width
      data.set(values.subarray(from, from + width), (t * window + k) * width)
    }
  return matrix(frames, window * width, data)
}

/** @throws CajalError naming stream, frame and feature of a value that is none, or both lengths where streams differ */
export function framesOf({ frames, clean, mixed, video }: TalkerRecording): Frames {
  checkStreams({ audio: { values: mixed, width: bands }, video: { values: video, width: features } }, frames)
  return {
    heard: windows(mixed.map(loudness), bands),
    seen: windows(video, features),
    target: matrix(frames, bands, clean.map(loudness)),
  }
}

function checkStreams(streams: Record<string, { values: Float32Array; width: number }>, frames: number): void {
  for (const [name, { values, width }] of Object.entries(streams)) {
    if (values.length !== frames * width)
      throw new CajalError(`the ${name} has ${values.length / width} frames, the recording ${frames}`)
    const at = values.findIndex((x) => !Number.isFinite(x))
    if (at >= 0)
      throw new CajalError(`the ${name} is ${values[at]} in frame ${Math.floor(at / width)}, number ${at % width}`)
  }
}

/** Recordings of one talker: to learn from, and to be tested on. */
export function recordings(
  seed: number,
  sizes: { readonly train: number; readonly test: number },
  snrDb: readonly number[],
): { train: Frames; test: Frames } {
  const random = hostRandom(seed)
  const face = faceOf(random.fold(0))
  const record = (i: number, frames: number): Frames => framesOf(talkers(random.fold(i), { frames, snrDb, face }))
  return { train: record(1, sizes.train), test: record(2, sizes.test) }
}

export interface Batch {
  /** `[batch, inputs]` of both streams. */
  readonly inputs: readonly [Tensor, Tensor]
  /** `[batch, 24]`, or classes i32 `[batch]` */
  readonly target: Tensor
}

export const rowsOf = ({ heard, seen, target }: Frames, rows: ArrayLike<number>): Frames => ({
  heard: takeRows(heard, rows),
  seen: takeRows(seen, rows),
  target: takeRows(target, rows),
})

/** What is heard in the newest frame of each window, `[frames, 24]`. */
export function newest({ heard: { data } }: Frames, frames: number): Float32Array {
  const sound = new Float32Array(frames * bands)
  for (let t = 0; t < frames; t++)
    sound.set((data as Float32Array).subarray((t + 1) * heard - bands, (t + 1) * heard), t * bands)
  return sound
}

export const batchOf = (frames: Frames): Batch => ({
  inputs: [Tensor.from(frames.heard), Tensor.from(frames.seen)],
  target: Tensor.from(frames.target),
})

/** The rows of an array from `by` on, then the others: what is seen at another moment. */
export function shifted(rows: HostArray, by: number): HostArray {
  const at = (by % rows.shape[0]) * rows.shape[1]
  const data = new Float32Array(rows.data.length)
  data.set(rows.data.subarray(at))
  data.set(rows.data.subarray(0, at), data.length - at)
  return { ...rows, data }
}
