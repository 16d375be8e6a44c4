/**
 * L2MU: the Legendre memory unit rebuilt from spiking populations, behind layers that turn raw sensor values into spikes.
 * @source Natively neuromorphic LMU architecture for encoding-free SNN-based HAR on commercial edge devices (2024)
 */
import {
  asEvents,
  CajalError,
  type DType,
  type Key,
  normal,
  scan,
  split,
  type Tensor,
  tensor,
  uniform,
  zeros,
} from "../../src/engine/index.ts"
import { crossEntropy, Linear } from "../../src/learn/index.ts"
import { atan, between, type Constrained, leaky, legendreSystem, positive } from "../../src/neuro/index.ts"

/** The populations, in the order in which a step computes them. */
export const populations = ["e1", "e2", "e3", "u", "m", "h", "out"] as const
export type Population = (typeof populations)[number]

/** Leak and threshold of a population, both trained, one number each; and the leak of its currents in the Synaptic variant. */
export interface Leak {
  readonly beta: Constrained
  readonly theta: Constrained
  readonly alpha: Constrained | undefined
}

/** All linear maps; only that to the classes has a bias. Weights `[inputs, outputs]`. */
export interface Maps {
  readonly input: readonly Linear[]
  readonly uFromE: Linear
  readonly uFromH: Linear
  readonly uFromM: Linear
  readonly hFromE: Linear
  readonly hFromH: Linear
  readonly hFromM: Linear
  readonly readout: Linear
}

export interface Sizes {
  readonly channels: number
  readonly encoder: number
  /** Memory populations, and the order of each. */
  readonly memory: number
  readonly order: number
  readonly hidden: number
  readonly classes: number
}

export interface Shape extends Sizes {
  /** Window of the memory, steps. */
  readonly theta: number
  /** Leaky, or with synaptic currents. */
  readonly neuron: "leaky" | "synaptic"
  /** Whether memory is made of neurons, is the linear system itself, or is not heard. */
  readonly mode: "spiking" | "analog" | "off"
  /** Default the right one; the other is that of some published weights. */
  readonly stateMatrix: "right" | "transposed"
}

export class L2mu {
  readonly maps: Maps
  readonly leaks: Readonly<Record<Population, Leak>>
  /** Static. */
  readonly shape: Shape

  constructor(maps: Maps, leaks: L2mu["leaks"], shape: Shape) {
    this.maps = maps
    this.leaks = leaks
    this.shape = shape
  }
}

/** Where leaks and thresholds begin. */
const starts: Readonly<Record<Population, { readonly beta: number; readonly theta: number }>> = {
  e1: { beta: 0.7, theta: 0.5 },
  e2: { beta: 0.7, theta: 0.5 },
  e3: { beta: 0.7, theta: 0.5 },
  u: { beta: 0.8, theta: 0.3 },
  m: { beta: 0.5, theta: 0.3 },
  h: { beta: 0.6, theta: 0.5 },
  out: { beta: 0.9, theta: 0.3 },
}
const alphaStart = 0.5

export type LeakStarts = Partial<Record<Population, Partial<{ readonly beta: number; readonly theta: number }>>>

/** @throws CajalError naming a beta outside (0, 1) */
export function l2mu(shape: Shape, key: Key, given: LeakStarts = {}): L2mu {
  const { channels, encoder: e, memory: ms, order: q, hidden: h, classes } = shape
  const keys = split(key, 9)
  const xavier = (from: number, to: number, i: number): Linear =>
    new Linear(normal(keys[i], [from, to], 0, Math.sqrt(2 / (from + to))))
  const even = (from: number, to: number, i: number): Linear =>
    new Linear(uniform(keys[i], [from, to], -Math.sqrt(3 / from), Math.sqrt(3 / from)))
  const maps: Maps = {
    input: [even(channels, e, 0), even(e, e, 1), even(e, e, 2)],
    uFromE: even(e, ms, 3),
    uFromH: even(h, ms, 4),
    uFromM: new Linear(zeros([ms * q, ms])),
    hFromE: xavier(e, h, 5),
    hFromH: xavier(h, h, 6),
    hFromM: xavier(ms * q, h, 7),
    readout: new Linear(uniform(keys[8], [h, classes], -1 / Math.sqrt(h), 1 / Math.sqrt(h)), zeros([classes])),
  }
  const leakOf = (name: Population): Leak => {
    const { beta, theta } = { ...starts[name], ...given[name] }
    if (!(beta > 0 && beta < 1))
      throw new CajalError(`beta of population ${name} must lie between 0 and 1, not ${beta}`)
    const alpha = shape.neuron === "synaptic" ? between(0, 1, alphaStart) : undefined
    return { beta: between(0, 1, beta), theta: positive(theta), alpha }
  }
  const leaks = Object.fromEntries(populations.map((name) => [name, leakOf(name)])) as L2mu["leaks"]
  return new L2mu(maps, leaks, shape)
}

/** What a population keeps: its potential, its last spikes, and its synaptic current in the Synaptic variant. */
interface PopulationState {
  readonly v: Tensor
  readonly s: Tensor
  readonly j?: Tensor
}
type State = Readonly<Record<Population, PopulationState>>

const widths = ({ encoder, memory, order, hidden, classes }: Shape): Record<Population, number> => ({
  ...{ e1: encoder, e2: encoder, e3: encoder },
  ...{ u: memory, m: memory * order, h: hidden, out: classes },
})

export function atRest(shape: Shape, batch: number): State {
  const of = (width: number): PopulationState => {
    const none = zeros([batch, width])
    return shape.neuron === "synaptic" ? { v: none, s: none, j: none } : { v: none, s: none }
  }
  return Object.fromEntries(Object.entries(widths(shape)).map(([name, width]) => [name, of(width)])) as State
}

const surrogate = atan(2)

/** `V = beta V + I - theta S[t-1]`, with `J = alpha J + I` for I in the Synaptic variant. The reset has no gradient. */
function fire(state: PopulationState, current: Tensor, { beta, theta, alpha }: Leak): PopulationState {
  const j = alpha && state.j?.mul(alpha.value()).add(current)
  const parameters = {
    decay: beta.value(),
    threshold: theta.value(),
    reset: "subtract-later",
    detachReset: true,
  } as const
  const [{ u: v }, s] = leaky({ u: state.v }, j ?? current, { ...parameters, surrogate })
  return j === undefined ? { v, s } : { v, s, j }
}

/** A and B of the memory for row vectors: `m' = m Aᵀ + u B`. */
export function memorySystem({ order, theta, stateMatrix }: Shape, dtype: DType = "f32"): { a: Tensor; b: Tensor } {
  const { a, b } = legendreSystem(order, theta, { transposed: stateMatrix === "transposed" })
  return {
    a: tensor(a, { shape: [order, order] })
      .cast(dtype)
      .transpose([1, 0]),
    b: tensor(b).cast(dtype),
  }
}

/** What the cell keeps: the populations of the input, of the memory and of the hidden state. */
export type Cell = Pick<State, "u" | "m" | "h">

/**
 * The Legendre memory unit itself:
 *   u = LIF(Ex e + Eh h[t-1] + Em m[t-1]);  m = LIF(A m[t-1] + B u);  h = LIF(Wx e + Wh h[t-1] + Wm m)
 * @param e spikes that come in `[batch, encoder]`
 */
export function cell({ maps, leaks, shape }: L2mu, before: Cell, e: Tensor): Cell {
  const { memory: ms, order: q, mode } = shape
  const batch = e.shape[0]
  const [last, kept] = [asEvents(before.h.s), mode === "analog" ? before.m.s : asEvents(before.m.s)]
  const u = fire(before.u, maps.uFromE.apply(e).add(maps.uFromH.apply(last)).add(maps.uFromM.apply(kept)), leaks.u)
  const { a, b } = memorySystem(shape, e.dtype)
  const held = before.m.s
    .reshape([batch * ms, q])
    .matmul(a)
    .reshape([batch, ms, q])
  const window = held.add(u.s.expandDims(2).mul(b)).reshape([batch, ms * q])
  const m = mode === "analog" ? { ...before.m, s: window } : fire(before.m, window, leaks.m)
  const heard = maps.hFromE.apply(e).add(maps.hFromH.apply(last))
  const h = fire(before.h, mode === "off" ? heard : heard.add(maps.hFromM.apply(m.s)), leaks.h)
  return { u, m, h }
}

/**
 * One step: e1..3 = LIF(W1 x), LIF(W2 e1), LIF(W3 e2);  the cell hears e3;  out = LIF(Wo h + c)
 * @param x raw sensor values `[batch, channels]`
 */
export function step(net: L2mu, before: State, x: Tensor): State {
  const { maps, leaks } = net
  const e1 = fire(before.e1, maps.input[0].apply(x), leaks.e1)
  const e2 = fire(before.e2, maps.input[1].apply(e1.s), leaks.e2)
  const e3 = fire(before.e3, maps.input[2].apply(e2.s), leaks.e3)
  const inner = cell(net, before, e3.s)
  return { e1, e2, e3, ...inner, out: fire(before.out, maps.readout.apply(inner.h.s), leaks.out) }
}

/** Spikes of all populations, `[steps, batch, width]` each. @param windows raw values `[steps, batch, channels]` */
export function activity(net: L2mu, windows: Tensor): Record<Population, Tensor> {
  checkChannels(net, windows)
  const [, spikes] = scan(
    (state: State, x: Tensor) => {
      const next = step(net, state, x)
      return [next, Object.fromEntries(populations.map((name) => [name, next[name].s]))] as [
        State,
        Record<Population, Tensor>,
      ]
    },
    atRest(net.shape, windows.shape[1]),
    windows,
  )
  return spikes
}

/** How often each class has fired: `[batch, classes]`. The class that fired most is the answer. */
export function counts(net: L2mu, windows: Tensor): Tensor {
  checkChannels(net, windows)
  const [batch, { classes }] = [windows.shape[1], net.shape]
  const start = { state: atRest(net.shape, batch), fired: zeros([batch, classes]) }
  const [end] = scan(
    (carried: typeof start, x: Tensor) => {
      const state = step(net, carried.state, x)
      return [{ state, fired: carried.fired.add(state.out.s) }, undefined]
    },
    start,
    windows,
  )
  return end.fired
}

/** @throws CajalError with both numbers where a window has other channels than the network */
function checkChannels({ shape }: L2mu, windows: Tensor): void {
  if (windows.rank !== 3 || windows.shape[2] !== shape.channels)
    throw new CajalError(
      `this network takes windows [steps, batch, ${shape.channels} channels], not ${windows.describe()}`,
    )
}

export interface Batch {
  /** `[steps, batch, channels]` */
  readonly windows: Tensor
  /** i32 `[batch]` */
  readonly labels: Tensor
}

export const loss = (net: L2mu, { windows, labels }: Batch): Tensor => crossEntropy(counts(net, windows), labels)
