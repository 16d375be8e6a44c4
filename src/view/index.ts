/** Specifications in, pictures out. */
export {
  type Bar,
  type BarsOptions,
  bars,
  type HeatmapOptions,
  heatmap,
  type LinesOptions,
  lines,
  type PaperNumber,
  type Quantity,
  type RasterOptions,
  raster,
  type Sample,
} from "./charts.ts"
export { type CircuitEdge, type CircuitNode, drawGraph } from "./circuit.ts"
export {
  type ActivityOptions,
  activity,
  type Panel,
  type PhasePlaneOptions,
  panels,
  phasePlane,
  type SpikeGroup,
} from "./composed.ts"
export { drawFlame, type FlameNode } from "./flame.ts"
export { type Diagram, type DiagramOptions, diagramOf, diagramWith } from "./ncd/index.ts"
export { formatDuration, formatNumber } from "./numbers.ts"
export { type CellsOptions, cells, picture, smallWords, words } from "./picture.ts"
export type { VegaLiteSpec } from "./spec.ts"
export { drawStrip, type StripBar } from "./strip.ts"
export { toSvg } from "./svg.ts"
export { controlDash, dark, dataColours, dataDashes, light, mono, type Palette, serif } from "./theme.ts"
