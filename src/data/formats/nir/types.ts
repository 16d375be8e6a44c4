import type { HostArray } from "../../../engine/dtype.ts"

/** What a writer may note beside a graph or a node: text, numbers, arrays, and groups of such. */
export type NirMetadata = { readonly [name: string]: string | number | HostArray | NirMetadata }

interface Base {
  readonly metadata?: NirMetadata
}

/** Where signals come in. */
export interface NirInput extends Base {
  readonly type: "Input"
  /** Shape of one example at one moment, without batch and time. */
  readonly shape: readonly number[]
}
/** Where signals go out. */
export interface NirOutput extends Base {
  readonly type: "Output"
  readonly shape: readonly number[]
}
/** `y = W x + b` */
export interface NirAffine extends Base {
  readonly type: "Affine"
  /** `[outputs, inputs]` */
  readonly weight: HostArray
  /** `[outputs]` */
  readonly bias: HostArray
}
/** `y = W x` */
export interface NirLinear extends Base {
  readonly type: "Linear"
  /** `[outputs, inputs]` */
  readonly weight: HostArray
}
/** `y = s ⊙ x` */
export interface NirScale extends Base {
  readonly type: "Scale"
  readonly scale: HostArray
}
/** Integrator: `dv/dt = r I`; what goes out is v. */
export interface NirIntegrator extends Base {
  readonly type: "I"
  readonly r: HostArray
}
/** Leaky integrator: `tau dv/dt = v_leak - v + r I`; what goes out is v. */
export interface NirLeakyIntegrator extends Base {
  readonly type: "LI"
  readonly tau: HostArray
  readonly r: HostArray
  readonly v_leak: HostArray
}
/** Leaky integrator of a current that leaks: `tau_syn dI/dt = -I + w_in x`, `tau_mem dv/dt = v_leak - v + r I`; what goes out is v. */
export interface NirCubaLi extends Base {
  readonly type: "CubaLI"
  readonly tau_syn: HostArray
  readonly tau_mem: HostArray
  readonly r: HostArray
  readonly v_leak: HostArray
  readonly w_in: HostArray
}
/** Integrate and fire: `dv/dt = r I`; a spike where v > v_threshold, which sets v to v_reset. */
export interface NirIf extends Base {
  readonly type: "IF"
  readonly r: HostArray
  readonly v_threshold: HostArray
  /** 0 where it is not given. */
  readonly v_reset?: HostArray
}
/** Leaky integrate and fire: `tau dv/dt = v_leak - v + r I`; a spike where v > v_threshold, which sets v to v_reset. */
export interface NirLif extends Base {
  readonly type: "LIF"
  readonly tau: HostArray
  readonly r: HostArray
  readonly v_leak: HostArray
  readonly v_threshold: HostArray
  readonly v_reset?: HostArray
}
/** The current of `CubaLI`, firing as `LIF`. */
export interface NirCubaLif extends Base {
  readonly type: "CubaLIF"
  readonly tau_syn: HostArray
  readonly tau_mem: HostArray
  readonly r: HostArray
  readonly v_leak: HostArray
  readonly v_threshold: HostArray
  readonly v_reset?: HostArray
  readonly w_in: HostArray
}
/** 1 where x > threshold, else 0. */
export interface NirThreshold extends Base {
  readonly type: "Threshold"
  readonly threshold: HostArray
}

/** A number for both directions, or `[vertical, horizontal]`. */
export type NirPair = number | readonly [number, number]

export interface NirConv1d extends Base {
  readonly type: "Conv1d"
  /** Length of the input; worked out of the graph where it is not given. */
  readonly input_shape?: number
  /** `[outputs, inputs / groups, length]` */
  readonly weight: HostArray
  readonly bias: HostArray
  readonly stride: number
  readonly padding: number | "same" | "valid"
  readonly dilation: number
  readonly groups: number
}
export interface NirConv2d extends Base {
  readonly type: "Conv2d"
  /** Height and width of the input; worked out of the graph where they are not given. */
  readonly input_shape?: NirPair
  /** `[outputs, inputs / groups, height, width]` */
  readonly weight: HostArray
  readonly bias: HostArray
  readonly stride: NirPair
  readonly padding: NirPair | "same" | "valid"
  readonly dilation: NirPair
  readonly groups: number
}
/** The sum of every window. */
export interface NirSumPool2d extends Base {
  readonly type: "SumPool2d"
  readonly kernel_size: NirPair
  readonly stride: NirPair
  readonly padding: NirPair
}
/** The mean of every window, zeros of the padding counted. */
export interface NirAvgPool2d extends Base {
  readonly type: "AvgPool2d"
  readonly kernel_size: NirPair
  readonly stride: NirPair
  readonly padding: NirPair
}
/** Axes from `start_dim` to `end_dim` (both included, of the shape without batch) joined to one. */
export interface NirFlatten extends Base {
  readonly type: "Flatten"
  readonly input_type?: readonly number[]
  readonly start_dim: number
  readonly end_dim: number
}
/** `y(t) = x(t - delay)`, seconds. */
export interface NirDelay extends Base {
  readonly type: "Delay"
  readonly delay: HostArray
}

/** Nodes and the edges between them. What reaches a node by several edges is added up. */
export interface NirGraph extends Base {
  readonly type: "NIRGraph"
  readonly nodes: Readonly<Record<string, NirNode>>
  readonly edges: readonly (readonly [from: string, to: string])[]
  /** Version of the format that the file says it has. */
  readonly version?: string
}

/** Nodes of the standard. Times are in seconds, as the standard's simulators use them; names of parameters are those of its files. */
export type NirNode =
  | NirInput
  | NirOutput
  | NirAffine
  | NirLinear
  | NirScale
  | NirIntegrator
  | NirLeakyIntegrator
  | NirCubaLi
  | NirIf
  | NirLif
  | NirCubaLif
  | NirThreshold
  | NirConv1d
  | NirConv2d
  | NirSumPool2d
  | NirAvgPool2d
  | NirFlatten
  | NirDelay
  | NirGraph

/** How a parameter is kept in a file. */
export type FieldKind = "array" | "shape" | "whole" | "extent" | "padding"
export interface Field {
  readonly kind: FieldKind
  readonly optional?: boolean
}

const array: Field = { kind: "array" }
const extent: Field = { kind: "extent" }
const whole: Field = { kind: "whole" }
const optionalArray: Field = { kind: "array", optional: true }
const convolution = {
  input_shape: { kind: "extent", optional: true },
  weight: array,
  stride: extent,
  padding: { kind: "padding" },
  dilation: extent,
  groups: whole,
  bias: array,
} satisfies Record<string, Field>
const pooling = { kernel_size: extent, stride: extent, padding: extent }

/** The parameters of every kind of node but graphs, as files have them. */
export const nodeFields: Readonly<Record<Exclude<NirNode["type"], "NIRGraph">, Readonly<Record<string, Field>>>> = {
  Input: { shape: { kind: "shape" } },
  Output: { shape: { kind: "shape" } },
  Affine: { weight: array, bias: array },
  Linear: { weight: array },
  Scale: { scale: array },
  I: { r: array },
  LI: { tau: array, r: array, v_leak: array },
  CubaLI: { tau_syn: array, tau_mem: array, r: array, v_leak: array, w_in: array },
  IF: { r: array, v_threshold: array, v_reset: optionalArray },
  LIF: { tau: array, r: array, v_leak: array, v_threshold: array, v_reset: optionalArray },
  CubaLIF: {
    tau_syn: array,
    tau_mem: array,
    r: array,
    v_leak: array,
    v_threshold: array,
    v_reset: optionalArray,
    w_in: array,
  },
  Threshold: { threshold: array },
  Conv1d: convolution,
  Conv2d: convolution,
  SumPool2d: pooling,
  AvgPool2d: pooling,
  Flatten: { input_type: { kind: "shape", optional: true }, start_dim: whole, end_dim: whole },
  Delay: { delay: array },
}
