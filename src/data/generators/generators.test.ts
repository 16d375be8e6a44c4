import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { hostRandom, rfft2, tensor } from "../../engine/index.ts"
import { drift } from "./drift.ts"
import { EventCamera } from "./event-camera.ts"
import { motionClasses, motionSegments, movingScene, velocityOf } from "./moving-scenes.ts"
import { deadLeaves, grating, motionCloud, type Texture, whitened } from "./textures.ts"

const moments = ({ values }: Texture): [mean: number, variance: number] => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return [mean, values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length]
}

/** Power by frequency bin: `[rows][columns / 2 + 1]`. */
function powerOf({ size, values }: Texture): number[][] {
  const { re, im } = rfft2(tensor(values, { shape: [size, size] }))
  return re.square().add(im.square()).toList() as number[][]
}

describe("textures", () => {
  test.each([
    ["dead leaves", (seed: number) => deadLeaves(hostRandom(seed), 64, { radii: [2, 12] })],
    ["whitened dead leaves", (seed: number) => whitened(deadLeaves(hostRandom(seed), 64, { radii: [2, 12] }))],
    ["motion clouds", (seed: number) => motionCloud(hostRandom(seed), 64, { frequency: 0.1, bandwidth: 0.03 })],
  ])("%s have mean 0 and variance 1, and belong to their seed", (_, make) => {
    const texture = make(3)
    const [mean, variance] = moments(texture)
    expect(mean).toBeCloseTo(0, 4)
    expect(variance).toBeCloseTo(1, 4)
    expect(make(3).values).toEqual(texture.values)
    expect(make(4).values).not.toEqual(texture.values)
  })

  test("leaves are patches of one grey, and cover the picture", () => {
    const { values, size } = deadLeaves(hostRandom(1), 64, { radii: [3, 20] })
    let same = 0
    for (let i = 0; i < values.length; i++) if (i % size > 0 && values[i] === values[i - 1]) same++
    expect(same / values.length).toBeGreaterThan(0.7)
    const greys = new Set(values)
    expect(greys.size).toBeGreaterThan(20)
    expect(() => deadLeaves(hostRandom(1), 64, { radii: [3, 40] })).toThrow(/do not fit a picture of 64 px/)
  })

  test("whitening gives the spectrum that it says", () => {
    const noise = { size: 32, values: Float32Array.from({ length: 1024 }, (_, i) => (i === 0 ? 1 : 0)) } // all frequencies alike
    const power = powerOf(whitened(noise))
    const expected = (f: number): number => (f * Math.exp(-((f / 0.25) ** 4))) ** 2
    for (const [j, i] of [
      [0, 2],
      [3, 0],
      [4, 5],
      [28, 5],
    ]) {
      const f = Math.hypot(i / 32, (j > 16 ? j - 32 : j) / 32)
      expect(power[j][i] / power[0][4]).toBeCloseTo(expected(f) / expected(4 / 32), 3)
    }
    expect(power[0][0]).toBeLessThan(1e-6)
  })

  test("a cloud's power lies around its frequency and orientation", () => {
    const power = powerOf(motionCloud(hostRandom(2), 64, { frequency: 0.125, bandwidth: 0.02, orientation: 0 }))
    let [total, near] = [0, 0]
    power.forEach((row, j) =>
      row.forEach((p, i) => {
        total += p
        if (i >= 5 && i <= 11 && (j <= 3 || j >= 61)) near += p
      }),
    )
    expect(near / total).toBeGreaterThan(0.9)
    expect(() => motionCloud(hostRandom(2), 64, { frequency: 0.6, bandwidth: 0.1 })).toThrow(/frequency in 0..0.5/)
  })

  test("a grating is one wave", () => {
    const { values } = grating(8, [1, 0])
    values.forEach((x, i) => expect(x).toBeCloseTo(Math.SQRT2 * Math.sin((2 * Math.PI * (i % 8)) / 8), 5))
    expect(() => grating(8, [0.5, 0])).toThrow(/whole cycles/)
    expect(() => grating(8, [0, 0])).toThrow(/whole cycles/)
  })
})

describe("drift", () => {
  test("a wave that is moved by fractions of a pixel is that wave with another phase", () => {
    const wave = grating(16, [2, 1])
    const path = Float64Array.of(0, 0, 0.3, 0, 0, -0.7, 1.25, 2.5, -20.5, 33)
    const frames = drift(wave, path, 5, 6)
    for (let t = 0; t < 5; t++)
      for (let y = 0; y < 5; y++)
        for (let x = 0; x < 6; x++) {
          const phase = (2 * Math.PI * (2 * (x - path[2 * t]) + (y - path[2 * t + 1]))) / 16
          expect(frames[(t * 5 + y) * 6 + x]).toBeCloseTo(Math.SQRT2 * Math.sin(phase), 4)
        }
  })

  test("whole pixels move any texture as it is, round the edge", () => {
    const scene = whitened(deadLeaves(hostRandom(5), 32, { radii: [2, 8] }))
    const frames = drift(scene, Float64Array.of(3, -2), 32, 32)
    for (let y = 0; y < 32; y++)
      for (let x = 0; x < 32; x++)
        expect(frames[y * 32 + x]).toBeCloseTo(scene.values[((y + 2) % 32) * 32 + ((x + 29) % 32)], 4)
    expect(() => drift(scene, Float64Array.of(0, 0), 33, 4)).toThrow(/33 x 4 px is larger than the texture of 32 x 32/)
  })
})

describe("the event camera", () => {
  const see = (values: readonly number[], residual: "full" | "last"): number[] => {
    const camera = new EventCamera(Float32Array.of(values[0]), { threshold: 1, residual })
    return values.slice(1).map((value) => {
      const [off, on] = camera.see(Float32Array.of(value))
      return on - off
    })
  }

  test("keeps what a change leaves until it is told", () => {
    // Changes 0.75, 0.75, 3, 0, 0, -2.5, 0; residuals after each, by hand: 0.75, 0.5, 2.5, 1.5, 0.5, -1, -1.
    expect(see([0, 0.75, 1.5, 4.5, 4.5, 4.5, 2, 2], "full")).toEqual([0, 1, 1, 1, 1, -1, 0])
    // Each change alone, less what the event before has told: 0.75, 0.75, 3, -1, 0, -2.5, 1.
    expect(see([0, 0.75, 1.5, 4.5, 4.5, 4.5, 2, 2], "last")).toEqual([0, 0, 1, 0, 0, -1, 0])
  })

  test("loses nothing: events add up to the change, but for what is still owed", () => {
    const steps = fc.array(fc.double({ min: -0.9, max: 0.9, noNaN: true }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(steps, (changes) => {
        const values = [0]
        for (const change of changes) values.push(values[values.length - 1] + change)
        const told = see(values, "full").reduce((a, b) => a + b, 0)
        // A change below the threshold a step never builds up more than one event's worth.
        expect(Math.abs(told - values[values.length - 1])).toBeLessThan(1.0001)
      }),
    )
  })

  test.each([0, -1, Number.NaN])("a threshold of %d is refused", (threshold) => {
    expect(() => new EventCamera(new Float32Array(4), { threshold })).toThrow(/must be above 0/)
  })
})

describe("moving scenes", () => {
  const motions = motionClasses(4, [0.5, 1])

  test("classes are directions at each speed in turn", () => {
    expect(motions).toHaveLength(8)
    const [x, y] = velocityOf(motions[5])
    expect(x).toBeCloseTo(0, 9)
    expect(y).toBeCloseTo(1, 9) // class 5: downwards, fast
  })

  test("segments last as long as a Poisson number, and every class comes", () => {
    const labels = motionSegments(hostRandom(4), 20_000, 8, 24)
    let changes = 0
    for (let t = 1; t < labels.length; t++) if (labels[t] !== labels[t - 1]) changes++
    // One in eight segments has the class of the one before.
    expect(labels.length / changes).toBeCloseTo(24 / (7 / 8), -0.5)
    const counts = Array.from({ length: 8 }, (_, c) => labels.filter((label) => label === c).length / labels.length)
    for (const share of counts) expect(Math.abs(share - 1 / 8)).toBeLessThan(0.03)
    expect([...motionSegments(hostRandom(1), 5, 3, 1e-9)]).toHaveLength(5)
  })

  test("a movie is what the camera sees of the path that its labels make", () => {
    const scene = whitened(deadLeaves(hostRandom(9), 64, { radii: [2, 12] }))
    const labels = Int32Array.of(0, 0, 5, 5, 2)
    const movie = movingScene(scene, { motions, labels, height: 10, width: 12, threshold: 0.4 })
    expect(movie.events.shape).toEqual([5, 2, 10, 12])
    expect([...movie.path].map((x) => Math.round(100 * x) / 100)).toEqual([0, 0, 0.5, 0, 1, 0, 1, 1, 1, 2, 0.5, 2])
    const frames = drift(scene, movie.path, 10, 12)
    const camera = new EventCamera(frames.subarray(0, 120), { threshold: 0.4 })
    for (let t = 0; t < 5; t++)
      expect(movie.events.data.subarray(240 * t, 240 * (t + 1))).toEqual(
        camera.see(frames.subarray(120 * (t + 1), 120 * (t + 2))),
      )
    for (let i = 0; i < 120; i++)
      for (let t = 0; t < 5; t++) expect(movie.events.data[t * 240 + i] && movie.events.data[t * 240 + 120 + i]).toBe(0)
  })

  test("a grating that moves along itself says nothing", () => {
    const still = { motions, labels: new Int32Array(6).fill(0), height: 8, width: 8, threshold: 0.3 }
    expect(() => movingScene(grating(16, [0, 2]), still)).toThrow(/0 events in 6 steps of 8 x 8 px/)
    const { events } = movingScene(grating(16, [0, 2]), { ...still, mayBeSilent: true })
    expect(events.data.some((event) => event === 1)).toBe(false)
    expect(movingScene(grating(16, [2, 0]), still).events.data.some((event) => event === 1)).toBe(true)
  })
})
