/** One step of each kind of node on tensors `[batch, ...shape]`. */
import {
  asEvents,
  avgPool2d,
  broadcastTo,
  CajalError,
  concat,
  conv1d,
  conv2d,
  customGradient,
  type Shape,
  Tensor,
  takeAlong,
  zeros,
} from "../../../engine/index.ts"
import type { Surrogate } from "../../../neuro/surrogate.ts"
import { gainOf, type LeakMethod } from "./discretise.ts"
import { flattened, pairOf } from "./shapes.ts"
import type { NirGraph, NirNode, NirPair } from "./types.ts"

/** How a network is stepped. */
export interface Stepping {
  readonly dtMs: number
  readonly method: LeakMethod
  /** What `I` and `IF` add in a step: `dt · r · x` (seconds), or `r · x` (steps). */
  readonly integrators: "seconds" | "steps"
  readonly surrogate: Surrogate
}

/** The parameters of a node as tensors, by the names they have in files: what is trained. */
export type Parameters = Readonly<Record<string, Tensor>>
/** What a node keeps between steps. */
export type Memory = Readonly<Record<string, Tensor>>
export type RunnableNode = Exclude<NirNode, NirGraph>

/** Nodes that keep something between steps. */
export const hasMemory = (node: NirNode): boolean => /^(I|LI|IF|LIF|CubaLI|CubaLIF|Delay)$/.test(node.type)
/** Nodes whose output is spikes. */
export const givesSpikes = (node: NirNode): boolean => /^(IF|LIF|CubaLIF|Threshold)$/.test(node.type)

/** 1 above the threshold, 0 elsewhere (at the threshold too, as NIR has it), as a spike tensor; its gradient is the surrogate's. */
const spikeAbove = (distance: Tensor, surrogate: Surrogate): Tensor =>
  customGradient<[Tensor]>(
    (x) => asEvents(x.gt(0).cast(x.dtype)),
    ([x], _, g) => {
      const slope = surrogate.derivative(x)
      return [g.mul(surrogate.compact ? asEvents(slope) : slope)]
    },
  )(distance)

/** What a node remembers before the first step: potentials at rest, no current, no spikes. @param shape `[batch, ...]` */
export function restOf(node: RunnableNode, p: Parameters, shape: Shape, dtMs: number): Memory {
  switch (node.type) {
    case "I":
    case "IF":
      return { v: zeros(shape) }
    case "LI":
    case "LIF":
      return { v: broadcastTo(p.v_leak, shape) }
    case "CubaLI":
    case "CubaLIF":
      return { current: zeros(shape), v: broadcastTo(p.v_leak, shape) }
    case "Delay": {
      const steps = Math.max(...delaySteps(node, dtMs))
      return steps === 0 ? {} : { past: zeros([steps, ...shape]) }
    }
    default:
      return {}
  }
}

/** One step: `[what the node remembers, what comes out]`. */
export function stepNode(
  node: RunnableNode,
  p: Parameters,
  memory: Memory,
  x: Tensor,
  how: Stepping,
): readonly [Memory, Tensor] {
  const firing = (v: Tensor, others: Memory = {}): readonly [Memory, Tensor] => {
    const spikes = spikeAbove(v.sub(p.v_threshold), how.surrogate)
    const left = v.mul(spikes.neg().add(1))
    return [{ ...others, v: p.v_reset === undefined ? left : left.add(spikes.mul(p.v_reset)) }, spikes]
  }
  /** `v` one step on, drawn to `drive` with a time constant. */
  const leaking = (v: Tensor, drive: Tensor, tau: Tensor): Tensor => {
    const gain = gainOf(tau, how.dtMs, how.method)
    return v.mul(gain.neg().add(1)).add(drive.mul(gain))
  }
  const integrated = (): Tensor => memory.v.add(x.mul(how.integrators === "steps" ? p.r : p.r.mul(how.dtMs / 1000)))
  switch (node.type) {
    case "I": {
      const v = integrated()
      return [{ v }, v]
    }
    case "IF":
      return firing(integrated())
    case "LI":
    case "LIF": {
      const v = leaking(memory.v, x.mul(p.r).add(p.v_leak), p.tau)
      return node.type === "LI" ? [{ v }, v] : firing(v)
    }
    case "CubaLI":
    case "CubaLIF": {
      const current = leaking(memory.current, x.mul(p.w_in), p.tau_syn)
      const v = leaking(memory.v, current.mul(p.r).add(p.v_leak), p.tau_mem)
      return node.type === "CubaLI" ? [{ current, v }, v] : firing(v, { current })
    }
    case "Threshold":
      return [memory, spikeAbove(x.sub(p.threshold), how.surrogate)]
    case "Delay":
      return [
        memory.past === undefined
          ? memory
          : { past: concat([x.reshape([1, ...x.shape]), memory.past.slice(0, 0, -1)]) },
        memory.past === undefined ? x : delayed(node, memory.past, x, how.dtMs),
      ]
    default:
      return [memory, transform(node, p, x)]
  }
}

/** How many steps each element is late. */
export const delaySteps = (node: RunnableNode & { type: "Delay" }, dtMs: number): number[] =>
  Array.from(node.delay.data, (delay) => {
    const steps = Math.round((delay * 1000) / dtMs)
    if (steps >= 0) return steps
    throw new CajalError(`a delay of ${delay} s looks into the future`)
  })

/** `past[k]` is the input of k + 1 steps ago. */
export function delayed(
  node: RunnableNode & { type: "Delay" },
  past: Tensor,
  x: Tensor | undefined,
  dtMs: number,
): Tensor {
  const steps = delaySteps(node, dtMs)
  const shape = past.shape.slice(1)
  const most = past.shape[0]
  if (steps.every((n) => n === most)) return past.at(most - 1)
  const places = Tensor.from({ dtype: "i32", shape: node.delay.shape, data: Int32Array.from(steps) })
  const all = x === undefined ? concat([past.slice(0, 0, 1), past]) : concat([x.reshape([1, ...shape]), past])
  return takeAlong(all, broadcastTo(places, [1, ...shape]), 0).reshape(shape)
}

/** Nodes without memory. */
function transform(node: RunnableNode, p: Parameters, x: Tensor): Tensor {
  switch (node.type) {
    case "Affine":
      return x.matmul(p.weight.T).add(p.bias)
    case "Linear":
      return x.matmul(p.weight.T)
    case "Scale":
      return x.mul(p.scale)
    case "Conv1d": {
      const { stride, padding, dilation, groups } = node
      const y = conv1d(x, p.weight, { stride, padding: padding === "valid" ? 0 : padding, dilation, groups })
      return y.add(p.bias.reshape([p.bias.size, 1]))
    }
    case "Conv2d": {
      const { padding, groups } = node
      const y = conv2d(x, p.weight, {
        stride: pairOf(node.stride),
        padding: padding === "valid" ? 0 : padding === "same" ? padding : pairOf(padding),
        dilation: pairOf(node.dilation),
        groups,
      })
      return y.add(p.bias.reshape([p.bias.size, 1, 1]))
    }
    case "SumPool2d":
    case "AvgPool2d": {
      const window: NirPair = pairOf(node.kernel_size)
      const mean = avgPool2d(x, window, { stride: pairOf(node.stride), padding: pairOf(node.padding) })
      return node.type === "AvgPool2d" ? mean : mean.mul(window[0] * window[1])
    }
    case "Flatten": {
      const [first, last] = flattened(node, x.shape.slice(1))
      const joined = x.shape.slice(first + 1, last + 2).reduce((n, size) => n * size, 1)
      return x.reshape([...x.shape.slice(0, first + 1), joined, ...x.shape.slice(last + 2)])
    }
    default:
      return x
  }
}
