import { wristActivities } from "../../src/data/index.ts"
import { type FigureEvent, figure } from "../../src/run/index.ts"
import { bars, heatmap, lines } from "../../src/view/index.ts"
import type { Operations } from "./arms.ts"
import { type Population, populations } from "./model.ts"
import { drawPassing, type Passing } from "./pictures.ts"

export const classNames = wristActivities.map(({ name }) => name)

export const passingFigure = (passing: Passing, caption: string): FigureEvent =>
  figure("passing", "Two seconds at a wrist", drawPassing(passing), { caption })

export function confusionFigure(table: readonly (readonly number[])[]): FigureEvent {
  const shares = table.map((row) => {
    const sum = row.reduce((a, b) => a + b, 0)
    return row.map((n) => (100 * n) / Math.max(1, sum))
  })
  const spec = heatmap({
    values: shares,
    x: "told",
    y: "activity",
    value: "%",
    rowLabels: classNames,
    columnLabels: classNames,
  })
  return figure("confusion", "Which activities are taken for which", spec, {
    caption:
      "Dribbling and clapping, and writing and brushing teeth, have the same pace and the same wave: they differ only in which of the two sensors leads.",
  })
}

export interface Cut {
  readonly fraction: number
  readonly cut: number
  readonly fine: number
}

export const cutFigure = (whole: number, cuts: readonly Cut[]): FigureEvent =>
  figure(
    "cuts",
    "Weights that are cut",
    lines({
      samples: [{ fraction: 0, cut: whole, fine: whole }, ...cuts].flatMap(({ fraction, cut, fine }) => [
        { x: 100 * fraction, y: 100 * fine, series: "fine-tuned" },
        { x: 100 * fraction, y: 100 * cut, series: "cut only" },
      ]),
      x: "weights cut of each matrix (%)",
      y: { title: "windows recognised (%)", domain: [0, 100] },
      controls: ["cut only"],
    }),
  )

export const operationsFigure = (networks: Readonly<Record<string, Operations>>): FigureEvent =>
  figure(
    "operations",
    "Work of one window, by the population whose spikes cause it",
    bars({
      bars: populations
        .filter((name): name is Exclude<Population, "out"> => name !== "out")
        .flatMap((name) =>
          Object.entries(networks).map(([series, { accumulates }]) => ({
            label: name,
            value: accumulates[name],
            series,
          })),
        ),
      x: "population",
      y: "weights added",
    }),
    {
      caption:
        "Additions of a weight for each spike and each connection that is left. Only the raw values at the first layer are multiplied.",
    },
  )

/** A sine, and what memories read of it `theta` steps later. */
export const windowFigure = (
  samples: readonly { x: number; y: number; series: string }[],
  theta: number,
): FigureEvent =>
  figure(
    "window",
    `What the memory holds: the input of ${theta} steps ago`,
    lines({ samples, x: "step", y: "value", controls: ["transposed matrix"], points: false }),
    {
      caption:
        "The sum of the coefficients of the linear system is its input of a window ago; with the transposed matrix it is not.",
    },
  )
