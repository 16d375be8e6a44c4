/**
 * The networks that the paper trains: neurons and synapses of the simulator, with a stand-in for the derivative of a spike.
 * @source Wang et al., A differentiable brain simulator bridging brain simulation and brain-inspired computing (2024)
 */
import {
  asEvents,
  type HostArray,
  type Key,
  normal,
  oneHot,
  range,
  scan,
  split,
  stopGradient,
  type Tensor,
  tensor,
  uniform,
  where,
  zeros,
} from "../../src/engine/index.ts"
import { crossEntropy } from "../../src/learn/index.ts"
import {
  exponentialSynapse,
  leakyIF,
  leakyIntegrator,
  type Surrogate,
  sigmoidSurrogate,
  spike,
} from "../../src/neuro/index.ts"
import { directionSpikes, inputs, testFromMs, trialMs } from "./task.ts"

// ---- A classifier of images (appendix): 784 inputs - 100 spiking neurons - 10 leaky integrators ----

/** The tensor fields are the parameters. */
export class Classifier {
  /** `[pixels, hidden]` */
  readonly input: Tensor
  /** `[hidden, classes]` */
  readonly readout: Tensor

  constructor(input: Tensor, readout: Tensor) {
    this.input = input
    this.readout = readout
  }
}

/** Input weights N(0, 0.2²), output weights N(0, 2 / hidden). */
export function classifier(key: Key, { pixels = 784, hidden = 100, classes = 10 } = {}): Classifier {
  const [a, b] = split(key, 2)
  return new Classifier(normal(a, [pixels, hidden]).mul(0.2), normal(b, [hidden, classes]).mul(Math.sqrt(2 / hidden)))
}

export interface ClassifierSetting {
  readonly dtMs: number
  readonly steps: number
  /** Time constant of the latency code, in steps. */
  readonly latencySteps: number
  readonly surrogate: Surrogate
}

export const classifierSetting: ClassifierSetting = {
  dtMs: 1,
  steps: 40,
  latencySteps: 8,
  surrogate: sigmoidSurrogate(4),
}

const faintest = 0.2

/**
 * When each pixel fires: `floor(tau ln(x / (x - 0.2)))`, the brighter the earlier; -1 where it never does.
 * @param images u8 `[count, height, width]`
 * @returns i32 `[count, pixels]`
 */
export function latencies(images: HostArray, { steps, latencySteps }: ClassifierSetting): HostArray {
  const [count, ...sides] = images.shape
  // A byte has 256 values.
  const times = Int32Array.from({ length: 256 }, (_, byte) => {
    const x = byte / 255
    const time = x > faintest ? Math.floor(latencySteps * Math.log(x / (x - faintest))) : -1
    return time < steps ? time : -1
  })
  return {
    dtype: "i32",
    shape: [count, sides.reduce((a, b) => a * b, 1)],
    data: Int32Array.from(images.data as Uint8Array, (byte) => times[byte]),
  }
}

const hiddenCell = { tauMs: 10, restMV: 0, resetMV: 0, thresholdMV: 1 }
const readoutCell = { tauMs: 5, restMV: 0 }
const synapseCell = { tauMs: 10 }

export interface Classified {
  /** `[batch, classes]` */
  readonly logits: Tensor
  /** Spikes of each hidden neuron over batch and time, `[hidden]`. */
  readonly counts: Tensor
}

/**
 * The largest potential of each readout over time.
 * @param times when each pixel fires, i32 `[batch, pixels]`
 * @param nudge a current added to the hidden neurons `[steps, batch, hidden]`: its gradient is what flows back through time
 */
export function classify(net: Classifier, times: Tensor, p: ClassifierSetting, nudge?: Tensor): Classified {
  const { dtMs, steps, surrogate } = p
  const [batch, hidden] = [times.shape[0], net.input.shape[1]]
  const cell = { ...hiddenCell, surrogate }
  const start = {
    toHidden: exponentialSynapse.state([batch, hidden]),
    hidden: leakyIF.state([batch, hidden], cell),
    toReadout: exponentialSynapse.state([batch, net.readout.shape[1]]),
    readout: leakyIntegrator.state([batch, net.readout.shape[1]], readoutCell),
    counts: zeros([hidden]),
  }
  const [end, votes] = scan(
    (s: typeof start, { t, push }: { t: Tensor; push?: Tensor }) => {
      const pixels = asEvents(times.eq(t).cast("f32"))
      const [toHidden, g] = exponentialSynapse(s.toHidden, pixels.matmul(net.input), synapseCell, dtMs)
      const current = push === undefined ? g : g.add(push)
      const [membrane, spikes] = leakyIF(s.hidden, current, cell, dtMs)
      const [toReadout, drive] = exponentialSynapse(s.toReadout, spikes.matmul(net.readout), synapseCell, dtMs)
      const [readout, potential] = leakyIntegrator(s.readout, drive, readoutCell, dtMs)
      return [{ toHidden, hidden: membrane, toReadout, readout, counts: s.counts.add(spikes.sum(0)) }, potential]
    },
    start,
    nudge === undefined ? { t: range(steps, "i32") } : { t: range(steps, "i32"), push: nudge },
  )
  return { logits: votes.max(0), counts: end.counts }
}

/** Cross entropy, and a little for every spike. @param labels i32 `[batch]` */
export function classifierLoss(
  net: Classifier,
  times: Tensor,
  labels: Tensor,
  p: ClassifierSetting,
  nudge?: Tensor,
): Tensor {
  const { logits, counts } = classify(net, times, p, nudge)
  return crossEntropy(logits, labels).add(counts.sum().mul(1e-5)).add(counts.square().mean().mul(1e-5))
}

/** The control: the input weights stay as they were drawn. */
export const frozenInput = (net: Classifier): Classifier => new Classifier(stopGradient(net.input), net.readout)

// ---- Working memory (section 5.3): was the second direction the first one? ----

export class WorkingMemory {
  /** `[inputs, neurons]` */
  readonly input: Tensor
  /** `[neurons, neurons]`, their signs apart. */
  readonly recurrent: Tensor
  /** `[neurons, 2]` */
  readonly readout: Tensor

  constructor(input: Tensor, recurrent: Tensor, readout: Tensor) {
    this.input = input
    this.recurrent = recurrent
    this.readout = readout
  }
}

export interface MemoryCells {
  readonly excitatory: number
  readonly inhibitory: number
  /** Time constants of the slow current, ms `[neurons]`: what remembers. */
  readonly tauSlowMs: Tensor
  /** Time constant of the fast current, ms. */
  readonly tauFastMs: number
  /** What a spike adds to the slow current. */
  readonly slow: number
}

/** 80 excitatory and 20 inhibitory neurons, with slow currents of 100 to 3000 ms. */
export const memoryCells = (key: Key, { slow = -0.6 } = {}): MemoryCells => ({
  excitatory: 80,
  inhibitory: 20,
  tauSlowMs: uniform(key, [100]).mul(2900).add(100),
  tauFastMs: 10,
  slow,
})

/** The control: no slow current, and all currents of 10 ms. */
export const withoutMemory = (cells: MemoryCells): MemoryCells => ({
  ...cells,
  tauSlowMs: zeros(cells.tauSlowMs.shape).add(10),
  slow: 0,
})

export function workingMemory(key: Key, { excitatory, inhibitory }: MemoryCells): WorkingMemory {
  const [a, b, c] = split(key, 3)
  const n = excitatory + inhibitory
  return new WorkingMemory(
    normal(a, [inputs, n]).mul(1 / Math.sqrt(inputs)),
    normal(b, [n, n]).mul(1 / Math.sqrt(n)),
    normal(c, [n, 2]).mul(1 / Math.sqrt(n)),
  )
}

/** `max(0, 0.3 (1 - |x|))` */
const narrow: Surrogate = {
  name: "narrow",
  compact: true,
  derivative: (x) => x.abs().neg().add(1).maximum(0).mul(0.3),
}

const decay = (tauMs: number): number => Math.exp(-1 / tauMs)

/** Weights with the sign of their neuron, none to itself; those of excitatory neurons, four times as many, divided by 4. */
const signed = (w: Tensor, { excitatory, inhibitory }: MemoryCells): Tensor => {
  const n = excitatory + inhibitory
  const isExcitatory = range(n, "i32").lt(excitatory)
  const others = oneHot(range(n, "i32"), n).neg().add(1)
  return w
    .abs()
    .mul(where(isExcitatory, tensor(1 / 4), tensor(-1)).reshape([n, 1]))
    .mul(others)
}

export interface Remembered {
  /** Readout in each step of the test, `[test steps, batch, 2]`. */
  readonly votes: Tensor
  /** How far potentials stray, over all steps. */
  readonly strayed: Tensor
  /** Mean of the slow current of excitatory neurons in each step `[steps, batch]`. */
  readonly slowCurrent: Tensor
}

/**
 * Generalized integrate-and-fire neurons: potential (20 ms, soft reset at 1), a fast current that a spike of an inhibitory neuron sets to 1,
 * a slow one to which each spike adds -0.6; steps of 1 ms.
 * @param shown what is shown in each step, i32 `[steps, batch]`
 * @param keys one for each step
 */
export function remember(net: WorkingMemory, cells: MemoryCells, shown: Tensor, keys: Tensor): Remembered {
  const [, batch] = shown.shape
  const n = cells.excitatory + cells.inhibitory
  const recurrent = signed(net.recurrent, cells)
  const slowDecay = cells.tauSlowMs.reciprocal().neg().exp()
  const setByFast = range(n, "i32").ge(cells.excitatory).cast("f32")
  const start = {
    v: zeros([batch, n]),
    fast: zeros([batch, n]),
    slow: zeros([batch, n]),
    spikes: asEvents(zeros([batch, n])),
    input: zeros([batch, n]),
    readout: zeros([batch, 2]),
    strayed: zeros([]),
  }
  const [end, [votes, slowCurrent]] = scan(
    (s: typeof start, [direction, key]: [Tensor, Tensor]) => {
      const input = s.input.mul(decay(100)).add(directionSpikes(key, direction).matmul(net.input))
      const fast = s.fast.mul(decay(cells.tauFastMs))
      const slow = s.slow.mul(slowDecay)
      const current = input.add(s.spikes.matmul(recurrent)).add(fast).add(slow)
      const v = s.v.mul(decay(20)).add(current.mul(1 - decay(20)))
      const spikes = spike(v.sub(1), narrow)
      const fired = stopGradient(spikes)
      const readout = s.readout.mul(decay(10)).add(spikes.matmul(net.readout))
      const strayed = v.sub(1.2).maximum(0).square().mean().add(v.neg().sub(2).maximum(0).square().mean())
      return [
        {
          v: v.sub(spikes),
          fast: fast.add(fired.mul(fast.neg().add(setByFast))),
          slow: slow.add(spikes.mul(cells.slow)),
          spikes,
          input,
          readout,
          strayed: s.strayed.add(strayed.mul(1 / trialMs)),
        },
        [readout, slow.slice(1, 0, cells.excitatory).mean(1)],
      ]
    },
    start,
    [shown, keys],
  )
  return { votes: votes.slice(0, testFromMs, trialMs), strayed: end.strayed, slowCurrent }
}

/** Cross entropy over the test, and what keeps potentials near their range. @param matches i32 `[batch]`: 1 where they were the same */
export function memoryLoss(net: WorkingMemory, cells: MemoryCells, shown: Tensor, keys: Tensor, matches: Tensor) {
  const { votes, strayed } = remember(net, cells, shown, keys)
  const [steps, batch] = votes.shape
  const labels = matches
    .reshape([1, batch])
    .broadcastTo([steps, batch])
    .reshape([steps * batch])
  const loss = crossEntropy(votes.reshape([steps * batch, 2]), labels).add(strayed)
  const right = votes.mean(0).argmax().eq(matches).cast("f32").mean()
  return [loss, right] as const
}
