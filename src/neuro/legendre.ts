/**
 * Legendre memories: linear systems whose state holds the last steps of an input, as coefficients of Legendre polynomials.
 * @source Voelker, Kajić and Eliasmith, Legendre memory units (2019), eqs. 1 to 3
 */
import { CajalError } from "../engine/index.ts"
import { matrixExponential } from "./matrix-exponential.ts"

/** `m[t] = A m[t-1] + B u[t]`: A `[order, order]` row-major, B `[order]`. */
export interface LegendreSystem {
  readonly order: number
  readonly a: Float64Array
  readonly b: Float64Array
}

/**
 * The system that keeps a window of `theta` steps, by zero-order hold:
 *   a[i, j] = (2i + 1) / θ · (-1 where i < j, else (-1)^(i - j + 1));   b[i] = (2i + 1) (-1)^i / θ
 * @param options.transposed applies the transposed A, as some published weights were trained; not a Legendre memory
 * @throws CajalError for an order below 1, or a window shorter than a step
 */
export function legendreSystem(
  order: number,
  theta: number,
  options: { readonly transposed?: boolean } = {},
): LegendreSystem {
  if (!(Number.isInteger(order) && order >= 1))
    throw new CajalError(`a Legendre memory has order 1 or more, not ${order}`)
  if (!(theta >= 1)) throw new CajalError(`a Legendre memory holds a window of 1 step or more, not ${theta}`)
  // The exponential of [[a, b], [0, 0]] holds both discrete matrices.
  const size = order + 1
  const joint = new Float64Array(size * size)
  for (let i = 0; i < order; i++) {
    const scale = (2 * i + 1) / theta
    for (let j = 0; j < order; j++) joint[i * size + j] = scale * (i < j ? -1 : (-1) ** (i - j + 1))
    joint[i * size + order] = scale * (-1) ** i
  }
  const held = matrixExponential(joint, size)
  const at = (i: number, j: number): number => held[i * size + j]
  const isTransposed = options.transposed === true
  return {
    order,
    a: Float64Array.from({ length: order * order }, (_, k) => {
      const [i, j] = [Math.floor(k / order), k % order]
      return isTransposed ? at(j, i) : at(i, j)
    }),
    b: Float64Array.from({ length: order }, (_, i) => at(i, order)),
  }
}

/**
 * With which weights the coefficients give the input of `delay · θ` steps ago: shifted Legendre polynomials at `delay`.
 * @param delay 0 (now) to 1 (θ steps ago), where all weights are 1
 */
export function legendreReading(order: number, delay: number): Float64Array {
  if (!(delay >= 0 && delay <= 1)) throw new CajalError(`a delay within the window lies in 0..1, not ${delay}`)
  const x = 2 * delay - 1
  const values = new Float64Array(order).fill(1)
  for (let i = 1; i < order; i++)
    values[i] = i === 1 ? x : ((2 * i - 1) * x * values[i - 1] - (i - 1) * values[i - 2]) / i
  return values
}

/** The state after each input: `[steps][order]`, from rest. */
export function legendreStates({ order, a, b }: LegendreSystem, inputs: ArrayLike<number>): Float64Array[] {
  const states: Float64Array[] = []
  let m = new Float64Array(order)
  for (let t = 0; t < inputs.length; t++) {
    const before = m
    m = b.map((gain, i) => {
      let sum = gain * inputs[t]
      for (let j = 0; j < order; j++) sum += a[i * order + j] * before[j]
      return sum
    })
    states.push(m)
  }
  return states
}
