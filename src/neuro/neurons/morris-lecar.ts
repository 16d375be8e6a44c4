import type { Tensor } from "../../engine/index.ts"
import type { Quantity } from "../quantity.ts"
import type { PotentialState } from "./leaky.ts"
import { neuron } from "./neuron.ts"

export interface MorrisLecarState extends PotentialState {
  /** Open share of the potassium channels, 0..1, `[..., neurons]`. */
  readonly w: Tensor
}

export interface MorrisLecarParameters {
  /** Largest conductances of calcium, potassium and the leak, mS/cm². Defaults 4.4, 8 and 2. */
  readonly gCa: Quantity
  readonly gK: Quantity
  readonly gL: Quantity
  /** Reversal potentials. Defaults 130, -84 and -60. */
  readonly eCaMV: Quantity
  readonly eKMV: Quantity
  readonly eLMV: Quantity
  /** Capacitance, µF/cm². Default 20. */
  readonly capacitance: Quantity
  /** Middle and width of the calcium activation. Defaults -1.2 and 18. */
  readonly v1MV: Quantity
  readonly v2MV: Quantity
  /** Middle and width of the potassium activation. Defaults 2 and 30. */
  readonly v3MV: Quantity
  readonly v4MV: Quantity
  /** Rate of the potassium channels, 1/ms. Default 0.04. */
  readonly phiPerMs: Quantity
  /** A spike is counted where the potential crosses this upwards. Default 10. */
  readonly thresholdMV: Quantity
}

/** (1 + tanh((v - middle) / width)) / 2 */
const activation = (v: Tensor, middle: Quantity, width: Quantity): Tensor =>
  v.sub(middle).div(width).tanh().add(1).mul(0.5)

const cosh = (x: Tensor): Tensor => x.exp().add(x.neg().exp()).mul(0.5)

/**
 * Morris and Lecar's muscle fibre of the barnacle, the current in µA/cm²:
 *   C v' = -gCa m∞(v) (v - eCa) - gK w (v - eK) - gL (v - eL) + I;   w' = phi cosh((v - v3) / (2 v4)) (w∞(v) - w)
 * @source Morris and Lecar, Voltage oscillations in the barnacle giant muscle fiber (1981); Rinzel and Ermentrout (1998)
 */
export const morrisLecar = neuron<MorrisLecarState, MorrisLecarParameters>({
  model: "morrisLecar",
  defaults: {
    gCa: 4.4,
    gK: 8,
    gL: 2,
    eCaMV: 130,
    eKMV: -84,
    eLMV: -60,
    capacitance: 20,
    v1MV: -1.2,
    v2MV: 18,
    v3MV: 2,
    v4MV: 30,
    phiPerMs: 0.04,
    thresholdMV: 10,
  },
  // Its two variables are smooth and slow: no leak to take out, so a method of higher order pays.
  method: "rk4",
  positive: ["capacitance", "v2MV", "v4MV", "phiPerMs"],
  notNegative: ["gCa", "gK", "gL"],
  startMV: (p) => p.eLMV,
  start: (v, p) => ({ v, w: activation(v, p.v3MV, p.v4MV) }),
  derivative: ({ v, w }, current, p) => ({
    v: v
      .neg()
      .add(p.eCaMV)
      .mul(activation(v, p.v1MV, p.v2MV).mul(p.gCa))
      .add(v.neg().add(p.eKMV).mul(w.mul(p.gK)))
      .add(v.neg().add(p.eLMV).mul(p.gL))
      .add(current)
      .div(p.capacitance),
    w: activation(v, p.v3MV, p.v4MV)
      .sub(w)
      .mul(cosh(v.sub(p.v3MV).div(p.v4MV).mul(0.5)))
      .mul(p.phiPerMs),
  }),
  spiking: (_, p) => ({ thresholdMV: p.thresholdMV }),
})
