/** Nodes of NIR for what is built here: neurons in steps become neurons in seconds, see `discretise.ts`. */
import { allocate, type HostArray } from "../../../engine/dtype.ts"
import { CajalError } from "../../../engine/errors.ts"
import { formatShape, sizeOf } from "../../../engine/shape.ts"
import { Tensor } from "../../../engine/tensor.ts"
import { type LeakMethod, seconds, tauOf } from "./discretise.ts"
import type { NirAffine, NirDelay, NirGraph, NirLif, NirLinear, NirNode } from "./types.ts"

/** A number for all elements, or one each. */
export type NirValue = number | Tensor | HostArray

/** `value` for elements of `shape`, as a file holds it. */
export function nirArray(value: NirValue, shape: readonly number[]): HostArray {
  const data = new Float32Array(sizeOf(shape))
  const host = typeof value === "number" ? undefined : value instanceof Tensor ? value.host() : value
  if (host === undefined) data.fill(value as number)
  else if (host.data.length === 1) data.fill(host.data[0])
  else if (host.data.length === data.length) data.set(host.data as never)
  else throw new CajalError(`${formatShape(host.shape)} does not give one number for each of ${formatShape(shape)}`)
  return { dtype: "f32", shape: [...shape], data }
}

/** Nodes one after the other, with an input and an output around them. @param input shape of what goes in, without batch and time */
export function nirChain(
  input: readonly number[],
  output: readonly number[],
  nodes: Record<string, NirNode>,
): NirGraph {
  const all: Record<string, NirNode> = {
    input: { type: "Input", shape: input },
    ...nodes,
    output: { type: "Output", shape: output },
  }
  const names = Object.keys(all)
  return { type: "NIRGraph", nodes: all, edges: names.slice(1).map((name, i) => [names[i], name] as const) }
}

/** A layer's `weight [inputs, outputs]` and `bias [outputs]` as the standard's `[outputs, inputs]`. */
export function nirLinear(layer: {
  readonly weight: Tensor
  readonly bias?: Tensor | undefined
}): NirLinear | NirAffine {
  const [inputs, outputs] = layer.weight.shape
  if (layer.weight.rank !== 2)
    throw new CajalError(`a linear layer's weight is a matrix, not ${layer.weight.describe()}`)
  const from = layer.weight.array()
  const data = allocate("f32", from.length)
  for (let i = 0; i < inputs; i++) for (let j = 0; j < outputs; j++) data[j * inputs + i] = from[i * outputs + j]
  const weight: HostArray = { dtype: "f32", shape: [outputs, inputs], data }
  return layer.bias === undefined
    ? { type: "Linear", weight }
    : { type: "Affine", weight, bias: nirArray(layer.bias, [outputs]) }
}

/** What arrives so many steps later. Put one into a cycle to say which of its edges is late. */
export const nirDelay = (shape: readonly number[], dtMs: number, steps = 1): NirDelay => ({
  type: "Delay",
  delay: nirArray(seconds(dtMs) * steps, shape),
})

export interface NirLeakyOptions {
  /** The share of the potential that is left after a step. */
  readonly decay: NirValue
  /** Default 1. */
  readonly threshold?: NirValue
  /** As in `leaky`. Default "subtract". */
  readonly reset?: "subtract" | "zero" | "subtract-later"
  /** The share of a synaptic current that is left after a step; without it the input drives the potential as it is. */
  readonly synapseDecay?: NirValue
  readonly dtMs: number
  readonly method?: LeakMethod
}

/**
 * Leaky neurons as `leaky` steps them, `u[t] = decay · u[t-1] + I[t]`.
 * A reset to 0 is the standard's `LIF` (or `CubaLIF`). The standard has no reset by subtraction; it is written exactly with its other nodes, as a
 * graph in which a leaky integrator's potential passes a threshold and the spikes come back, one step later, through a negative scale (the
 * threshold, for "subtract" times the decay). A neuron here fires at its threshold, one of the standard above it.
 * @param shape of the neurons, without batch and time
 */
export function nirLeaky(shape: readonly number[], options: NirLeakyOptions): NirLif | NirNode {
  const { decay, threshold = 1, reset = "subtract", synapseDecay, dtMs, method } = options
  const leak = nirArray(decay, shape)
  const each = (x: HostArray, change: (value: number, i: number) => number): HostArray => ({
    ...x,
    data: Float32Array.from(x.data, change),
  })
  const leaking = (share: HostArray) => ({
    tau: each(share, (l) => tauOf(l, dtMs, method)),
    r: each(share, (l) => 1 / (1 - l)),
    v_leak: nirArray(0, shape),
  })
  const limit = nirArray(threshold, shape)
  const synapse = synapseDecay === undefined ? undefined : leaking(nirArray(synapseDecay, shape))
  const { tau, r, v_leak } = leaking(leak)
  if (reset === "zero") {
    const fires = { r, v_leak, v_threshold: limit, v_reset: nirArray(0, shape) }
    if (synapse === undefined) return { type: "LIF", tau, ...fires }
    return { type: "CubaLIF", tau_mem: tau, tau_syn: synapse.tau, w_in: synapse.r, ...fires }
  }
  const back = each(limit, (value, i) => -value * (reset === "subtract" ? leak.data[i] : 1))
  const first = synapse === undefined ? "membrane" : "synapse"
  return {
    type: "NIRGraph",
    nodes: {
      input: { type: "Input", shape },
      ...(synapse === undefined ? {} : { synapse: { type: "LI", ...synapse } }),
      membrane: { type: "LI", tau, r, v_leak },
      fire: { type: "Threshold", threshold: limit },
      reset: { type: "Scale", scale: back },
      late: nirDelay(shape, dtMs),
      output: { type: "Output", shape },
    },
    edges: [
      ["input", first],
      ...(synapse === undefined ? [] : [["synapse", "membrane"] as const]),
      ["membrane", "fire"],
      ["fire", "late"],
      ["late", "reset"],
      ["reset", "membrane"],
      ["fire", "output"],
    ],
  }
}
