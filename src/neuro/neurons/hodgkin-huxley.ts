import type { Tensor } from "../../engine/index.ts"
import type { Quantity } from "../quantity.ts"
import { linoid } from "../relative-exponentials.ts"
import { exponentialRate, type GateRates, gate, steadyState } from "./gates.ts"
import type { PotentialState } from "./leaky.ts"
import { neuron } from "./neuron.ts"

/** State of a membrane with sodium and potassium channels. */
export interface HodgkinHuxleyState extends PotentialState {
  /** Open shares of the gates, 0..1, `[..., neurons]`: sodium activation, sodium inactivation, potassium activation. */
  readonly m: Tensor
  readonly h: Tensor
  readonly n: Tensor
}

/** Conductances and reversal potentials of a membrane, and where a spike is counted. */
export interface MembraneParameters {
  /** Largest conductances of sodium, potassium and the leak, mS/cm². */
  readonly gNa: Quantity
  readonly gK: Quantity
  readonly gL: Quantity
  /** Reversal potentials. */
  readonly eNaMV: Quantity
  readonly eKMV: Quantity
  readonly eLMV: Quantity
  /** Capacitance, µF/cm². */
  readonly capacitance: Quantity
  /** A spike is counted where the potential crosses this upwards. */
  readonly thresholdMV: Quantity
}

/** Rates of m, h and n at a potential, 1/ms. */
const rates = (v: Tensor): Record<"m" | "h" | "n", GateRates> => ({
  m: { opening: linoid(v.add(40).mul(0.1)), closing: exponentialRate(v, 4, -65, -18) },
  h: { opening: exponentialRate(v, 0.07, -65, -20), closing: v.add(35).mul(0.1).sigmoid() },
  n: { opening: linoid(v.add(55).mul(0.1)).mul(0.1), closing: exponentialRate(v, 0.125, -65, -80) },
})

/** C v' = -gNa m³ h (v - eNa) - gK n⁴ (v - eK) - gL (v - eL) + I */
export const rateOfMembrane = (
  v: Tensor,
  open: { readonly sodium: Tensor; readonly potassium: Tensor },
  current: Quantity,
  p: MembraneParameters,
): Tensor =>
  v
    .neg()
    .add(p.eNaMV)
    .mul(open.sodium.mul(p.gNa))
    .add(v.neg().add(p.eKMV).mul(open.potassium.mul(p.gK)))
    .add(v.neg().add(p.eLMV).mul(p.gL))
    .add(current)
    .div(p.capacitance)

/** How the potential and the gates of such a membrane move, given the rates of the gates. */
export function rateOfGated(
  { v, m, h, n }: HodgkinHuxleyState,
  rates: Record<"m" | "h" | "n", GateRates>,
  current: Quantity,
  p: MembraneParameters,
): HodgkinHuxleyState {
  return {
    v: rateOfMembrane(v, { sodium: cube(m).mul(h), potassium: fourth(n) }, current, p),
    m: gate(m, rates.m),
    h: gate(h, rates.h),
    n: gate(n, rates.n),
  }
}

export const cube = (x: Tensor): Tensor => x.square().mul(x)
export const fourth = (x: Tensor): Tensor => x.square().square()

/** Which parameters of a membrane must be above 0, and which at least 0. */
export const membraneLimits = { positive: ["capacitance"], notNegative: ["gNa", "gK", "gL"] } as const

/**
 * Hodgkin and Huxley's membrane of the squid's giant axon, the current in µA/cm²:
 *   C v' = -gNa m³ h (v - eNa) - gK n⁴ (v - eK) - gL (v - eL) + I;   m, h and n open and close at rates of v
 * Defaults: 120, 36, 0.3; 50, -77, -54.387; 1; 20. It starts at -65 mV with its gates at rest.
 * @source Hodgkin and Huxley (1952), in today's sign and resting potential: Gerstner et al., Neuronal Dynamics, table 2.1
 */
export const hodgkinHuxley = neuron<HodgkinHuxleyState, MembraneParameters>({
  model: "hodgkinHuxley",
  defaults: { gNa: 120, gK: 36, gL: 0.3, eNaMV: 50, eKMV: -77, eLMV: -54.387, capacitance: 1, thresholdMV: 20 },
  // Gates and potential lean on one another: to first order the rate of firing at steps of 0.1 ms is a tenth too low.
  method: "exponentialMidpoint",
  ...membraneLimits,
  startMV: () => -65,
  start(v) {
    const { m, h, n } = rates(v)
    return { v, m: steadyState(m), h: steadyState(h), n: steadyState(n) }
  },
  derivative: (state, current, p) => rateOfGated(state, rates(state.v), current, p),
  spiking: (_, p) => ({ thresholdMV: p.thresholdMV }),
})
