import { CajalError, type Tensor } from "../../engine/index.ts"
import type { NetworkState, StepView } from "./step.ts"

/** A number (or a few, `[k]`) that is taken from every step of a simulation. */
export type Probe = (view: StepView, state: NetworkState) => Tensor

/** Mean firing rate of a population, Hz. */
export const rate =
  (population: string): Probe =>
  ({ spikes, dtMs }) =>
    spikes[population].mean().mul(1000 / dtMs)

/** Mean membrane potential of a population, mV. */
export const meanPotential =
  (population: string): Probe =>
  (_, { populations }) =>
    populations[population].v.mean()

/**
 * What a field electrode near a population would see, up to a factor: the mean over its neurons of the absolute synaptic currents of all receptors.
 * @source Mazzoni, Panzeri, Logothetis and Brunel, Encoding of naturalistic stimuli by local field potential spectra in networks of excitatory and
 *   inhibitory neurons (2008)
 */
export const fieldPotential =
  (population: string): Probe =>
  (view) => {
    const own = view.currents(population).map((current) => current.abs())
    if (own.length === 0) throw new CajalError(`fieldPotential: nothing with a current reaches "${population}"`)
    return own.reduce((a, b) => a.add(b)).mean()
  }
