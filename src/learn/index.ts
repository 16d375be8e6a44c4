/** Layers, losses, optimisers, the training loop, checkpoints. */
export { fromArrays, toArrays } from "./checkpoint.ts"
export { fanInUniform, glorotUniform, heNormal } from "./initialisers.ts"
export { Conv2d, conv2dLayer } from "./layers/convolution.ts"
export { Embedding, embedding } from "./layers/embedding.ts"
export { Linear, linear } from "./layers/linear.ts"
export {
  BatchNorm,
  batchNorm,
  LayerNorm,
  layerNorm,
  RmsNorm,
  type RunningStatistics,
  rmsNorm,
  runningStatistics,
  updateStatistics,
} from "./layers/norm.ts"
export { accuracy, binaryCrossEntropy, crossEntropy, meanAbsoluteError, meanSquaredError } from "./losses.ts"
export { type AdamOptions, type AdamState, adamState, adamw, clipByGlobalNorm } from "./optimisers/adam.ts"
export { type SgdOptions, type SgdState, sgd, sgdState } from "./optimisers/sgd.ts"
export { constantRate, cosineRate, linearRate, type Schedule, steppedRate } from "./schedules.ts"
export { type Snapshot, type TrainingEvent, type TrainingPlan, train } from "./training.ts"
