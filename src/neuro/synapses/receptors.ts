import { type DType, maximum, type Shape, type Tensor, where, zeros } from "../../engine/index.ts"
import { integrate } from "../integrate.ts"
import type { Quantity } from "../quantity.ts"
import type { ConductanceState } from "./exponential.ts"
import { synapse } from "./synapse.ts"

export interface NmdaState extends ConductanceState {
  /** What opens the receptors, `[..., neurons]`. */
  readonly y: Tensor
}

export interface NmdaParameters {
  /** Time constants of the rise and the decay. Defaults 2 and 100. */
  readonly tauRiseMs: Quantity
  readonly tauDecayMs: Quantity
  /** How quickly receptors open, 1/ms. Default 0.5. */
  readonly aPerMs: Quantity
}

/**
 * NMDA receptors, which saturate: `g' = -g / tauDecay + a y (1 - g);   y' = -y / tauRise, y += x`.
 * @source Wang, Probabilistic decision making by slow reverberation in cortical circuits (2002)
 */
export const nmdaSynapse = synapse<NmdaState, NmdaParameters>({
  model: "nmdaSynapse",
  linear: false,
  defaults: { tauRiseMs: 2, tauDecayMs: 100, aPerMs: 0.5 },
  timeConstants: ["tauRiseMs", "tauDecayMs"],
  notNegative: ["aPerMs"],
  start: (shape, _, dtype) => ({ g: zeros(shape, dtype), y: zeros(shape, dtype) }),
  step(state, arriving, p, dtMs) {
    const { g, y } = integrate<NmdaState>(
      "exponentialMidpoint",
      (s) => ({
        g: s.y.mul(p.aPerMs).mul(s.g.neg().add(1)).sub(s.g.div(p.tauDecayMs)),
        y: s.y.neg().div(p.tauRiseMs),
      }),
      state,
      dtMs,
    )
    return [{ g, y: y.add(arriving) }, g]
  },
})

export interface TransmitterState extends ConductanceState {
  /** Steps that the pulse of transmitter still lasts, i32 `[..., neurons]`. */
  readonly pulse: Tensor
}

export interface TransmitterParameters {
  /** Rates at which receptors open, per ms and mM of transmitter, and close, per ms. */
  readonly alpha: Quantity
  readonly beta: Quantity
  /** Concentration of the transmitter in a pulse, mM, and how long it lasts. */
  readonly transmitterMM: Quantity
  readonly pulseMs: number
}

const startClosed = (shape: Shape, _: object, dtype: DType): TransmitterState => ({
  g: zeros(shape, dtype),
  pulse: zeros(shape, "i32"),
})

const transmitter = (model: string, defaults: TransmitterParameters) =>
  synapse<TransmitterState, TransmitterParameters>({
    model,
    linear: false,
    defaults,
    timeConstants: ["pulseMs"],
    notNegative: ["alpha", "beta", "transmitterMM"],
    start: startClosed,
    step({ g, pulse }, arriving, p, dtMs) {
      const left = where(arriving.gt(0), Math.ceil(p.pulseMs / dtMs - 1e-6), pulse)
      const opening = left.gt(0).cast(g.dtype).mul(p.alpha).mul(p.transmitterMM)
      // Relaxes to the balance of opening and closing, exactly while the pulse is on or off.
      const rate = opening.add(p.beta)
      const balance = opening.div(rate)
      const next = balance.add(g.sub(balance).mul(rate.mul(-dtMs).exp()))
      return [{ g: next, pulse: maximum(left.sub(1), 0) }, next]
    },
  })

/**
 * Receptors that a pulse of transmitter opens after each spike: `g' = alpha T (1 - g) - beta g`, T the concentration, 0 after the pulse.
 * Defaults 0.98, 0.18, 0.5 mM, 0.5 ms.
 * @source Destexhe, Mainen and Sejnowski, Kinetic models of synaptic transmission (1998)
 */
export const ampaSynapse = transmitter("ampaSynapse", { alpha: 0.98, beta: 0.18, transmitterMM: 0.5, pulseMs: 0.5 })

/** As `ampaSynapse`. Defaults 0.53, 0.18, 1 mM, 1 ms. */
export const gabaASynapse = transmitter("gabaASynapse", { alpha: 0.53, beta: 0.18, transmitterMM: 1, pulseMs: 1 })
