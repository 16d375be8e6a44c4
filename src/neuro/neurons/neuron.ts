import { type DType, type Shape, type Tensor, zeros } from "../../engine/index.ts"
import { integrate, type Method, type Variables } from "../integrate.ts"
import { checkPositive, checkTimes, filled, type Quantity, toTensor } from "../quantity.ts"
import { type FiringOptions, fire, isRefractory, type Membrane, type Spiking } from "./firing.ts"

/** What drives a neuron in a step; a function of the potential where it depends on it, as the current of a conductance does. */
export type Current = Quantity | ((vMV: Tensor) => Quantity)

/** What can be said of every neuron beside the parameters of its equations. */
export interface NeuronOptions extends FiringOptions {
  /** How a step of the equations is taken. The default is the model's. */
  readonly method?: Method
}

/** State of neurons: the variables of their equations, and how long they are refractory. */
export type NeuronState<S> = S & { readonly refractory?: Tensor }

/** The equations of a neuron, and when it fires. */
export interface NeuronEquations<S extends Membrane, P extends object> {
  /** Name for errors and tables. */
  readonly model: string
  readonly defaults: P
  /** Default "exponentialEuler". */
  readonly method?: Method
  /** Names of the parameters that are time constants: a step must not be longer. */
  readonly timeConstants?: readonly (keyof P & string)[]
  /** Names of the parameters that must be above 0, and of those that may be 0 too. */
  readonly positive?: readonly (keyof P & string)[]
  readonly notNegative?: readonly (keyof P & string)[]
  /** Potential that neurons start at unless told. */
  readonly startMV: (p: P) => Quantity
  /** All variables of neurons that start at this potential. */
  readonly start: (v: Tensor, p: P) => S
  /** Rates of change per ms. */
  readonly derivative: (state: S, current: Quantity, p: P) => Variables<S>
  /** Undefined for a neuron that never fires. */
  readonly spiking?: (state: S, p: P) => Spiking<S>
}

/** A neuron model: a function that takes a step, with what belongs to it. */
export interface Neuron<S extends Membrane, P extends object> {
  /**
   * One step.
   * @param state what the last step left, `[..., neurons]`
   * @param current in the unit of the model's equations, same shape
   * @param parameters those that are not the defaults
   * @param dtMs length of the step
   * @param deltaMV what is added to the potential after integration, same shape: synapses without dynamics, noise
   * @returns the state after the reset, and the spikes as a spike tensor (of a neuron that never fires: the potential)
   */
  (
    state: NeuronState<S>,
    current: Current,
    parameters: Partial<P> & NeuronOptions,
    dtMs: number,
    deltaMV?: Quantity,
  ): [NeuronState<S>, Tensor]
  readonly model: string
  readonly defaults: P
  readonly method: Method
  /**
   * Neurons before their first step.
   * @param shape `[..., neurons]`
   * @param options.vMV potential at the start, a number or a tensor that broadcasts to the shape; the other variables fit it
   */
  state(
    shape: Shape,
    parameters?: Partial<P> & NeuronOptions,
    options?: { readonly vMV?: Quantity; readonly dtype?: DType },
  ): NeuronState<S>
  /** Rates of change per ms at a state: for phase planes and integrators of one's own. */
  derivative(state: S, current: Current, parameters?: Partial<P>): Variables<S>
}

/** A neuron model from its equations. One's own models are made like this too. */
export function neuron<S extends Membrane, P extends object>(equations: NeuronEquations<S, P>): Neuron<S, P> {
  const { model, defaults, method = "exponentialEuler", timeConstants = [], spiking } = equations
  const derivative = (state: S, current: Current, parameters: Partial<P> = {}): Variables<S> =>
    equations.derivative(
      state,
      typeof current === "function" ? current(state.v) : current,
      filled(defaults, parameters),
    )

  function step(
    state: NeuronState<S>,
    current: Current,
    parameters: Partial<P> & NeuronOptions,
    dtMs: number,
    deltaMV?: Quantity,
  ): [NeuronState<S>, Tensor] {
    const p = filled(defaults, parameters)
    checkTimes(model, p, timeConstants, dtMs)
    checkPositive(model, p, equations.positive ?? [])
    checkPositive(model, p, equations.notNegative ?? [], true)
    const { refractory: _, ...variables } = state
    const rates = (s: S): Variables<S> => derivative(s, current, p)
    const moved = integrate(p.method ?? method, rates as never, variables as never, dtMs) as unknown as S
    const next = deltaMV === undefined ? moved : { ...moved, v: moved.v.add(deltaMV) }
    if (spiking === undefined) return [next, next.v]
    return fire(model, state, next as NeuronState<S>, spiking(next, p) as Spiking<NeuronState<S>>, p, dtMs)
  }

  const state: Neuron<S, P>["state"] = (shape, parameters = {}, { vMV, dtype = "f32" } = {}) => {
    const p = filled(defaults, parameters)
    const made = equations.start(toTensor(vMV ?? equations.startMV(p), dtype).broadcastTo(shape), p)
    return spiking !== undefined && isRefractory(p) ? { ...made, refractory: zeros(shape, "i32") } : made
  }

  return Object.assign(step, { model, defaults, method, state, derivative })
}
