import { CajalError, type Tensor } from "../../engine/index.ts"

/** How context modulates what a neuron passes on: a function of the receptive field R and the context C, elementwise. */
export type ModulationLaw = (receptive: Tensor, context: Tensor) => Tensor

/** Both conductances at once: `R² + 2R + C (1 + |R|)`. Where R is 0 the context alone drives. @source Adeel et al. (2022), as later code of the group has it */
const cooperation: ModulationLaw = (r, c) =>
  r
    .square()
    .add(r.mul(2))
    .add(c.mul(r.abs().add(1)))

/** The same with a gentler drive: `R/2 + 2R + C (1 + |R|)`. */
const gentleCooperation: ModulationLaw = (r, c) => r.mul(2.5).add(c.mul(r.abs().add(1)))

/** Exponents beyond these would overflow, or change nothing. */
const exponents = [-20, 3] as const

/**
 * `R (1 + exp(R C)) / 2`: no context leaves R as it is, context of the same sign amplifies it, of the other sign halves it at most, and
 * context alone is silent.
 * @source Kay and Phillips, Activation functions, computational goals, and learning rules for local processors with contextual guidance (1997)
 */
const kayPhillips: ModulationLaw = (r, c) =>
  r
    .mul(c)
    .clip(...exponents)
    .exp()
    .add(1)
    .mul(r)
    .mul(0.5)

/** `R (1 + C)`. */
const linear: ModulationLaw = (r, c) => r.add(r.mul(c))

/** `R (1 + tanh(R C))`. */
const tanh: ModulationLaw = (r, c) => r.mul(r.mul(c).tanh().add(1))

/** No modulation: `R + C`, as a point neuron sums all that reaches it. */
const point: ModulationLaw = (r, c) => r.add(c)

/** Laws of modulation by name. Each is clipped to 0..6 by `twoPoint`. */
export const modulationLaws = { cooperation, gentleCooperation, kayPhillips, linear, tanh, point } as const

export type ModulationName = keyof typeof modulationLaws

/** Rates that a neuron can have: a rectifier that saturates. */
export const relu6 = (x: Tensor): Tensor => x.clip(0, 6)

/**
 * Two-point neurons: what the basal side sums is the receptive field, what the apical side sums is the context, and the context decides how
 * much of the former is passed on.
 * @param receptive R `[..., neurons]`
 * @param context C, same shape
 * @returns rates in 0..6, same shape
 * @throws CajalError naming the laws there are
 */
export function twoPoint(receptive: Tensor, context: Tensor, law: ModulationName | ModulationLaw): Tensor {
  const rule = typeof law === "string" ? modulationLaws[law] : law
  if (rule === undefined)
    throw new CajalError(`there is no law of modulation "${law}"`, {
      hint: `there are ${Object.keys(modulationLaws).join(", ")}, or give a function of R and C`,
    })
  return relu6(rule(receptive, context))
}
