/** The look of everything that is drawn: ink on paper, one stain colour, data in the Okabe-Ito colours. */

export interface Palette {
  readonly paper: string
  readonly ink: string
  readonly quiet: string
  readonly hairline: string
  /** Links, focus, progress. */
  readonly stain: string
}

export const light: Palette = {
  paper: "#fbf8f1",
  ink: "#1d1b16",
  quiet: "#5f5a4e",
  hairline: "#ddd5c4",
  stain: "#1f4e79",
}

export const dark: Palette = {
  paper: "#12141a",
  ink: "#ece7db",
  quiet: "#9a958a",
  hairline: "#2a2d36",
  stain: "#7fb2e5",
}

/** Okabe and Ito's colours, told apart by readers with any colour vision, in a fixed order. */
export const dataColours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"] as const

/** Never colour alone: each series has its own dash too. */
export const dataDashes: readonly (readonly number[])[] = [[], [7, 3], [2, 2], [9, 3, 2, 3], [4, 4], [12, 4]]

/** A control that must lose is always quiet, grey and dashed. */
export const controlDash: readonly number[] = [3, 3]

export const serif = '"Source Serif 4 Variable", "Source Serif 4", Georgia, "Times New Roman", serif'
export const mono = '"JetBrains Mono Variable", "JetBrains Mono", ui-monospace, Menlo, Consolas, monospace'

/** The Vega-Lite configuration of every figure. */
export const figureConfig = {
  background: "transparent",
  font: serif,
  view: { stroke: null, continuousWidth: 460, continuousHeight: 240, discreteWidth: { step: 44 } },
  axis: {
    domainColor: light.ink,
    domainWidth: 0.75,
    tickColor: light.ink,
    tickWidth: 0.75,
    tickSize: 4,
    gridColor: light.hairline,
    gridWidth: 0.5,
    labelColor: light.quiet,
    labelFont: mono,
    labelFontSize: 11,
    titleColor: light.ink,
    titleFont: serif,
    titleFontSize: 13,
    titleFontWeight: "normal",
    titlePadding: 8,
  },
  axisX: { grid: false },
  axisBand: { labelFont: serif, labelFontSize: 12 },
  // On top: the margin at the right belongs to the paper's number.
  legend: {
    orient: "top",
    labelColor: light.ink,
    labelFont: serif,
    labelFontSize: 12,
    titleColor: light.quiet,
    titleFont: serif,
    titleFontSize: 12,
    titleFontWeight: "normal",
    symbolStrokeWidth: 1.75,
    symbolSize: 160,
  },
  header: { labelFont: serif, labelFontSize: 12, labelColor: light.ink, titleFont: serif, titleColor: light.quiet },
  title: { font: serif, fontSize: 14, fontWeight: "normal", color: light.ink, anchor: "start", offset: 12 },
  line: { strokeWidth: 1.75 },
  bar: { color: light.ink },
  point: { color: light.ink, filled: true, size: 28 },
  rect: { color: light.ink },
  rule: { color: light.ink },
  text: { font: serif, fontSize: 12, color: light.quiet },
  range: { category: [...dataColours], ramp: [light.paper, light.stain], heatmap: [light.paper, light.stain] },
}
