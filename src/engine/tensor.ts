import { activeDevice, type Device, type Storage } from "./devices/device.ts"
import { allocate, type DType, type HostArray, type TypedArray } from "./dtype.ts"
import { CajalError, callerLine } from "./errors.ts"
import type { Value } from "./graph.ts"
import * as elementwise from "./operators/elementwise.ts"
import * as indexing from "./operators/indexing.ts"
import * as layout from "./operators/layout.ts"
import { matmul } from "./operators/matmul.ts"
import * as reduce from "./operators/reduce.ts"
import type { TensorType } from "./primitive.ts"
import { formatShape, type Shape, sizeOf } from "./shape.ts"
import type { Trace } from "./trace.ts"

/** What stands where a tensor is expected: a number becomes a scalar of the other operand's dtype. */
export type Operand = Tensor | number | boolean
type Axes = number | readonly number[]
/** Nested lists of numbers. */
export type Nested = number | boolean | readonly Nested[]

const finalizer = new FinalizationRegistry<Storage>((storage) => storage.free())

/**
 * An immutable n-d value: either concrete (its elements lie on a device) or traced (it stands for a value of a function that
 * is being traced). Operators broadcast as NumPy does.
 */
export class Tensor {
  readonly type: TensorType
  readonly value: Value | undefined
  readonly trace: Trace | undefined
  #storage: Storage | undefined
  #gone = ""

  private constructor(
    type: TensorType,
    storage: Storage | undefined,
    value: Value | undefined,
    trace: Trace | undefined,
  ) {
    this.type = type
    this.#storage = storage
    this.value = value
    this.trace = trace
    if (storage !== undefined) finalizer.register(this, storage, this)
  }

  static traced(value: Value, trace: Trace): Tensor {
    return new Tensor(value.type, undefined, value, trace)
  }

  static stored(type: TensorType, storage: Storage): Tensor {
    return new Tensor(type, storage, undefined, undefined)
  }

  /** A tensor with the elements of a host array, on the active device. */
  static from(array: HostArray): Tensor {
    if (array.data.length !== sizeOf(array.shape))
      throw new CajalError(`${array.data.length} elements do not fill a tensor of shape ${formatShape(array.shape)}`, {
        where: callerLine(),
      })
    return Tensor.stored({ dtype: array.dtype, shape: [...array.shape] }, activeDevice().upload(array))
  }

  get shape(): Shape {
    return this.type.shape
  }
  get dtype(): DType {
    return this.type.dtype
  }
  get rank(): number {
    return this.type.shape.length
  }
  get size(): number {
    return sizeOf(this.type.shape)
  }

  /** dtype and shape as errors print them, `f32 [128, 784]`. */
  describe(): string {
    return `${this.dtype} ${formatShape(this.shape)}`
  }

  // Concrete values ------------------------------------------------------------------------------------------------

  /** Where the elements lie. Throws for traced and disposed tensors. */
  get storage(): Storage {
    if (this.#storage !== undefined) return this.#storage
    throw new CajalError(
      this.value === undefined
        ? `a tensor ${this.describe()} was used after it was ${this.#gone}`
        : `the elements of a traced tensor ${this.describe()} are not known yet`,
      {
        where: callerLine(),
        hint:
          this.value === undefined
            ? "keep the tensor that the function returned instead"
            : "inside jit, grad and scan use tensor operations (where, cond) instead of JavaScript conditions on values",
      },
    )
  }
  get device(): Device {
    return this.storage.device
  }
  /** A copy of the elements, row-major. */
  array(): TypedArray {
    return this.storage.read()
  }
  /** A copy with shape and dtype. */
  host(): HostArray {
    return { dtype: this.dtype, shape: this.shape, data: this.array() }
  }
  /** The one element of a tensor of size 1. */
  item(): number {
    if (this.size !== 1)
      throw new CajalError(`item() needs a tensor of one element, not ${this.describe()}`, { where: callerLine() })
    return this.array()[0]
  }
  /** Nested lists of the elements. */
  toList(): Nested {
    const data = this.array()
    let next = 0
    const build = (axis: number): Nested =>
      axis === this.rank ? data[next++] : Array.from({ length: this.shape[axis] }, () => build(axis + 1))
    return build(0)
  }
  /** Frees the elements now instead of when the tensor is collected. `using x = ...` does it at the end of the block. */
  dispose(): void {
    this.retire("disposed")?.free()
  }
  /** Gives the elements away, to be freed or overwritten by the caller. */
  retire(how: string): Storage | undefined {
    const storage = this.#storage
    finalizer.unregister(this)
    this.#storage = undefined
    this.#gone = how
    return storage
  }
  [Symbol.dispose](): void {
    this.dispose()
  }

  // Elementwise: see operators/elementwise.ts ------------------------------------------------------------------------

  add(x: Operand): Tensor {
    return elementwise.add(this, x)
  }
  sub(x: Operand): Tensor {
    return elementwise.sub(this, x)
  }
  mul(x: Operand): Tensor {
    return elementwise.mul(this, x)
  }
  div(x: Operand): Tensor {
    return elementwise.div(this, x)
  }
  pow(x: Operand): Tensor {
    return elementwise.pow(this, x)
  }
  eq(x: Operand): Tensor {
    return elementwise.eq(this, x)
  }
  ne(x: Operand): Tensor {
    return elementwise.ne(this, x)
  }
  lt(x: Operand): Tensor {
    return elementwise.lt(this, x)
  }
  le(x: Operand): Tensor {
    return elementwise.le(this, x)
  }
  gt(x: Operand): Tensor {
    return elementwise.gt(this, x)
  }
  ge(x: Operand): Tensor {
    return elementwise.ge(this, x)
  }
  and(x: Operand): Tensor {
    return elementwise.and(this, x)
  }
  or(x: Operand): Tensor {
    return elementwise.or(this, x)
  }
  xor(x: Operand): Tensor {
    return elementwise.xor(this, x)
  }
  minimum(x: Operand): Tensor {
    return elementwise.minimum(this, x)
  }
  maximum(x: Operand): Tensor {
    return elementwise.maximum(this, x)
  }
  neg(): Tensor {
    return elementwise.neg(this)
  }
  abs(): Tensor {
    return elementwise.abs(this)
  }
  sign(): Tensor {
    return elementwise.sign(this)
  }
  exp(): Tensor {
    return elementwise.exp(this)
  }
  expm1(): Tensor {
    return elementwise.expm1(this)
  }
  log(): Tensor {
    return elementwise.log(this)
  }
  log1p(): Tensor {
    return elementwise.log1p(this)
  }
  sqrt(): Tensor {
    return elementwise.sqrt(this)
  }
  sin(): Tensor {
    return elementwise.sin(this)
  }
  cos(): Tensor {
    return elementwise.cos(this)
  }
  tanh(): Tensor {
    return elementwise.tanh(this)
  }
  sigmoid(): Tensor {
    return elementwise.sigmoid(this)
  }
  erf(): Tensor {
    return elementwise.erf(this)
  }
  floor(): Tensor {
    return elementwise.floor(this)
  }
  ceil(): Tensor {
    return elementwise.ceil(this)
  }
  round(): Tensor {
    return elementwise.round(this)
  }
  not(): Tensor {
    return elementwise.not(this)
  }
  relu(): Tensor {
    return elementwise.relu(this)
  }
  gelu(): Tensor {
    return elementwise.gelu(this)
  }
  silu(): Tensor {
    return elementwise.silu(this)
  }
  softplus(): Tensor {
    return elementwise.softplus(this)
  }
  reciprocal(): Tensor {
    return elementwise.reciprocal(this)
  }
  square(): Tensor {
    return elementwise.square(this)
  }
  clip(low: Operand, high: Operand): Tensor {
    return elementwise.clip(this, low, high)
  }
  cast(dtype: DType): Tensor {
    return elementwise.cast(this, dtype)
  }

  // Products and reductions: see operators/matmul.ts, operators/reduce.ts --------------------------------------------

  /** Matrix product; event-driven when this is a spike tensor. */
  matmul(x: Tensor): Tensor {
    return matmul(this, x)
  }
  sum(axes?: Axes, keepDims = false): Tensor {
    return reduce.sum(this, axes, keepDims)
  }
  mean(axes?: Axes, keepDims = false): Tensor {
    return reduce.mean(this, axes, keepDims)
  }
  max(axes?: Axes, keepDims = false): Tensor {
    return reduce.max(this, axes, keepDims)
  }
  min(axes?: Axes, keepDims = false): Tensor {
    return reduce.min(this, axes, keepDims)
  }
  variance(axes?: Axes, keepDims = false): Tensor {
    return reduce.variance(this, axes, keepDims)
  }
  norm(axes?: Axes, keepDims = false): Tensor {
    return reduce.norm(this, axes, keepDims)
  }
  argmax(axis = -1): Tensor {
    return reduce.argmax(this, axis)
  }
  argmin(axis = -1): Tensor {
    return reduce.argmin(this, axis)
  }
  softmax(axis = -1): Tensor {
    return reduce.softmax(this, axis)
  }
  logSoftmax(axis = -1): Tensor {
    return reduce.logSoftmax(this, axis)
  }

  // Layout: see operators/layout.ts ----------------------------------------------------------------------------------

  /** The same elements in another shape; one size may be -1. */
  reshape(shape: Shape): Tensor {
    return layout.reshape(this, shape)
  }
  /** One axis of all elements. */
  flatten(): Tensor {
    return layout.reshape(this, [this.size])
  }
  transpose(order?: readonly number[]): Tensor {
    return layout.transpose(this, order)
  }
  /** The axes in reverse order: the transpose of a matrix. */
  get T(): Tensor {
    return layout.transpose(this)
  }
  broadcastTo(shape: Shape): Tensor {
    return layout.broadcastTo(this, shape)
  }
  expandDims(axis: number): Tensor {
    return layout.expandDims(this, axis)
  }
  squeeze(axes?: Axes): Tensor {
    return layout.squeeze(this, axes)
  }
  /** The part of one axis from `from` up to but not including `to`. */
  slice(axis: number, from: number, to?: number, step?: number): Tensor {
    return layout.slice(this, axis, from, to, step)
  }
  /** One element of an axis, that axis dropped. */
  at(index: number, axis = 0): Tensor {
    return layout.at(this, index, axis)
  }
  flip(axes: Axes): Tensor {
    return layout.flip(this, axes)
  }
  /** Elements of an axis at `indices` (i32 or u32). */
  take(indices: Tensor, axis = 0): Tensor {
    return indexing.take(this, indices, axis)
  }
}

/**
 * A tensor of nested lists of numbers (f32 unless told otherwise; booleans make `bool`) or of a typed array and a shape.
 * @throws CajalError when the lists are ragged or do not fill the shape
 */
export function tensor(
  values: Nested | TypedArray,
  options: { readonly dtype?: DType; readonly shape?: Shape } = {},
): Tensor {
  if (ArrayBuffer.isView(values)) {
    const dtype = options.dtype ?? dtypeOf(values as TypedArray)
    return Tensor.from({ dtype, shape: options.shape ?? [values.length], data: converted(values as TypedArray, dtype) })
  }
  const shape: number[] = []
  for (let x: Nested = values; Array.isArray(x); x = (x as readonly Nested[])[0]) shape.push(x.length)
  const flat: number[] = []
  let first: number | boolean | undefined
  const walk = (x: Nested, axis: number) => {
    if (typeof x === "number" || typeof x === "boolean") {
      first ??= x
      if (axis !== shape.length) throw ragged()
      flat.push(Number(x))
    } else if (!Array.isArray(x) || x.length !== shape[axis]) throw ragged()
    else for (const item of x) walk(item, axis + 1)
  }
  walk(values, 0)
  const dtype = options.dtype ?? (typeof first === "boolean" ? "bool" : "f32")
  const data = allocate(dtype, flat.length)
  for (let i = 0; i < flat.length; i++) data[i] = flat[i]
  return Tensor.from({ dtype, shape: options.shape ?? shape, data })
}

const ragged = (): CajalError =>
  new CajalError("a tensor needs lists of equal lengths that end in numbers", { where: callerLine() })

const dtypeOf = (data: TypedArray): DType =>
  data instanceof Float64Array
    ? "f64"
    : data instanceof Int32Array
      ? "i32"
      : data instanceof Uint32Array
        ? "u32"
        : data instanceof Uint8Array
          ? "u8"
          : data instanceof Int8Array
            ? "i8"
            : data instanceof Float32Array
              ? "f32"
              : "f16"

const converted = (data: TypedArray, dtype: DType): TypedArray => {
  if (dtypeOf(data) === dtype) return data
  const made = allocate(dtype, data.length)
  made.set(data as never)
  return made
}
