import { CajalError, jvp, type Key, normal, onesLike, split, type Tensor } from "../engine/index.ts"
import { checkStep, type Quantity } from "./quantity.ts"
import { exprelOfStep } from "./relative-exponentials.ts"

/**
 * How a step of an ordinary differential equation is taken:
 * - `exponentialEuler`: exact where the rate of a variable is linear in that variable (leaks, gates, conductances), stable there for any step;
 *   second order in a single equation, first order in what couples several;
 * - `exponentialMidpoint`: half such a step, and from the slopes there a whole one: second order, as stable, at twice the cost;
 * - `euler`: first order; `midpoint`: second; `rk4`: the classical Runge-Kutta method, fourth. What drives the equation is held in the step.
 */
export type Method = "exponentialEuler" | "exponentialMidpoint" | "euler" | "midpoint" | "rk4"

/** Variables of differential equations: tensors by name. */
export type Variables<S> = { readonly [K in keyof S]: Tensor }

/** Rates of change of all variables, each per ms, at a state. */
export type Derivative<S> = (state: S) => Variables<S>

/**
 * One step of `dy/dt = derivative(y)`. All variables are advanced from their old values.
 * @param state variables `[..., neurons]`
 * @param derivative elementwise in the variables for `exponentialEuler`, which takes its slopes from there
 * @param dtMs length of the step
 * @source exponential Euler: Wang et al., A differentiable brain simulator (2024); midpoint: Börgers and Nectow, Exponential time
 *   differencing for Hodgkin-Huxley-like ODEs (2013)
 */
export function integrate<S extends Variables<S>>(
  method: Method,
  derivative: Derivative<S>,
  state: S,
  dtMs: number,
): S {
  checkStep("integrate", dtMs)
  if (method === "exponentialEuler") return exponential(derivative, state, state, dtMs)
  if (method === "exponentialMidpoint")
    return exponential(derivative, state, exponential(derivative, state, state, dtMs / 2), dtMs)
  const moved = (rates: Variables<S>, ms: number): S => each(state, (y, name) => y.add(rates[name].mul(ms)))
  const k1 = derivative(state)
  if (method === "euler") return moved(k1, dtMs)
  const k2 = derivative(moved(k1, dtMs / 2))
  if (method === "midpoint") return moved(k2, dtMs)
  if (method !== "rk4")
    throw new CajalError(`there is no integration method "${method}"`, {
      hint: "exponentialEuler, exponentialMidpoint, euler, midpoint or rk4",
    })
  const k3 = derivative(moved(k2, dtMs / 2))
  const k4 = derivative(moved(k3, dtMs))
  return each(state, (y, name) =>
    y.add(
      k2[name]
        .add(k3[name])
        .mul(2)
        .add(k1[name])
        .add(k4[name])
        .mul(dtMs / 6),
    ),
  )
}

/**
 * y += dt · (exp(L dt) - 1) / (L dt) · F(y), F being the tangent of the rate of y at the place `at`, in y alone: the other variables are
 * held there. L is its slope, ∂f/∂y of the same element.
 */
const exponential = <S extends Variables<S>>(derivative: Derivative<S>, state: S, at: S, dtMs: number): S =>
  each(state, (y, name) => {
    const [f, slope]: [Tensor, Tensor] = jvp(
      (x: Tensor) => derivative({ ...at, [name]: x })[name],
      [at[name]],
      [onesLike(y)],
    )
    const rate = at === state ? f : f.add(slope.mul(y.sub(at[name])))
    return y.add(rate.mul(exprelOfStep(slope.mul(dtMs)).mul(dtMs)))
  })

/**
 * White noise of one step, to be added after `integrate` (Euler-Maruyama): `y += deviation · sqrt(dt) · N(0, 1)`.
 * @param deviations of the variables that are noisy, in their unit per √ms
 * @param key another one at every step, see `stepKey`
 */
export function diffuse<S extends Variables<S>>(
  key: Key,
  state: S,
  deviations: { readonly [K in keyof S]?: Quantity },
  dtMs: number,
): S {
  checkStep("diffuse", dtMs)
  const names = Object.keys(state) as (keyof S)[]
  const streams = split(key, names.length)
  return each(state, (y, name) => {
    const deviation = deviations[name]
    if (deviation === undefined) return y
    const noise = normal(streams[names.indexOf(name)], y.shape).cast(y.dtype)
    return y.add(noise.mul(Math.sqrt(dtMs)).mul(deviation))
  })
}

/** A state of the same variables, in the same order. */
const each = <S extends Variables<S>>(state: S, change: (y: Tensor, name: keyof S) => Tensor): S =>
  Object.fromEntries(Object.entries<Tensor>(state).map(([name, y]) => [name, change(y, name as keyof S)])) as S
