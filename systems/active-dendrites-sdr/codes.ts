/** Real activity instead of random: images as sparse codes. Their codes are correlated, which the theory leaves out. */
import { type HostArray, type HostRandom, jit, SubsetSampler, Tensor, topK } from "../../src/engine/index.ts"
import { lanes, overlapOf, Segments, type Setting } from "./model.ts"

/** n units, the a most driven of which are on; s synapses of a segment. Thresholds are scanned. */
export const codeSetting: Setting = { n: 2048, a: 41, s: 20, theta: 10 }
const pixelsPerUnit = 50

export type CodeOverlaps = {
  /** How many pairs of a segment and another image had an overlap of 0..s: of the same class, and of another. */
  readonly same: number[]
  readonly other: number[]
}

/** Active units of each image `[images, a]`: a unit's drive is the sum of 50 random pixels less its mean over the images. */
export function codesOf(images: HostArray, random: HostRandom): Int32Array {
  const { n, a } = codeSetting
  const [count, ...sides] = images.shape
  const pixels = sides.reduce((product, side) => product * side, 1)
  const projection = new Float32Array(pixels * n)
  const sampler = new SubsetSampler(pixels)
  for (let unit = 0; unit < n; unit++) {
    sampler.draw(pixelsPerUnit, random)
    for (let i = 0; i < pixelsPerUnit; i++) projection[sampler.items[i] * n + unit] = 1
  }
  const x = Tensor.from({ dtype: "f32", shape: [count, pixels], data: Float32Array.from(images.data) })
  const w = Tensor.from({ dtype: "f32", shape: [pixels, n], data: projection })
  const active = jit((x: Tensor, w: Tensor) => {
    const drive = x.matmul(w)
    return topK(drive.sub(drive.mean(0)), a).indices
  })(x, w)
  const codes = Int32Array.from(active.array())
  for (const tensor of [x, w, active]) tensor.dispose()
  return codes
}

/** Segments sampled from one image each, tested on all others. */
export function codeOverlaps(codes: Int32Array, labels: ArrayLike<number>, segments: number, random: HostRandom) {
  const { n, a, s } = codeSetting
  const count = labels.length
  const result: CodeOverlaps = { same: new Array(s + 1).fill(0), other: new Array(s + 1).fill(0) }
  const images = new SubsetSampler(count)
  images.draw(Math.min(count, segments), random)
  for (let from = 0; from + lanes <= Math.min(count, segments); from += lanes) {
    const four = new Segments(n)
    const own = images.items.slice(from, from + lanes)
    for (let lane = 0; lane < lanes; lane++) {
      const code = new SubsetSampler(codes.slice(own[lane] * a, (own[lane] + 1) * a))
      code.draw(s, random)
      four.grow(lane, code.items, s)
    }
    for (let image = 0; image < count; image++) {
      const sum = four.match(codes, image * a, (image + 1) * a)
      for (let lane = 0; lane < lanes; lane++)
        if (image !== own[lane]) result[labels[image] === labels[own[lane]] ? "same" : "other"][overlapOf(lane, sum)]++
    }
  }
  return result
}
