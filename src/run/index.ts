/** What a system is, and how one is run: parameters, events, claims, the runner. The run store stands apart: `cajal/run/store`. */
export {
  cardOf,
  catalogue,
  type Family,
  families,
  type PaperCard,
  type PaperKind,
  type PaperState,
} from "./catalogue.ts"
export { type Claim, type ClaimOptions, type ClaimResult, claim, type Metrics, verdict, weigh } from "./claims.ts"
export { type DrawingName, drawingOf, drawingsOf } from "./drawings.ts"
export {
  type CheckpointEvent,
  type CheckpointState,
  checkpoint,
  type FigureEvent,
  figure,
  type LogEvent,
  log,
  type MetricEvent,
  type ModelEvent,
  metric,
  model,
  type NoteEvent,
  note,
  type ProgressEvent,
  progress,
  type ResultEvent,
  type RunEvent,
  type TableEvent,
  table,
} from "./events.ts"
export {
  type DrawingInput,
  drawing,
  type Input,
  type InputSchema,
  Inputs,
  type InputValue,
  type LevelInput,
  level,
  type PickInput,
  type PressInput,
  pick,
  press,
  pressAddress,
  pressOf,
} from "./inputs.ts"
export type { JsonValue } from "./json.ts"
export { editDistance, nearest } from "./nearest.ts"
export { operations } from "./operations.ts"
export {
  allowed,
  type ChoiceParameter,
  checkParameters,
  choice,
  type FlagParameter,
  flag,
  integer,
  type NumberParameter,
  type Parameter,
  type ParameterSchema,
  type ParameterValue,
  type ParameterValues,
  real,
  type TextParameter,
  text,
} from "./parameters.ts"
export {
  defaultSeed,
  type ExecuteOptions,
  execute,
  type KeptEvent,
  type Restored,
  type RunStore,
} from "./runner.ts"
export { Stages } from "./stages.ts"
export {
  type PresetName,
  presetNames,
  type RunContext,
  resolveParameters,
  type System,
  type SystemDefinition,
  type Systems,
  system,
} from "./system.ts"
export { type AttendOptions, attend, type Touch, type TouchContext, touch, turns } from "./touch.ts"
export { type TrainingCurve, training } from "./training.ts"
