/** Pairs of digits instead of talkers: a clean one is the face, another of its class under noise is the sound. */
import { type DataSource, takeRows } from "../../src/data/index.ts"
import { type HostArray, type HostRandom, hostRandom } from "../../src/engine/index.ts"
import type { Frames } from "./frames.ts"

/** Deviation of the noise on pixels of 0..1. */
const noise = 1.5
export const digitSizes = { inputs: [784, 784], outputs: 10 } as const

export async function digitPairs(
  data: DataSource,
  seed: number,
  sizes: { readonly train: number; readonly test: number },
): Promise<{ train: Frames; test: Frames; note: string | undefined }> {
  const digits = await data.mnist({ limit: sizes.train, testLimit: sizes.test })
  const random = hostRandom(seed).fold(4)
  const pairs = (part: "train" | "test", fold: number): Frames => {
    const { images, labels } = digits[part]
    const own = random.fold(fold)
    const partners = partnersOf(labels, own)
    const seen = scaled(images)
    const heard = takeRows(seen, partners)
    for (let i = 0; i < heard.data.length; i++) heard.data[i] += noise * own.normal()
    return {
      heard,
      seen,
      target: { dtype: "i32", shape: [labels.shape[0]], data: Int32Array.from(labels.data as Uint8Array) },
    }
  }
  return { train: pairs("train", 0), test: pairs("test", 1), note: digits.note }
}

const scaled = ({ shape, data }: HostArray): HostArray => ({
  dtype: "f32",
  shape: [shape[0], 784],
  data: Float32Array.from(data as Uint8Array, (x) => x / 255),
})

/** For each image another of its class. */
function partnersOf({ data }: HostArray, random: HostRandom): Int32Array {
  const byClass = new Map<number, number[]>()
  const classes = Int32Array.from(data as Uint8Array)
  for (const [i, label] of classes.entries()) {
    const members = byClass.get(label)
    if (members === undefined) byClass.set(label, [i])
    else members.push(i)
  }
  return classes.map((label, i) => {
    const members = byClass.get(label)!
    const at = random.integer(Math.max(1, members.length - 1))
    return members[at] === i ? members[members.length - 1] : members[at]
  })
}
