import { CajalError } from "../engine/index.ts"

/** Terms of the series: below one unit in the last place for matrices of norm 1/2. */
const terms = 18

/**
 * exp(A) of a small square matrix in double precision, row-major: Taylor's series of A / 2^s, squared s times.
 * @throws CajalError where the matrix is not square, or holds what is not a number
 * @source Moler and Van Loan, Nineteen dubious ways to compute the exponential of a matrix (2003), method 3
 */
export function matrixExponential(a: Float64Array, size: number): Float64Array {
  if (a.length !== size * size) throw new CajalError(`${a.length} numbers are no matrix of ${size} x ${size}`)
  if (!a.every(Number.isFinite)) throw new CajalError("the exponential of a matrix with entries that are not finite")
  let norm = 0
  for (let i = 0; i < size; i++)
    norm = Math.max(
      norm,
      a.subarray(i * size, (i + 1) * size).reduce((sum, x) => sum + Math.abs(x), 0),
    )
  const squarings = norm > 0.5 ? Math.ceil(Math.log2(norm / 0.5)) : 0
  const scaled = a.map((x) => x / 2 ** squarings)
  let result = identity(size)
  let power = identity(size)
  for (let k = 1; k <= terms; k++) {
    power = product(power, scaled, size).map((x) => x / k)
    result = result.map((x, i) => x + power[i])
  }
  for (let i = 0; i < squarings; i++) result = product(result, result, size)
  return result
}

const identity = (size: number): Float64Array =>
  Float64Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0))

function product(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const c = new Float64Array(size * size)
  for (let i = 0; i < size; i++)
    for (let k = 0; k < size; k++) {
      const x = a[i * size + k]
      for (let j = 0; j < size; j++) c[i * size + j] += x * b[k * size + j]
    }
  return c
}
