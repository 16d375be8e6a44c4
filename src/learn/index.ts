/** Layers, losses, optimisers, the training loop, checkpoints. */
export { fromArrays, toArrays } from "./checkpoint.ts"
export { fanInUniform, glorotUniform, heNormal } from "./initialisers.ts"
export { Conv2d, conv2dLayer } from "./layers/convolution.ts"
export { Embedding, embedding } from "./layers/embedding.ts"
export { Linear, linear } from "./layers/linear.ts"
export { Lstm, type LstmOptions, type LstmState, lstm } from "./layers/lstm.ts"
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
export { areaUnderCurve, explainedVariance } from "./metrics.ts"
export { type AdamOptions, type AdamState, adamState, adamw, clipByGlobalNorm, clipByValue } from "./optimisers/adam.ts"
export { type AdamaxOptions, type AdamaxState, adamax, adamaxState } from "./optimisers/adamax.ts"
export { type SgdOptions, type SgdState, sgd, sgdState } from "./optimisers/sgd.ts"
export { keptShare, magnitudeMasks, masked, roundedTo8Bits } from "./pruning.ts"
export { backpropagation, type Headed, logitsOf, type Rule, readFlat, readoutAlone } from "./rules/backpropagation.ts"
export { outOfPatience, type Patience } from "./rules/early-stopping.ts"
export { directFeedback, feedbackMatrix, gradientFor } from "./rules/feedback-alignment.ts"
export {
  activitiesOf,
  type ForwardForwardOptions,
  forwardForward,
  forwardForwardLoss,
  goodness,
  goodnessOfLabels,
  lively,
  paintLabels,
  paintNeutral,
  unitRms,
  wrongLabels,
} from "./rules/forward-forward.ts"
export {
  checkForwardForwardDepth,
  type ForwardForwardNetwork,
  type ForwardForwardRates,
  type ForwardForwardState,
  forwardForwardNetwork,
  forwardForwardState,
  forwardForwardStep,
  neutralLogits,
} from "./rules/forward-forward-network.ts"
export { antiHebbian, decorrelating, hebbian, ojaSubspace, sanger } from "./rules/hebbian.ts"
export { burstRate, learnSubspace, type SubspaceLearning, SubspaceNeurons } from "./rules/hebbian-subspace.ts"
export { type Applied, frozen, Identity, type Layerwise, layerwise, Rectified } from "./rules/layerwise.ts"
export {
  cascade,
  LocalClassifier,
  monoForward,
  monoForwardAll,
  uniformLinear,
} from "./rules/local-classifier.ts"
export {
  inside,
  type LateralActivity,
  matmulLearning,
  outside,
  projectGradient,
  residualEnergy,
} from "./rules/projection.ts"
export { orthonormal, principalDirections, randomDirections } from "./rules/projection-basis.ts"
export {
  highestPotential,
  linePotentials,
  postsynapticPotential,
  type TempotronParameters,
  tempotronLesson,
} from "./rules/tempotron.ts"
export { type LiveBytes, liveBytes, type TrainingCost, trainingCost } from "./rules/training-cost.ts"
export { constantRate, cosineRate, linearRate, type Schedule, steppedRate } from "./schedules.ts"
export { type Snapshot, type TrainingEvent, type TrainingPlan, train } from "./training.ts"
