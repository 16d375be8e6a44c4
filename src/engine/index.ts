/** Tensors, traced programs, gradients; devices that run them. */
export {
  activeDevice,
  type Device,
  type DeviceName,
  device,
  type KernelTime,
  type ProgramReport,
  useDevice,
} from "./devices/device.ts"
export { type KernelProfile, Profile, useProfile } from "./devices/profiling.ts"
export type { DType, HostArray, TypedArray } from "./dtype.ts"
export { CajalError } from "./errors.ts"
export { type Graph, type Node, scope, type Value } from "./graph.ts"
export { attention } from "./operators/attention.ts"
export { type AttentionOptions, attentionWeights } from "./operators/attention-weights.ts"
export { eye, full, linspace, ones, onesLike, range, zeros, zerosLike } from "./operators/constants.ts"
export { cond, scan } from "./operators/control.ts"
export { type ConvolutionOptions, conv1d, conv2d } from "./operators/convolution.ts"
export {
  convTranspose1d,
  convTranspose2d,
  type TransposedConvolutionOptions,
} from "./operators/convolution-transposed.ts"
export { DrawnLists, drawnLists, drawnPairs } from "./operators/drawn-lists.ts"
export { einsum } from "./operators/einsum.ts"
export * from "./operators/elementwise.ts"
export { type EventListOptions, EventLists, eventLists } from "./operators/event-lists.ts"
export { scatterEvents } from "./operators/event-scatter.ts"
export { type UpdateOptions, updateEntries } from "./operators/event-update.ts"
export { type Complex, fft, fft2, ifft, ifft2, irfft, irfft2, rfft, rfft2 } from "./operators/fft.ts"
export { scatterAdd, take, takeAlong, takeAlongLast } from "./operators/indexing.ts"
export {
  at,
  broadcastTo,
  concat,
  expandDims,
  flip,
  pad,
  reshape,
  slice,
  splitInto,
  squeeze,
  stack,
  transpose,
} from "./operators/layout.ts"
export { matmul } from "./operators/matmul.ts"
export { normaliseChannels, normaliseRows } from "./operators/normalise.ts"
export { avgPool2d, maxPool2d, maxPool2dWithIndices, type PoolingOptions } from "./operators/pooling.ts"
export {
  dequantise,
  matmulHalf,
  matmulQuantised,
  type Quantised,
  type QuantiseOptions,
  quantise,
} from "./operators/quantised.ts"
export * from "./operators/random.ts"
export {
  argmax,
  argmin,
  logSoftmax,
  logSumExp,
  max,
  mean,
  min,
  norm,
  oneHot,
  softmax,
  sum,
  variance,
} from "./operators/reduce.ts"
export { replaceRow } from "./operators/replace-row.ts"
export { type CumulativeOptions, cumprod, cumsum, linearRecurrence } from "./operators/scanning.ts"
export { argsort, type SortOptions, sort, topK } from "./operators/sorting.ts"
export { SparseMatrix } from "./operators/sparse-matrix.ts"
export type { SparsePattern } from "./operators/sparse-pattern.ts"
export { asEvents, stopGradient } from "./operators/stop.ts"
export type { Primitive, TensorType } from "./primitive.ts"
export { printGraph } from "./print.ts"
export { anyOf, binomialTail, hypergeometricTail, type Urn } from "./probability.ts"
export { HostRandom, hostRandom } from "./random-host.ts"
export type { Shape } from "./shape.ts"
export { SubsetSampler } from "./subset-host.ts"
export { type Nested, type Operand, Tensor, tensor } from "./tensor.ts"
export {
  type Count,
  type CountOptions,
  count,
  countWith,
  type NodeCount,
  type OperationCounts,
} from "./transforms/count.ts"
export { checkpoint, customGradient, straightThrough } from "./transforms/custom.ts"
export { jvp } from "./transforms/forward.ts"
export { type GradientOptions, grad, valueAndGrad } from "./transforms/gradient.ts"
export { evalShape, type JitOptions, type Jitted, jit, type Program, scalar } from "./transforms/jit.ts"
export { Meter, useMeter } from "./transforms/meter.ts"
export { vmap } from "./transforms/vectorize.ts"
export { disposeTree, flatten, leafNames, mapTree, type Tree, unflatten } from "./tree.ts"
