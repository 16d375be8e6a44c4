import type { DType, HostArray } from "./dtype.ts"
import type { Graph, Node } from "./graph.ts"
import type { Shape } from "./shape.ts"
import type { Tensor } from "./tensor.ts"

/** What is known of a tensor without its values. */
export interface TensorType {
  readonly dtype: DType
  readonly shape: Shape
  /** A spike tensor: mostly zeros, so that products with it follow its non-zero entries. */
  readonly events?: boolean
}

/** Values that an operator is specialised on: part of a program's signature. */
export type Attribute = number | string | boolean | undefined | readonly Attribute[] | Graph | AttributeObject
export interface AttributeObject {
  readonly [name: string]: Attribute | ((...args: never[]) => unknown)
}

export interface GradientContext<A> {
  /** The node itself: scan adds the residuals that its reverse needs to the node's outputs. */
  readonly node: Node
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  /** d loss / d output, undefined where the loss does not depend on that output. */
  readonly cotangents: readonly (Tensor | undefined)[]
  readonly attributes: A
  /** Which inputs a cotangent is asked for. */
  readonly wanted: readonly boolean[]
}

/**
 * An operator of the engine. Its type rule, gradient, batching and obvious evaluation stand together; how a device does it
 * fast stands in that device's folder under the same name.
 */
export interface Primitive<A = object> {
  readonly name: string
  /** `elementwise`: all inputs and the output share one shape. `view`: the same elements, arranged otherwise. */
  readonly kind?: "elementwise" | "view"
  /** Shapes and dtypes of the outputs; throws a CajalError where the inputs do not fit. */
  type(inputs: readonly TensorType[], attributes: A): readonly TensorType[]
  /** Plain loops on plain memory: the oracle that every device is held against. */
  evaluate(inputs: readonly HostArray[], attributes: A, outputs: readonly TensorType[]): HostArray[]
  /** Cotangents of the inputs, as tensor operations (so that they can be differentiated again). */
  gradient?(context: GradientContext<A>): readonly (Tensor | undefined)[]
  /** The operator on inputs with one more leading axis (where `batched`); every output gets that axis too. */
  batch?(inputs: readonly Tensor[], batched: readonly boolean[], attributes: A, size: number): readonly Tensor[]
}

/** Declares an operator. */
export const primitive = <A = object>(definition: Primitive<A>): Primitive<A> => definition
