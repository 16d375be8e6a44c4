/**
 * Generated stimuli: textures, their motion, the events that a simulated camera sees; spike trains of known
 * statistics; talkers who are heard and seen.
 */
export { drift } from "./drift.ts"
export { EventCamera, type EventCameraOptions } from "./event-camera.ts"
export {
  type EventMovie,
  type Motion,
  type MovingSceneOptions,
  motionClasses,
  motionSegments,
  movingScene,
  velocityOf,
} from "./moving-scenes.ts"
export { neuronTwin, type TwinWindow, twinSizes } from "./neuron-twin.ts"
export { afterSilence, entropyRate, type SpikeTrainSource, spikeTrainsOf } from "./spike-trains.ts"
export { faceOf, type TalkerOptions, type TalkerRecording, talkerSizes, talkers } from "./talkers.ts"
export {
  type DeadLeavesOptions,
  deadLeaves,
  grating,
  type MotionCloudOptions,
  motionCloud,
  type Texture,
  whitened,
} from "./textures.ts"
export {
  type WristActivity,
  type WristWindows,
  wristActivities,
  wristSignal,
  wristSizes,
  wristWindows,
} from "./wrist.ts"
