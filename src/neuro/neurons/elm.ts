/**
 * The Expressive Leaky Memory neuron: leaky synapses, dendritic branches, one small network, and memory units with many time constants.
 * @source Spieler et al., The Expressive Leaky Memory neuron (2024), section 2
 */
import {
  CajalError,
  full,
  type Key,
  type Shape,
  split,
  type Tensor,
  tensor,
  uniform,
  zeros,
} from "../../engine/index.ts"
import { between, type Constrained } from "../constrained.ts"
import { type BranchRouting, oneToOne } from "../wiring/branches.ts"

export type ElmActivation = "relu" | "silu" | "identity"

export interface ElmOptions {
  /** Input lines. */
  readonly inputs: number
  /** Memory units. */
  readonly memory: number
  /** Default: as many as inputs, one synapse each. */
  readonly branches?: number
  /** Which line each synapse listens to. Default: each line has a synapse, branches take them in order. */
  readonly routing?: BranchRouting
  /** Hidden units of the network inside. Default: twice the memory units. */
  readonly hidden?: number
  /** Length of a step. Default 1. */
  readonly dtMs?: number
  /** Default 5. */
  readonly tauSynapseMs?: number
  /** Time constants of the memory units, spaced evenly on a logarithmic scale between these. Defaults 1 and 150. */
  readonly tauMinMs?: number
  readonly tauMaxMs?: number
  /** Whether time constants are trained, between those two. Default false. */
  readonly trainsTau?: boolean
  /** How strongly memory is written. Default 5. */
  readonly lambda?: number
  /** Of the network inside; "identity" makes it linear. Default "relu". */
  readonly activation?: ElmActivation
  /** v2 sums a branch before it leaks (the same numbers from fewer states), and writes with `1 - exp(-dt λ / τ)`. Default "v1". */
  readonly variant?: "v1" | "v2"
}

export interface ElmState {
  /** Traces of the synapses `[batch, synapses]`; in v2 of the branches `[batch, branches]`. */
  readonly traces: Tensor
  /** `[batch, memory]` */
  readonly memory: Tensor
}

type Settings = Required<Omit<ElmOptions, "trainsTau">>

/** A neuron. Its tensor fields are what is trained; a linear read-out of its memory is for who uses it. */
export class ElmNeuron {
  /** Efficacies of the synapses before they are rectified, `[synapses]`. */
  readonly synapses: Tensor
  /** The network inside: `[branches, hidden]` and `[memory, hidden]` beside one another, `[hidden]`. */
  readonly fromBranches: Tensor
  readonly fromMemory: Tensor
  readonly hiddenBias: Tensor
  /** `[hidden, memory]`, `[memory]` */
  readonly toMemory: Tensor
  readonly memoryBias: Tensor
  /** Trained time constants, ms; undefined where they are fixed. */
  readonly tau: Constrained | undefined
  readonly settings: Settings

  constructor(
    parts: Pick<
      ElmNeuron,
      "synapses" | "fromBranches" | "fromMemory" | "hiddenBias" | "toMemory" | "memoryBias" | "tau" | "settings"
    >,
  ) {
    this.synapses = parts.synapses
    this.fromBranches = parts.fromBranches
    this.fromMemory = parts.fromMemory
    this.hiddenBias = parts.hiddenBias
    this.toMemory = parts.toMemory
    this.memoryBias = parts.memoryBias
    this.tau = parts.tau
    this.settings = parts.settings
  }

  atRest(batch: number): ElmState {
    const { variant, branches, memory } = this.settings
    const { dtype } = this.synapses
    return {
      traces: zeros([batch, variant === "v1" ? this.synapses.shape[0] : branches], dtype),
      memory: zeros([batch, memory], dtype),
    }
  }

  /** Time constants of the memory units, ms `[memory]`. */
  tauMs(): Tensor {
    const { memory, tauMinMs, tauMaxMs } = this.settings
    return this.tau?.value() ?? tensor(logSpaced(memory, tauMinMs, tauMaxMs), { dtype: this.synapses.dtype })
  }

  /**
   * One step:
   *   s = k_s s + relu(p) x;  b = sums of s by branch;  u = W2 act(W1 [b ; k_m m] + c1) + c2
   *   m = k_m m + λ (1 - k_m) 1.7159 tanh(2/3 u);  k = exp(-dt / τ)
   * The network sees the memory after its decay: a unit much faster than the step has no past.
   * @param x spikes or counts of the input lines `[batch, inputs]`
   */
  step(state: ElmState, x: Tensor): ElmState {
    const { dtMs, tauSynapseMs, lambda, activation, variant, routing, branches: count } = this.settings
    if (x.rank !== 2 || x.shape[1] !== this.settings.inputs)
      throw new CajalError(
        `this neuron has ${this.settings.inputs} input lines: a step takes [batch, ${this.settings.inputs}], not ${x.describe()}`,
      )
    const arriving = routing.route(x).mul(this.synapses.relu())
    const keeps = Math.exp(-dtMs / tauSynapseMs)
    const traces = state.traces.mul(keeps).add(variant === "v1" ? arriving : byBranch(arriving, count))
    const branches = variant === "v1" ? byBranch(traces, count) : traces
    const tau = this.tauMs()
    const decayed = state.memory.mul(tau.reciprocal().mul(-dtMs).exp())
    const hidden = branches.matmul(this.fromBranches).add(decayed.matmul(this.fromMemory)).add(this.hiddenBias)
    const active = activation === "identity" ? hidden : activation === "relu" ? hidden.relu() : hidden.silu()
    const update = active.matmul(this.toMemory).add(this.memoryBias)
    const written =
      variant === "v1"
        ? tau.reciprocal().mul(-dtMs).exp().neg().add(1).mul(lambda)
        : tau
            .reciprocal()
            .mul(-dtMs * lambda)
            .exp()
            .neg()
            .add(1)
    const memory = decayed.add(
      update
        .mul(2 / 3)
        .tanh()
        .mul(1.7159)
        .mul(written),
    )
    return { traces, memory }
  }
}

/** Synapses `[batch, synapses]` summed by branch `[batch, branches]`. */
function byBranch(synapses: Tensor, branches: number): Tensor {
  const [batch, count] = synapses.shape
  return count === branches ? synapses : synapses.reshape([batch, branches, count / branches]).sum(2)
}

/** From the first to the last, both included, in equal ratios; of one the first. */
export const logSpaced = (count: number, first: number, last: number): number[] =>
  Array.from({ length: count }, (_, i) => (count === 1 ? first : first * (last / first) ** (i / (count - 1))))

/** A neuron with efficacies of 0.5, and a network inside of uniform weights and biases within 1/√fanIn. */
export function elmNeuron(options: ElmOptions, key: Key): ElmNeuron {
  const { inputs, memory, branches = inputs, tauMinMs = 1, tauMaxMs = 150, dtMs = 1 } = options
  checkTimes(tauMinMs, tauMaxMs, dtMs)
  const routing = options.routing ?? oneToOne(inputs, branches)
  if (routing.synapses % branches !== 0)
    throw new CajalError(`${routing.synapses} synapses do not divide into ${branches} branches`)
  const hidden = options.hidden ?? 2 * memory
  const settings: Settings = {
    ...{ inputs, memory, branches, hidden, routing, dtMs, tauMinMs, tauMaxMs },
    ...{ tauSynapseMs: options.tauSynapseMs ?? 5, lambda: options.lambda ?? 5 },
    ...{ activation: options.activation ?? "relu", variant: options.variant ?? "v1" },
  }
  const [a, b, c, d, e] = split(key, 5)
  const within = (own: Key, shape: Shape, fanIn: number): Tensor =>
    uniform(own, shape, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn))
  return new ElmNeuron({
    settings,
    synapses: full([routing.synapses], 0.5),
    fromBranches: within(a, [branches, hidden], branches + memory),
    fromMemory: within(b, [memory, hidden], branches + memory),
    hiddenBias: within(c, [hidden], branches + memory),
    toMemory: within(d, [hidden, memory], hidden),
    memoryBias: within(e, [memory], hidden),
    tau:
      options.trainsTau === true
        ? between(tauMinMs, tauMaxMs, tensor(logSpaced(memory, tauMinMs, tauMaxMs)))
        : undefined,
  })
}

function checkTimes(tauMinMs: number, tauMaxMs: number, dtMs: number): void {
  if (!(tauMinMs > 0 && tauMaxMs >= tauMinMs))
    throw new CajalError(
      `time constants of memory go from ${tauMinMs} ms to ${tauMaxMs} ms: the first must be above 0, the last not below it`,
    )
  if (!(dtMs > 0)) throw new CajalError(`a step must be above 0 ms, not ${dtMs} ms`)
}
