import { CajalError, matmul, type Tensor } from "../../engine/index.ts"
import { leastOf, type Quantity } from "../quantity.ts"

/** Current that does not depend on the potential: g itself. */
export const cuba = (g: Tensor): Tensor => g

/** Current of a conductance: `g (E - v)`. @param reversalMV E */
export const coba = (g: Tensor, v: Tensor, reversalMV: Quantity): Tensor => v.neg().add(reversalMV).mul(g)

export interface MagnesiumBlock {
  /** Default 0. */
  readonly reversalMV?: Quantity
  /** Concentration of magnesium outside, mM. Default 1.2. */
  readonly magnesiumMM?: Quantity
  /** Concentration that blocks half at 0 mV, mM, and how the potential lifts the block, 1/mV. Defaults 3.57 and 0.062. */
  readonly halfMM?: number
  readonly perMV?: number
}

/**
 * Current of a conductance that magnesium blocks until the membrane is depolarised: `g (E - v) / (1 + [Mg] / 3.57 · exp(-0.062 v))`.
 * @source Jahr and Stevens, Voltage dependence of NMDA-activated macroscopic conductances (1990)
 */
export function magnesiumBlock(g: Tensor, v: Tensor, options: MagnesiumBlock = {}): Tensor {
  const { reversalMV = 0, magnesiumMM = 1.2, halfMM = 3.57, perMV = 0.062 } = options
  const least = leastOf(magnesiumMM)
  if (least !== undefined && !(least >= 0))
    throw new CajalError(`magnesiumBlock: magnesiumMM must be at least 0 mM, not ${least} mM`)
  const blocked = v.mul(-perMV).exp().mul(magnesiumMM).div(halfMM).add(1)
  return coba(g, v, reversalMV).div(blocked)
}

/**
 * Current through gap junctions, `Σ g (vPre - vPost)`, as a function of the postsynaptic potential: the others are held in the step.
 * @param vPre potentials on the other side, `[..., pre]`
 * @param g conductances `[pre, post]`
 */
export function gapJunction(vPre: Tensor, g: Tensor): (v: Tensor) => Tensor {
  const least = leastOf(g)
  if (least !== undefined && !(least >= 0))
    throw new CajalError(`gapJunction: conductances must be at least 0, not ${least}`)
  const arriving = matmul(vPre, g)
  const total = g.sum(0)
  return (v) => arriving.sub(v.mul(total))
}
