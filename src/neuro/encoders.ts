import { asEvents, bernoulli, broadcastTo, CajalError, type Key, range, type Tensor } from "../engine/index.ts"

/**
 * Rate coding, one step: each element fires with a probability equal to its value.
 * @param rates probabilities 0..1 (values outside are held there), any shape
 * @returns spikes, same shape, as a spike tensor
 */
export const rateEncode = (key: Key, rates: Tensor): Tensor =>
  asEvents(bernoulli(key, rates.cast("f32"), rates.shape).cast(rates.dtype))

/**
 * Poisson spikes of one time step.
 * @param ratesHz firing rates, any shape
 * @param dtMs length of the step; a neuron fires at most once in it
 */
export function poisson(key: Key, ratesHz: Tensor, dtMs: number): Tensor {
  if (!(dtMs > 0)) throw new CajalError(`poisson: the time step must be above 0 ms, not ${dtMs} ms`)
  return rateEncode(
    key,
    ratesHz
      .mul(-dtMs / 1000)
      .expm1()
      .neg(),
  )
}

/**
 * Latency coding: every element fires once, the larger the earlier; elements at or below `threshold` never.
 * @param values 0..1, `[...]`
 * @returns spikes `[steps, ...]` as a spike tensor: 1 fires at step 0, the smallest above the threshold at the last
 */
export function latencyEncode(values: Tensor, steps: number, threshold = 0): Tensor {
  if (!Number.isInteger(steps) || steps < 1)
    throw new CajalError(`latencyEncode: steps must be a whole number above 0, not ${steps}`)
  const times = values
    .clip(0, 1)
    .neg()
    .add(1)
    .mul(steps - 1)
    .round()
  const clock = range(steps, values.dtype).reshape([steps, ...values.shape.map(() => 1)])
  return asEvents(clock.eq(times).and(values.gt(threshold)).cast(values.dtype))
}

/** Direct coding: the values themselves enter at every step as a current. @returns `[steps, ...]`, without a copy */
export const directEncode = (values: Tensor, steps: number): Tensor => broadcastTo(values, [steps, ...values.shape])
