import { type Tensor, zerosLike } from "../../engine/index.ts"
import type { Quantity } from "../quantity.ts"
import { linoid } from "../relative-exponentials.ts"
import { exponentialRate, type GateRates } from "./gates.ts"
import { type HodgkinHuxleyState, type MembraneParameters, membraneLimits, rateOfGated } from "./hodgkin-huxley.ts"
import { neuron } from "./neuron.ts"

/** Conductances in nS, capacitance in pF: the current is in pA. */
export interface TraubMilesParameters extends MembraneParameters {
  /** Shifts the gates along the potential. Default -63. */
  readonly shiftMV: Quantity
}

/** @param v potential above the shift, mV */
const rates = (v: Tensor): Record<"m" | "h" | "n", GateRates> => ({
  m: {
    opening: linoid(v.sub(13).mul(1 / 4)).mul(1.28),
    closing: linoid(
      v
        .neg()
        .add(40)
        .mul(1 / 5),
    ).mul(1.4),
  },
  h: {
    opening: exponentialRate(v, 0.128, 17, -18),
    closing: v
      .sub(40)
      .mul(1 / 5)
      .sigmoid()
      .mul(4),
  },
  n: { opening: linoid(v.sub(15).mul(1 / 5)).mul(0.16), closing: exponentialRate(v, 0.5, 10, -40) },
})

/**
 * Hodgkin-Huxley neuron after Traub and Miles, as the benchmark networks have it, the current in pA:
 *   C v' = -gNa m³ h (v - eNa) - gK n⁴ (v - eK) - gL (v - eL) + I
 * Defaults: 20000, 6000, 10 nS; 50, -90, -60; 200 pF; counted at -20. It starts at -60 mV with its gates closed.
 * @source Brette et al., Simulation of networks of spiking neurons (2007), benchmark 3
 */
export const traubMiles = neuron<HodgkinHuxleyState, TraubMilesParameters>({
  model: "traubMiles",
  defaults: {
    gNa: 20_000,
    gK: 6_000,
    gL: 10,
    eNaMV: 50,
    eKMV: -90,
    eLMV: -60,
    capacitance: 200,
    thresholdMV: -20,
    shiftMV: -63,
  },
  method: "exponentialMidpoint",
  ...membraneLimits,
  startMV: (p) => p.eLMV,
  start: (v) => ({ v, m: zerosLike(v), h: zerosLike(v), n: zerosLike(v) }),
  derivative: (state, current, p) => rateOfGated(state, rates(state.v.sub(p.shiftMV)), current, p),
  spiking: (_, p) => ({ thresholdMV: p.thresholdMV }),
})
