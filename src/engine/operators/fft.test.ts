import { describe, expect, test } from "vitest"
import { device, useDevice } from "../devices/device.ts"
import {
  type Complex,
  fft,
  fft2,
  grad,
  ifft,
  ifft2,
  irfft,
  irfft2,
  jit,
  rfft,
  rfft2,
  scan,
  type Tensor,
  tensor,
  vmap,
  zeros,
} from "../index.ts"
import { allDevices, checkGradient, checkVmap, examples, expectClose, otherDevices, randomTensor } from "../testing.ts"

useDevice("reference")

/** The sum of the definition, in double precision, along the last axis. */
function plain(re: Tensor, im: Tensor, sign: 1 | -1, scale = 1): Complex {
  const n = re.shape[re.rank - 1]
  const [a, b] = [re.array(), im.array()]
  const made = [0, 1].map((part) =>
    Float64Array.from(a, (_, at) => {
      const [row, k] = [Math.floor(at / n) * n, at % n]
      let total = 0
      for (let j = 0; j < n; j++) {
        const angle = (sign * 2 * Math.PI * j * k) / n
        const [c, s] = [Math.cos(angle), Math.sin(angle)]
        total += part === 0 ? a[row + j] * c - b[row + j] * s : a[row + j] * s + b[row + j] * c
      }
      return scale * total
    }),
  )
  return { re: tensor(made[0], { shape: re.shape }), im: tensor(made[1], { shape: re.shape }) }
}

const parts = ({ re, im }: Complex): Tensor[] => [re, im]
const pair = (shape: number[], seed: number, dtype: "f32" | "f64" = "f64"): Complex => ({
  re: randomTensor(shape, seed, { dtype }),
  im: randomTensor(shape, seed + 1, { dtype }),
})

function expectPair(actual: Complex, expected: Complex, tolerance: number, what = ""): void {
  expectClose(actual.re, expected.re.cast(actual.re.dtype), { relative: tolerance }, `${what} re`)
  expectClose(actual.im, expected.im.cast(actual.im.dtype), { relative: tolerance }, `${what} im`)
}

// All radices, first passes of fours with and without a rest, and every ragged edge of the vectors.
const sizes = [
  1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 16, 18, 20, 24, 25, 30, 32, 36, 48, 60, 64, 80, 96, 100, 120, 125, 128,
]

test("four points, as NumPy gives them", () => {
  const { re, im } = fft(tensor([1, 2, 4, -3], { dtype: "f64" }))
  expectClose(re, tensor([4, -3, 6, -3], { dtype: "f64" }), { relative: 1e-15 })
  expectClose(im, tensor([0, -5, 0, 5], { dtype: "f64" }), { relative: 1e-15 })
})

describe.each(allDevices)("on %s", (name) => {
  test.each(["f32", "f64"] as const)("all kinds of sizes against the definition, %s", (dtype) => {
    const tolerance = dtype === "f32" ? 1e-5 : 1e-12
    for (const n of name === "reference" || dtype === "f64" ? sizes.slice(0, 18) : [...sizes, 256, 480, 625]) {
      const x = pair([3, n], n, dtype)
      const expected = plain(x.re, x.im, -1)
      const real = plain(x.re, zeros([3, n], dtype), -1)
      const bins = Math.floor(n / 2) + 1
      const half = { re: real.re.slice(1, 0, bins), im: real.im.slice(1, 0, bins) }
      const all = (t: Complex) => {
        const [y, frequencies, columns] = [fft(t), rfft(t.re), rfft(t.re.T, 0)]
        return {
          forth: y,
          back: ifft(y),
          columns: fft({ re: t.re.T, im: t.im.T }, 0),
          frequencies,
          signal: irfft(frequencies, { size: n }),
          columnSignal: irfft(columns, { size: n, axis: 0 }),
        }
      }
      useDevice(name, () => {
        const y = jit(all)(x)
        expectPair(y.forth, expected, tolerance * Math.sqrt(n), `fft of ${n}`)
        expectPair(y.back, x, tolerance, `ifft of ${n}`)
        expectPair(y.columns, { re: expected.re.T, im: expected.im.T }, tolerance * Math.sqrt(n), `columns of ${n}`)
        expectPair(y.frequencies, half, tolerance * Math.sqrt(n), `rfft of ${n}`)
        expectClose(y.signal, x.re, { relative: tolerance }, `irfft of ${n}`)
        expectClose(y.columnSignal, x.re.T, { relative: tolerance }, `irfft of columns of ${n}`)
      })
    }
  })

  test("blocks of columns, with a ragged last one", () => {
    for (const columns of [1, 2, 5, 16, 17, 33, 40]) {
      const x = pair([2, 12, columns], columns, "f32")
      const turned = plain(x.re.transpose([0, 2, 1]), x.im.transpose([0, 2, 1]), -1)
      const expected = { re: turned.re.transpose([0, 2, 1]), im: turned.im.transpose([0, 2, 1]) }
      useDevice(name, () => expectPair(fft(x, 1), expected, 1e-5, `${columns} columns`))
    }
  })

  test("two axes", () => {
    const x = pair([2, 12, 10], 4, "f32")
    useDevice(name, () => {
      expectPair(fft2(x), fft(fft(x, 1), 2), 1e-5)
      expectPair(ifft2(fft2(x)), x, 1e-6)
      expectPair(rfft2(x.re), fft(rfft(x.re, 2), 1), 1e-6)
      expectClose(irfft2(rfft2(x.re)), x.re, { relative: 1e-6 })
      const odd = x.re.slice(2, 0, 9)
      expectClose(irfft2(rfft2(odd), { size: 9 }), odd, { relative: 1e-6 })
    })
  })

  test("what irfft does not read: the imaginary parts of the first and the middle frequency", () => {
    const half = pair([2, 5], 6, "f32")
    const clean = half.im.mul(tensor([0, 1, 1, 1, 0]))
    useDevice(name, () => expectClose(irfft(half), irfft({ re: half.re, im: clean }), { relative: 1e-6 }))
  })

  test("inside a scan, compiled", () => {
    // Diffusion in frequency space, against its closed form.
    const decay = tensor(Float32Array.from({ length: 9 }, (_, k) => Math.exp(-k * k * 0.01)))
    const x = randomTensor([3, 16], 5, { dtype: "f32" })
    const run = (start: Tensor): Tensor =>
      scan(
        (u) => {
          const { re, im } = rfft(u)
          return [irfft({ re: re.mul(decay), im: im.mul(decay) }), u.sum()]
        },
        start,
        undefined,
        { length: 10 },
      )[0]
    const { re, im } = rfft(x)
    const expected = irfft({ re: re.mul(decay.pow(10)), im: im.mul(decay.pow(10)) })
    useDevice(name, () => expectClose(jit(run)(x), expected, { relative: 1e-5 }))
  })
})

test("gradients against finite differences, twice", () => {
  for (const n of [2, 5, 6]) {
    const x = pair([2, n], 1)
    for (const axis of [0, 1]) {
      checkGradient((re, im) => parts(fft({ re, im }, axis)).map((y) => y.square()), parts(x), { order: 2 })
      checkGradient((re, im) => parts(ifft({ re, im }, axis)), parts(x))
      checkGradient((t) => parts(rfft(t, axis)).map((y) => y.square()), [x.re], { order: 2 })
    }
    const half = pair([2, Math.floor(n / 2) + 1], 2)
    checkGradient((re, im) => irfft({ re, im }, { size: n }).square(), parts(half), { order: 2 })
  }
  checkGradient((t) => fft2(t).re.square(), [randomTensor([3, 4], 3)])
  checkGradient((t) => irfft2(rfft2(t)), [randomTensor([2, 3, 4], 3)])
  checkGradient((t) => fft(t).im, [randomTensor([4], 3)]) // one part alone is used
})

test("the adjoint: <F x, y> = <x, F' y>", () => {
  const [x, y] = [pair([8], 1), pair([8], 3)]
  const inner = (a: Complex, b: Complex): number => a.re.mul(b.re).add(a.im.mul(b.im)).sum().item()
  const adjoint = grad((t: Complex) =>
    parts(fft(t)).reduce((s, f, i) => s.add(f.mul(parts(y)[i]).sum()), tensor(0, { dtype: "f64" })),
  )(x)
  expect(inner(fft(x), y)).toBeCloseTo(inner(x, adjoint), 12)
  expectPair(adjoint, { re: ifft(y).re.mul(8), im: ifft(y).im.mul(8) }, 1e-14)
})

test("vmap against a loop", () => {
  checkVmap(
    (re, im) => parts(fft({ re, im }, 0)),
    [examples(3, (s) => randomTensor([4, 2], s)), examples(3, (s) => randomTensor([4, 2], s), 9)],
  )
  checkVmap((t) => parts(rfft(t)), [examples(3, (s) => randomTensor([2, 6], s))])
  checkVmap(
    (re, im) => irfft({ re, im }),
    [examples(3, (s) => randomTensor([2, 4], s)), examples(3, (s) => randomTensor([2, 4], s), 9)],
  )
})

test.each(otherDevices)("gradients and vmap on %s as on the reference", (name) => {
  const x = randomTensor([4, 6, 20], 1, { dtype: "f32" })
  const loss = (t: Tensor): Tensor => {
    const { re, im } = rfft2(t)
    return re.square().add(im.abs()).sum()
  }
  const expected = vmap(grad(loss))(x)
  useDevice(name, () => expectClose(jit(vmap(grad(loss)))(x), expected, { relative: 1e-4 }))
})

test("large batches, shared by three threads: the same bits as one", async () => {
  const [one, three] = [1, 3].map((threads) => device("wasm", { threads }))
  await three.ready()
  const x = pair([200, 96], 1, "f32")
  const images = randomTensor([7, 32, 40], 2, { dtype: "f32" })
  const run = (): Tensor[] => [
    ...parts(jit((t: Complex) => fft(t))(x)),
    jit((t: Tensor) => irfft(rfft(t)))(x.re),
    jit((t: Tensor) => irfft2(rfft2(t)))(images),
  ]
  const found = useDevice(three, run)
  expectPair({ re: found[0], im: found[1] }, plain(x.re, x.im, -1), 1e-4)
  expectClose(found[2], x.re, { relative: 1e-5 })
  expectClose(found[3], images, { relative: 1e-5 })
  useDevice(one, run).forEach((y, i) => {
    expect(found[i].array()).toEqual(y.array())
  })
})

describe("errors", () => {
  test("sizes", () => {
    expect(() => fft(zeros([2, 7]))).toThrow(/fft: 7 points; the size of a transform is a product of 2s, 3s and 5s/)
    try {
      rfft2(zeros([4, 77]))
    } catch (error) {
      expect(error).toMatchObject({ hint: "the nearest good sizes are 75 and 80: pad or slice the axis" })
    }
    expect(() => fft(zeros([2, 0]))).toThrow(/fft: 0 points/)
    expect(() => irfft({ re: zeros([8]), im: zeros([8]) })).toThrow(/irfft: 14 points/)
    expect(() => irfft({ re: zeros([5]), im: zeros([5]) }, { size: 12 })).toThrow(
      /a signal of 12 points has 7 frequencies, not 5 as in \[5\]/,
    )
  })
  test("operands", () => {
    expect(() => fft(tensor([1, 2], { dtype: "i32" }))).toThrow(/two floats of one shape/)
    expect(() => fft({ re: zeros([2]), im: zeros([4]) })).toThrow(/not f32 \[2\] and f32 \[4\]/)
    expect(() => fft(zeros([]))).toThrow(/scalar/)
    expect(() => fft2(zeros([4]))).toThrow(/fft2 needs at least two axes/)
    expect(() => fft(zeros([4]), 1)).toThrow(/axis 1 does not exist/)
  })
})
