/**
 * Multisensory cooperative computing: a network of two-point neurons with two streams, each of which is the other's context.
 * @source Adeel et al., Unlocking the potential of two-point cells for energy-efficient and resilient training of deep nets (2022)
 */
import { asEvents, concat, type Key, normal, split, stopGradient, type Tensor, zeros } from "../../src/engine/index.ts"
import { Linear } from "../../src/learn/index.ts"
import { type ModulationName, relu6, twoPoint } from "../../src/neuro/index.ts"

/** The synapses of one stream in a layer. */
export class Stream {
  /** Basal: what the stream itself sums, `[inputs, n]`. */
  readonly receptive: Linear
  /** Apical: from the neighbours in the stream and from the other stream `[n, n]`, and from what both share `[memory, n]`. */
  readonly proximal: Linear
  readonly distal: Linear
  readonly universal: Linear

  constructor(receptive: Linear, proximal: Linear, distal: Linear, universal: Linear) {
    this.receptive = receptive
    this.proximal = proximal
    this.distal = distal
    this.universal = universal
  }
}

/** Both streams, and the memory that they share: `[2 n, memory]`. */
export class Layer {
  readonly streams: readonly Stream[]
  readonly shared: Linear

  constructor(streams: readonly Stream[], shared: Linear) {
    this.streams = streams
    this.shared = shared
  }
}

export class Cooperative {
  readonly layers: readonly Layer[]
  readonly readout: Linear

  constructor(layers: readonly Layer[], readout: Linear) {
    this.layers = layers
    this.readout = readout
  }
}

export interface Sizes {
  /** Inputs of the two streams: heard, seen. */
  readonly inputs: readonly [number, number]
  readonly neurons: number
  readonly memory: number
  readonly layers: number
  readonly outputs: number
}

/** How strongly each kind of context is felt. */
export interface Gains {
  readonly proximal: number
  readonly distal: number
  readonly universal: number
}

export interface Setting {
  readonly law: ModulationName
  /** Without it C = 0. */
  readonly context: boolean
  readonly gains: Gains
}

/** The squared law saturates where the first weights are large; contexts begin faint. */
const scales = { receptive: 0.4, context: 0.3 } as const

/** Weights N(0, 1 / inputs), scaled. A network begins the same whatever its law. */
export function cooperative({ inputs, neurons: n, memory, layers, outputs }: Sizes, key: Key): Cooperative {
  const synapses = (from: number, to: number, k: Key, scale: number, bias = false): Linear =>
    new Linear(normal(k, [from, to], 0, scale / Math.sqrt(Math.max(1, from))), bias ? zeros([to]) : undefined)
  const [last, ...keys] = split(key, layers + 1)
  const made = keys.map((layerKey, l) => {
    const [shared, ...own] = split(layerKey, 3)
    const streams = own.map((streamKey, s) => {
      const [r, p, d, u] = split(streamKey, 4)
      const context = scales.context
      return new Stream(
        synapses(l === 0 ? inputs[s] : n, n, r, scales.receptive, true),
        synapses(n, n, p, context),
        synapses(n, n, d, context),
        synapses(memory, n, u, context),
      )
    })
    return new Layer(streams, synapses(2 * n, memory, shared, 1))
  })
  return new Cooperative(made, synapses(2 * n, outputs, last, 1, true))
}

/** What a stream's neurons do in a layer, each `[batch, n]`. */
export interface Activity {
  /** R: the receptive field. */
  readonly receptive: Tensor
  /** C, and the three that it is the sum of. */
  readonly context: Tensor
  readonly parts: { readonly proximal: Tensor; readonly distal: Tensor; readonly universal: Tensor }
  /** r: what the neurons pass on. */
  readonly rates: Tensor
}

/** 1 where a neuron lives, 0 where it is dead: `[n]`, by layer and stream. */
export type Alive = readonly (readonly Tensor[])[]

/**
 * One layer:
 *   R = W r + b;  p = clip(R, 0, 6);  U = Wu [p_A ; p_V];  C = Pl p + D p' + G U;  r = law(R, C)
 * @param inputs what the streams hear and see, or the rates of the layer below, `[batch, inputs]` each
 */
export function layerActivity(
  { streams, shared }: Layer,
  inputs: readonly Tensor[],
  { law, context: isFelt, gains }: Setting,
  alive?: readonly Tensor[],
): Activity[] {
  const living = (rates: Tensor, s: number): Tensor => (alive === undefined ? rates : rates.mul(alive[s]))
  const receptive = streams.map((stream, s) => stream.receptive.apply(inputs[s]))
  const first = receptive.map((r, s) => living(relu6(r), s))
  const universal = shared.apply(concat(first, 1))
  return streams.map((stream, s) => {
    const parts = {
      proximal: stream.proximal.apply(first[s]).mul(gains.proximal),
      distal: stream.distal.apply(first[1 - s]).mul(gains.distal),
      universal: stream.universal.apply(universal).mul(gains.universal),
    }
    const sum = parts.proximal.add(parts.distal).add(parts.universal)
    const context = isFelt ? sum : zeros(sum.shape)
    return { receptive: receptive[s], context, parts, rates: living(twoPoint(receptive[s], context, law), s) }
  })
}

/**
 * The network: y = Wo [r_A ; r_V] + b of the last layer. Silent neurons pass nothing on, and cost nothing: rates are events.
 * @param inputs `[batch, inputs]` of each stream
 * @returns the answer `[batch, outputs]`, and what every layer and stream did
 */
export function answer(
  network: Cooperative,
  inputs: readonly Tensor[],
  setting: Setting,
  alive?: Alive,
): { output: Tensor; activities: Activity[][] } {
  const activities: Activity[][] = []
  let below: readonly Tensor[] = inputs
  for (const [l, layer] of network.layers.entries()) {
    const activity = layerActivity(layer, below, setting, alive?.[l])
    activities.push(activity)
    below = activity.map(({ rates }) => asEvents(rates))
  }
  return { output: network.readout.apply(asEvents(concat(below, 1))), activities }
}

/** Rates above this are activity. */
export const activeAbove = 1e-3

/** Share of neurons that are active, of all layers and streams: a scalar without a gradient. */
export function activeShare(activities: readonly (readonly Activity[])[]): Tensor {
  const all = activities.flat()
  return all
    .map(({ rates }) => stopGradient(rates).gt(activeAbove).cast("f32").mean())
    .reduce((a, b) => a.add(b))
    .mul(1 / all.length)
}
