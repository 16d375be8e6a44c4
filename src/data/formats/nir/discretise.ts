/**
 * Between the continuous time of NIR and steps of `dt`. NIR writes down differential equations; how they are stepped is the simulator's choice.
 * A potential that leaks with the time constant tau keeps the share `leak` of itself in a step and takes `1 - leak` of what drives it:
 *
 *   tau dv/dt = v_leak - v + r I   ->   v[t] = leak · v[t-1] + (1 - leak) · (v_leak + r I[t])
 *
 * - `euler`: leak = 1 - dt / tau, as snnTorch, Norse and others do it; the default here.
 * - `exact`: leak = exp(-dt / tau), the solution for a drive that is constant during the step.
 *
 * A neuron that adds its input as it is, `u[t] = leak · u[t-1] + I[t]`, therefore has r = 1 / (1 - leak), which is tau / dt for Euler's steps.
 */
import { CajalError } from "../../../engine/errors.ts"
import { expm1 } from "../../../engine/operators/elementwise.ts"
import type { Tensor } from "../../../engine/tensor.ts"

export type LeakMethod = "euler" | "exact"

/** What is taken of the drive in a step, `1 - leak`: tau in seconds, any shape -> same shape. */
export const gainOf = (tau: Tensor, dtMs: number, method: LeakMethod = "euler"): Tensor => {
  const share = tau.reciprocal().mul(dtMs / 1000)
  return method === "euler" ? share : expm1(share.neg()).neg()
}

/**
 * The share of a potential that is left after a step of `dtMs`, for a time constant in seconds.
 * @throws CajalError when Euler's step is longer than the time constant (the potential would overshoot)
 */
export function leakOf(tau: number, dtMs: number, method: LeakMethod = "euler"): number {
  const dt = seconds(dtMs)
  if (method === "exact") return Math.exp(-dt / tau)
  if (tau < dt * (1 - 1e-6))
    throw new CajalError(`a time constant of ${tau * 1000} ms is shorter than the step of ${dtMs} ms`, {
      hint: 'take shorter steps, or method: "exact"',
    })
  return Math.max(0, 1 - dt / tau)
}

/** The time constant in seconds with which a potential keeps the share `leak` of itself in a step of `dtMs`: the inverse of `leakOf`. */
export function tauOf(leak: number, dtMs: number, method: LeakMethod = "euler"): number {
  const dt = seconds(dtMs)
  if (!(leak < 1) || leak < 0 || (method === "exact" && leak === 0))
    throw new CajalError(`a leak of ${leak} has no time constant: it must be at least 0 and less than 1`, {
      hint: "a potential that does not leak is an integrator (I or IF)",
    })
  return method === "euler" ? dt / (1 - leak) : -dt / Math.log(leak)
}

/** @throws CajalError when the step is not above 0 ms */
export function seconds(dtMs: number): number {
  if (!(dtMs > 0 && dtMs < Number.POSITIVE_INFINITY))
    throw new CajalError(`the time step must be above 0 ms, not ${dtMs} ms`)
  return dtMs / 1000
}
