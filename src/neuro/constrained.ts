/**
 * Parameters of neurons that are trained but may not take every value: a time constant stays above 0, a leak between 0 and 1. What an
 * optimiser moves is a free number; what the neuron is given is a function of it that cannot leave the range.
 */
import { CajalError, type Tensor, tensor } from "../engine/index.ts"

/** A trained parameter and its range. `free` is its only tensor, so that gradients, optimisers and checkpoints see that one. */
export interface Constrained {
  /** What is trained, any real number; shape of the value. */
  readonly free: Tensor
  /** What the neuron is given: within the range, shape of `free`. */
  value(): Tensor
}

/** Share of a range that a start keeps from its ends: there the gradient would be 0, and stay it. */
const margin = 1e-6

class Positive implements Constrained {
  readonly free: Tensor
  constructor(free: Tensor) {
    this.free = free
  }
  value(): Tensor {
    return this.free.exp()
  }
}

class Between implements Constrained {
  readonly free: Tensor
  readonly from: number
  readonly to: number
  constructor(free: Tensor, from: number, to: number) {
    this.free = free
    this.from = from
    this.to = to
  }
  value(): Tensor {
    return this.free
      .sigmoid()
      .mul(this.to - this.from)
      .add(this.from)
  }
}

/**
 * A parameter above 0: `value = exp(free)`. A step of the optimiser changes it by a share of its size, so that 1 ms and 1 s learn alike.
 * @param start its first value, a number or a concrete tensor of any shape
 * @throws CajalError where a start is not above 0
 */
export function positive(start: number | Tensor): Constrained {
  return new Positive(
    freed(start, "positive", (x) => (x > 0 && x < Number.POSITIVE_INFINITY ? Math.log(x) : Number.NaN)),
  )
}

/**
 * A parameter between two numbers: `value = from + (to - from) · sigmoid(free)`. A start at an end of the range begins a millionth of the
 * range inside.
 * @param start its first value, a number or a concrete tensor of any shape
 * @throws CajalError where the range is empty or a start is outside of it
 */
export function between(from: number, to: number, start: number | Tensor): Constrained {
  if (!(from < to && Number.isFinite(from) && Number.isFinite(to)))
    throw new CajalError(`a parameter cannot lie between ${from} and ${to}`, { hint: "give the lower end first" })
  const free = freed(start, `between ${from} and ${to}`, (x) => {
    if (!(x >= from && x <= to)) return Number.NaN
    const share = Math.min(Math.max((x - from) / (to - from), margin), 1 - margin)
    return Math.log(share / (1 - share))
  })
  return new Between(free, from, to)
}

/** The free numbers of a start. */
function freed(start: number | Tensor, range: string, inverse: (x: number) => number): Tensor {
  const values = typeof start === "number" ? [start] : Array.from(start.array())
  const free = values.map((x, i) => {
    const y = inverse(x)
    if (Number.isNaN(y))
      throw new CajalError(
        `a parameter that stays ${range} cannot start at ${x}`,
        values.length === 1 ? {} : { where: `element ${i} of the start` },
      )
    return y
  })
  return typeof start === "number" ? tensor(free[0]) : tensor(free, { dtype: start.dtype, shape: start.shape })
}
