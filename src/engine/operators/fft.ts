import { allocate, type HostArray, isFloat } from "../dtype.ts"
import { operationError } from "../errors.ts"
import { type Primitive, primitive, type TensorType } from "../primitive.ts"
import { formatShape, normalizeAxis, sameShape, sizeOf } from "../shape.ts"
import { Tensor } from "../tensor.ts"
import { apply, apply1 } from "../trace.ts"
import { checkFloats } from "./composed.ts"
import { zerosLike } from "./constants.ts"
import { planOf, twiddles } from "./fft-plan.ts"
import { broadcastTo, transpose } from "./layout.ts"

/** Complex numbers: two tensors of one shape and dtype. */
export interface Complex {
  readonly re: Tensor
  readonly im: Tensor
}

export interface FftAttributes {
  readonly axis: number
  /** What every result is multiplied by. */
  readonly scale: number
}

export interface RealFftAttributes {
  /** Points of the real signal. */
  readonly size: number
  readonly scale: number
  /** What the frequencies that stand for their negatives too (all but 0 and size / 2) are multiplied by besides. */
  readonly interior: number
}

/** Plain sums of a discrete transform: `visit` gets the cosine and sine of -2π j k / n for all j and k. */
function forEachTerm(n: number, outputs: number, visit: (j: number, k: number, c: number, s: number) => void): void {
  for (let k = 0; k < outputs; k++)
    for (let j = 0; j < n; j++) {
      const angle = (-2 * Math.PI * ((j * k) % n)) / n
      visit(j, k, Math.cos(angle), Math.sin(angle))
    }
}

const rounded = (data: Float64Array, { dtype, shape }: TensorType): HostArray => {
  const made = allocate(dtype, data.length)
  made.set(data as never)
  return { dtype, shape, data: made }
}

/**
 * `[re, im, factors] -> [re, im]`: y[k] = scale · Σ x[j] exp(-2πi j k / n) along an axis. Real and imaginary part exchanged before and
 * after make it the transform with +i, which is its adjoint.
 */
export const fftPrimitive: Primitive<FftAttributes> = primitive<FftAttributes>({
  name: "fft",
  type: ([re, im]) => {
    checkFloats("fft", [re, im])
    const type = { dtype: re.dtype, shape: re.shape }
    return [type, type]
  },
  evaluate([re, im], { axis, scale }, [output]) {
    const n = re.shape[axis]
    const step = sizeOf(re.shape.slice(axis + 1))
    const [real, imaginary] = [new Float64Array(re.data.length), new Float64Array(re.data.length)]
    for (let outer = 0; outer < sizeOf(re.shape.slice(0, axis)); outer++)
      forEachTerm(n, n, (j, k, c, s) => {
        for (let inner = 0; inner < step; inner++) {
          const from = (outer * n + j) * step + inner
          const to = (outer * n + k) * step + inner
          real[to] += scale * (re.data[from] * c - im.data[from] * s)
          imaginary[to] += scale * (re.data[from] * s + im.data[from] * c)
        }
      })
    return [rounded(real, output), rounded(imaginary, output)]
  },
  gradient({ inputs: [re, im], attributes: { axis, scale }, cotangents: [gr, gi] }) {
    const adjoint = transformed({ re: gr ?? zerosLike(re), im: gi ?? zerosLike(im) }, axis, true, scale)
    return [adjoint.re, adjoint.im]
  },
  batch([re, im, factors], batched, { axis, scale }, size) {
    const pair = [re, im].map((x, i) => (batched[i] ? x : broadcastTo(x, [size, ...x.shape])))
    return apply(fftPrimitive, [...pair, factors], { axis: axis + 1, scale })
  },
})

/** `[x, factors] -> [re, im]`: the frequencies 0 to size / 2 of a real signal, along the last axis. */
export const rfftPrimitive: Primitive<RealFftAttributes> = primitive<RealFftAttributes>({
  name: "rfft",
  type: ([x], { size }) => {
    checkFloats("rfft", [x])
    const type = { dtype: x.dtype, shape: [...x.shape.slice(0, -1), Math.floor(size / 2) + 1] }
    return [type, type]
  },
  evaluate([x], { size, scale, interior }, [output]) {
    const bins = Math.floor(size / 2) + 1
    const [real, imaginary] = [new Float64Array(sizeOf(output.shape)), new Float64Array(sizeOf(output.shape))]
    for (let row = 0; row < x.data.length / size; row++)
      forEachTerm(size, bins, (j, k, c, s) => {
        const value = scale * (isInterior(k, size) ? interior : 1) * x.data[row * size + j]
        real[row * bins + k] += value * c
        imaginary[row * bins + k] += value * s
      })
    return [rounded(real, output), rounded(imaginary, output)]
  },
  gradient: ({ attributes, outputs: [re, im], cotangents: [gr, gi] }) => [
    fromHalf(gr ?? zerosLike(re), gi ?? zerosLike(im), attributes),
  ],
  batch: ([x, factors], _, attributes) => apply(rfftPrimitive, [x, factors], attributes),
})

/**
 * `[re, im, factors] -> [x]`: x[j] = scale · Re Σ c[k] y[k] exp(+2πi j k / size) over the frequencies 0 to size / 2, along the last axis; c is
 * `interior` but at the ends. With an interior of 2 it is the inverse of `rfft`, with that of a given `rfft` its adjoint.
 */
export const irfftPrimitive: Primitive<RealFftAttributes> = primitive<RealFftAttributes>({
  name: "irfft",
  type: ([re, im], { size }) => {
    checkFloats("irfft", [re, im])
    return [{ dtype: re.dtype, shape: [...re.shape.slice(0, -1), size] }]
  },
  evaluate([re, im], { size, scale, interior }, [output]) {
    const bins = Math.floor(size / 2) + 1
    const signal = new Float64Array(sizeOf(output.shape))
    for (let row = 0; row < signal.length / size; row++)
      forEachTerm(size, bins, (j, k, c, s) => {
        const [a, b] = [re.data[row * bins + k], im.data[row * bins + k]]
        const imaginary = isInterior(k, size) ? b : 0
        signal[row * size + j] += scale * (isInterior(k, size) ? interior : 1) * (a * c + imaginary * s)
      })
    return [rounded(signal, output)]
  },
  gradient: ({ attributes, cotangents: [g] }) => (g === undefined ? [] : toHalf(g, attributes)),
  batch([re, im, factors], batched, attributes, size) {
    const pair = [re, im].map((x, i) => (batched[i] ? x : broadcastTo(x, [size, ...x.shape])))
    return [apply1(irfftPrimitive, [...pair, factors], attributes)]
  },
})

const isInterior = (k: number, size: number): boolean => k > 0 && 2 * k < size

const factorsOf = (x: Tensor, n: number): Tensor => twiddles(n, x.dtype as "f32")
const toHalf = (x: Tensor, a: RealFftAttributes): Tensor[] => apply(rfftPrimitive, [x, factorsOf(x, a.size)], a)
const fromHalf = (re: Tensor, im: Tensor, a: RealFftAttributes): Tensor =>
  apply1(irfftPrimitive, [re, im, factorsOf(re, a.size)], a)

function transformed({ re, im }: Complex, axis: number, inverse: boolean, scale: number): Complex {
  const factors = factorsOf(re, re.shape[axis])
  if (!inverse) {
    const [real, imaginary] = apply(fftPrimitive, [re, im, factors], { axis, scale })
    return { re: real, im: imaginary }
  }
  const [imaginary, real] = apply(fftPrimitive, [im, re, factors], { axis, scale })
  return { re: real, im: imaginary }
}

function checked(operation: string, x: Complex | Tensor): Complex {
  const { re, im } = x instanceof Tensor ? { re: x, im: zerosLike(x) } : x
  if (!isFloat(re.dtype) || re.dtype !== im.dtype || !sameShape(re.shape, im.shape))
    throw operationError(
      `${operation}: real and imaginary part are two floats of one shape, not ${re.describe()} and ${im.describe()}`,
      { hint: 'cast whole numbers first: x.cast("f32")' },
    )
  if (re.rank === 0) throw operationError(`${operation}: a scalar has no axis to transform`)
  return { re, im }
}

function complexTransform(operation: string, x: Complex | Tensor, axis: number, inverse: boolean): Complex {
  const pair = checked(operation, x)
  const at = normalizeAxis(axis, pair.re.rank, operation)
  const n = pair.re.shape[at]
  planOf(n, operation)
  return n === 1 ? pair : transformed(pair, at, inverse, inverse ? 1 / n : 1)
}

/**
 * Discrete Fourier transform along an axis: y[k] = Σ x[j] exp(-2πi j k / n), as NumPy's.
 * @param x complex numbers, or a real tensor
 * @throws CajalError where the size is not a product of 2s, 3s and 5s
 */
export const fft = (x: Complex | Tensor, axis = -1): Complex => complexTransform("fft", x, axis, false)

/** The inverse of `fft`: x[j] = 1/n Σ y[k] exp(2πi j k / n). */
export const ifft = (x: Complex | Tensor, axis = -1): Complex => complexTransform("ifft", x, axis, true)

const swapped = (x: Tensor, axis: number): Tensor =>
  transpose(
    x,
    x.shape.map((_, i) => (i === axis ? x.rank - 1 : i === x.rank - 1 ? axis : i)),
  )

/**
 * Transform of a real signal along an axis: the frequencies 0 to n / 2; the others are their conjugates.
 * @returns pairs with `floor(n / 2) + 1` elements along the axis
 */
export function rfft(x: Tensor, axis = -1): Complex {
  const { re, im } = checked("rfft", x)
  const at = normalizeAxis(axis, re.rank, "rfft")
  const size = re.shape[at]
  planOf(size, "rfft")
  if (size === 1) return { re, im }
  const [real, imaginary] = toHalf(swapped(re, at), { size, scale: 1, interior: 1 })
  return { re: swapped(real, at), im: swapped(imaginary, at) }
}

/**
 * The real signal of the frequencies 0 to n / 2: the inverse of `rfft`. The imaginary parts of the frequencies 0 and n / 2 are not read.
 * @param options.size n: an even one, `2 (elements - 1)`, unless told otherwise
 */
export function irfft(x: Complex, options: { readonly size?: number; readonly axis?: number } = {}): Tensor {
  const { re, im } = checked("irfft", x)
  const at = normalizeAxis(options.axis ?? -1, re.rank, "irfft")
  const bins = re.shape[at]
  const size = options.size ?? 2 * (bins - 1)
  if (Math.floor(size / 2) + 1 !== bins)
    throw operationError(
      `irfft: a signal of ${size} points has ${Math.floor(size / 2) + 1} frequencies, not ${bins} as in ${formatShape(re.shape)}`,
      { hint: `size may be ${[2 * (bins - 1), 2 * bins - 1].filter((n) => n > 0).join(" or ")}` },
    )
  planOf(size, "irfft")
  if (size === 1) return re
  return swapped(fromHalf(swapped(re, at), swapped(im, at), { size, scale: 1 / size, interior: 2 }), at)
}

function twoAxes(operation: string, x: Tensor): void {
  if (x.rank < 2) throw operationError(`${operation} needs at least two axes, not ${x.describe()}`)
}

/** `fft` over the last two axes. */
export function fft2(x: Complex | Tensor): Complex {
  twoAxes("fft2", checked("fft2", x).re)
  return complexTransform("fft2", complexTransform("fft2", x, -1, false), -2, false)
}

/** The inverse of `fft2`. */
export function ifft2(x: Complex | Tensor): Complex {
  twoAxes("ifft2", checked("ifft2", x).re)
  return complexTransform("ifft2", complexTransform("ifft2", x, -1, true), -2, true)
}

/** Transform of real images over the last two axes, `[..., rows, columns] -> [..., rows, columns / 2 + 1]`. */
export function rfft2(x: Tensor): Complex {
  twoAxes("rfft2", x)
  return fft(rfft(x), -2)
}

/** The inverse of `rfft2`; `options.size` is the number of columns, see `irfft`. */
export function irfft2(x: Complex, options: { readonly size?: number } = {}): Tensor {
  twoAxes("irfft2", checked("irfft2", x).re)
  return irfft(ifft(x, -2), options)
}
