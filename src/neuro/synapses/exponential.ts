import { CajalError, type Tensor, zeros } from "../../engine/index.ts"
import { decayOf, type Quantity, toTensor } from "../quantity.ts"
import { synapse } from "./synapse.ts"

export interface ConductanceState {
  /** Conductance, or current, `[..., neurons]`. */
  readonly g: Tensor
}

export interface RisingState extends ConductanceState {
  /** What g rises from, `[..., neurons]`. */
  readonly h: Tensor
}

/** `g' = -g / tau; g += x`, exactly. */
export const exponentialSynapse = synapse<ConductanceState, { /** Default 8. */ readonly tauMs: Quantity }>({
  model: "exponentialSynapse",
  linear: true,
  defaults: { tauMs: 8 },
  timeConstants: ["tauMs"],
  start: (shape, _, dtype) => ({ g: zeros(shape, dtype) }),
  step({ g }, arriving, p, dtMs) {
    const next = g.mul(decayOf(p.tauMs, dtMs)).add(arriving)
    return [{ g: next }, next]
  },
})

export interface DualExponentialParameters {
  /** Time constants of the rise and the decay. Defaults 1 and 10. */
  readonly tauRiseMs: Quantity
  readonly tauDecayMs: Quantity
}

/**
 * `h' = -h / tauRise, h += a x;   g' = -g / tauDecay + h`, exactly; a such that one spike peaks at 1.
 * @source a = (tauRise / tauDecay)^(tauRise / (tauRise - tauDecay)) / tauRise
 */
export const dualExponentialSynapse = synapse<RisingState, DualExponentialParameters>({
  model: "dualExponentialSynapse",
  linear: true,
  defaults: { tauRiseMs: 1, tauDecayMs: 10 },
  timeConstants: ["tauRiseMs", "tauDecayMs"],
  check({ tauRiseMs, tauDecayMs }) {
    if (typeof tauRiseMs === "number" && tauRiseMs === tauDecayMs)
      throw new CajalError(
        `dualExponentialSynapse: tauRiseMs and tauDecayMs are both ${tauRiseMs} ms; they must differ`,
        { hint: "take alphaSynapse, the limit of equal time constants" },
      )
  },
  start: (shape, _, dtype) => ({ g: zeros(shape, dtype), h: zeros(shape, dtype) }),
  step({ g, h }, arriving, p, dtMs) {
    const [rise, decay] = [p.tauRiseMs, p.tauDecayMs].map((tau) => toTensor(tau, g.dtype))
    const [fast, slow] = [p.tauRiseMs, p.tauDecayMs].map((tau) => decayOf(tau, dtMs))
    // What h gives to g in the step: ∫ exp(-(dt - s) / tauDecay) exp(-s / tauRise) ds.
    const given = toTensor(slow, g.dtype).sub(fast).div(rise.reciprocal().sub(decay.reciprocal()))
    const peak = rise
      .div(decay)
      .pow(rise.div(rise.sub(decay)))
      .div(rise)
    const next = g.mul(slow).add(h.mul(given))
    return [{ g: next, h: h.mul(fast).add(arriving.mul(peak)) }, next]
  },
})

/** `h' = -h / tau, h += x;   g' = (h - g) / tau`, exactly: one spike peaks at 1/e after tau. */
export const alphaSynapse = synapse<RisingState, { /** Default 8. */ readonly tauMs: Quantity }>({
  model: "alphaSynapse",
  linear: true,
  defaults: { tauMs: 8 },
  timeConstants: ["tauMs"],
  start: (shape, _, dtype) => ({ g: zeros(shape, dtype), h: zeros(shape, dtype) }),
  step({ g, h }, arriving, p, dtMs) {
    const decay = decayOf(p.tauMs, dtMs)
    const next = g.add(h.mul(dtMs).div(p.tauMs)).mul(decay)
    return [{ g: next, h: h.mul(decay).add(arriving) }, next]
  },
})
