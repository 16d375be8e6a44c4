/** Scalar functions that JavaScript's Math lacks, to double precision: used by the reference device and called from generated code. */

const twoOverRootPi = 2 / Math.sqrt(Math.PI)

/** The error function: a power series near zero, a continued fraction of erfc far from it. */
export function erf(x: number): number {
  const z = Math.abs(x)
  if (Number.isNaN(x)) return x
  if (z > 6) return Math.sign(x)
  if (z < 2.2) {
    let term = z
    let sum = z
    for (let n = 1; Math.abs(term) > 1e-17 * sum && n < 200; n++) {
      term *= (2 * z * z) / (2 * n + 1)
      sum += term
    }
    return Math.sign(x) * twoOverRootPi * Math.exp(-z * z) * sum
  }
  let fraction = 0
  for (let n = 60; n >= 1; n--) fraction = n / 2 / (z + fraction)
  return Math.sign(x) * (1 - Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + fraction))
}

export const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))

/** The nearest whole number, halves to the even one, as WebAssembly and NumPy round. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x)
  const rest = x - floor
  if (rest !== 0.5) return Math.round(x)
  return floor % 2 === 0 ? floor : floor === -1 ? -0 : floor + 1
}
