/** Delays that are part of what is learnt. */
export { checkEvents, EventDrivenKernels } from "./event-driven.ts"
export {
  checkMiddle,
  coneMask,
  DelayKernels,
  delayKernels,
  geometryOf,
  type KernelGeometry,
  type KernelStart,
} from "./kernels.ts"
export { DelayedLinear, type DelayKernel, delayedLinear, delayShares } from "./learnable.ts"
export { averagedDelays, largestSynapses, reversedDelays, shortestDelays, synapseCount } from "./pruning.ts"
export {
  checkStream,
  complexPatchInput,
  complexStreamInput,
  contrastInverted,
  patchInput,
  type StreamOptions,
  streamInput,
} from "./responses.ts"
