import { full, type Tensor } from "../../engine/index.ts"
import type { Quantity } from "../quantity.ts"
import { linoid } from "../relative-exponentials.ts"
import { exponentialRate, type GateRates, gate, steadyState } from "./gates.ts"
import { cube, fourth, type MembraneParameters, membraneLimits, rateOfMembrane } from "./hodgkin-huxley.ts"
import type { PotentialState } from "./leaky.ts"
import { neuron } from "./neuron.ts"

export interface WangBuzsakiState extends PotentialState {
  /** Open shares of the gates, 0..1, `[..., neurons]`: sodium inactivation, potassium activation. */
  readonly h: Tensor
  readonly n: Tensor
}

export interface WangBuzsakiParameters extends MembraneParameters {
  /** How much faster the gates are than at their reference temperature. Default 5. */
  readonly phi: Quantity
}

const rates = (v: Tensor): Record<"m" | "h" | "n", GateRates> => ({
  m: { opening: linoid(v.add(35).mul(0.1)), closing: exponentialRate(v, 4, -60, -18) },
  h: { opening: exponentialRate(v, 0.07, -58, -20), closing: v.add(28).mul(0.1).sigmoid() },
  n: { opening: linoid(v.add(34).mul(0.1)).mul(0.1), closing: exponentialRate(v, 0.125, -44, -80) },
})

/**
 * Wang and Buzsáki's fast-spiking interneuron, the current in µA/cm²:
 *   C v' = -gNa m∞(v)³ h (v - eNa) - gK n⁴ (v - eK) - gL (v - eL) + I;   h and n open and close at phi times their rates
 * Defaults: 35, 9, 0.1; 55, -90, -65; 1; 20; 5. It starts at -65 mV, h = 0.6, n = 0.32.
 * @source Wang and Buzsáki, Gamma oscillation by synaptic inhibition (1996)
 */
export const wangBuzsaki = neuron<WangBuzsakiState, WangBuzsakiParameters>({
  model: "wangBuzsaki",
  defaults: { gNa: 35, gK: 9, gL: 0.1, eNaMV: 55, eKMV: -90, eLMV: -65, capacitance: 1, thresholdMV: 20, phi: 5 },
  method: "exponentialMidpoint",
  positive: [...membraneLimits.positive, "phi"],
  notNegative: membraneLimits.notNegative,
  startMV: (p) => p.eLMV,
  start: (v) => ({ v, h: full(v.shape, 0.6, v.dtype), n: full(v.shape, 0.32, v.dtype) }),
  derivative({ v, h, n }, current, p) {
    const r = rates(v)
    return {
      v: rateOfMembrane(v, { sodium: cube(steadyState(r.m)).mul(h), potassium: fourth(n) }, current, p),
      h: gate(h, r.h).mul(p.phi),
      n: gate(n, r.n).mul(p.phi),
    }
  },
  spiking: (_, p) => ({ thresholdMV: p.thresholdMV }),
})
