import { asEvents, CajalError, customGradient, type Tensor } from "../engine/index.ts"

/**
 * What stands for the derivative of a spike: a function of the distance of the membrane potential from its threshold, in units of the
 * threshold.
 */
export interface Surrogate {
  readonly name: string
  /** ds/du at the distance `u - threshold`, same shape. */
  derivative(distance: Tensor): Tensor
  /** True where the derivative is 0 far from the threshold: the reverse pass then skips the neurons that are there. */
  readonly compact: boolean
}

const positive = (name: string, what: string, value: number): number => {
  if (!(value > 0)) throw new CajalError(`surrogate ${name}: the ${what} must be above 0, not ${value}`)
  return value
}

/**
 * Derivative of a scaled arctangent: `slope / 2 / (1 + (π/2 · slope · x)²)`.
 * @source Fang et al., Incorporating learnable membrane time constant (2021)
 */
export function atan(slope = 2): Surrogate {
  const k = (Math.PI / 2) * positive("atan", "slope", slope)
  return {
    name: "atan",
    compact: false,
    derivative: (x) =>
      x
        .mul(k)
        .square()
        .add(1)
        .reciprocal()
        .mul(slope / 2),
  }
}

/**
 * Fast sigmoid: `1 / (1 + slope · |x|)²`.
 * @source Zenke and Ganguli, SuperSpike (2018)
 */
export function fastSigmoid(slope = 25): Surrogate {
  positive("fastSigmoid", "slope", slope)
  return { name: "fastSigmoid", compact: false, derivative: (x) => x.abs().mul(slope).add(1).square().reciprocal() }
}

/** Derivative of the sigmoid: `slope · σ(slope · x) · (1 - σ(slope · x))`. */
export function sigmoid(slope = 4): Surrogate {
  positive("sigmoid", "slope", slope)
  return {
    name: "sigmoid",
    compact: false,
    derivative: (x) => {
      const s = x.mul(slope).sigmoid()
      return s.mul(s.neg().add(1)).mul(slope)
    },
  }
}

/**
 * Triangle of height `1 / width` that is 0 beyond `width`: `max(0, 1 - |x| / width) / width`.
 * @source Bellec et al., Long short-term memory and learning-to-learn in networks of spiking neurons (2018)
 */
export function triangle(width = 1): Surrogate {
  positive("triangle", "width", width)
  return {
    name: "triangle",
    compact: true,
    derivative: (x) =>
      x
        .abs()
        .mul(-1 / width)
        .add(1)
        .maximum(0)
        .mul(1 / width),
  }
}

/** `1 / width` within half a width of the threshold, 0 beyond: a rectangle of area 1. */
export function boxcar(width = 1): Surrogate {
  positive("boxcar", "width", width)
  return {
    name: "boxcar",
    compact: true,
    derivative: (x) =>
      x
        .abs()
        .le(width / 2)
        .cast(x.dtype)
        .mul(1 / width),
  }
}

/**
 * 1 where the distance from the threshold is not negative, 0 elsewhere, as a spike tensor: products with it follow its spikes. The
 * gradient is the surrogate's.
 * @param distance membrane potential minus threshold, any shape
 */
export function spike(distance: Tensor, surrogate: Surrogate): Tensor {
  return customGradient<[Tensor]>(
    (x) => asEvents(x.ge(0).cast(x.dtype)),
    ([x], _, g) => {
      const slope = surrogate.derivative(x)
      return [g.mul(surrogate.compact ? asEvents(slope) : slope)]
    },
  )(distance)
}
