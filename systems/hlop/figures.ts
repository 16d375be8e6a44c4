import { type FigureEvent, figure } from "../../src/run/index.ts"
import { bars, light, lines, panels, type VegaLiteSpec } from "../../src/view/index.ts"
import { controlTitles } from "./arms.ts"
import type { Lesson } from "./continual.ts"
import { moduleNames } from "./parameters.ts"

/** Lessons by the titles of their arms. */
export type Lessons = Readonly<Record<string, Lesson>>

export const matrixFigure = (lessons: Lessons, tasks: number): FigureEvent =>
  figure(
    "matrix",
    "What is recognised, after each task",
    panels(
      Object.entries(lessons).map(([title, { matrix }]) => ({ title, spec: accuracyCells(matrix, tasks) })),
      3,
    ),
    {
      caption:
        "A row is a moment, after one more task was learned; a column is a task. Read a column downwards: what darkens is forgotten.",
    },
  )

/** Accuracies as cells with their numbers. */
function accuracyCells(matrix: Lesson["matrix"], tasks: number): VegaLiteSpec {
  const values = matrix.flatMap((row, k) => row.map((value, j) => ({ after: k + 1, task: j + 1, value })))
  const domain = Array.from({ length: tasks }, (_, i) => i + 1)
  const side = (field: string, title: string) => ({
    field,
    type: "ordinal",
    title,
    scale: { domain },
    axis: { labelAngle: 0, ticks: false, domain: false, grid: false },
  })
  const position = { x: side("task", "task tested"), y: side("after", "after task") }
  const size = Math.max(150, 26 * tasks)
  return {
    data: { values },
    width: size,
    height: size,
    layer: [
      {
        mark: { type: "rect" },
        encoding: {
          ...position,
          color: {
            field: "value",
            type: "quantitative",
            title: "%",
            scale: { range: [light.stain, light.paper], domain: [50, 90], clamp: true },
            legend: null,
          },
        },
      },
      {
        mark: { type: "text", fontSize: 10, color: light.ink },
        encoding: { ...position, text: { field: "value", type: "quantitative", format: ".0f" } },
      },
    ],
  }
}

/** What an arm comes to: means over its runs. */
export interface Summary {
  readonly title: string
  /** %, and points. */
  readonly acc: number
  readonly bwt: number
}

export const summaryFigure = (summaries: readonly Summary[]): FigureEvent =>
  figure(
    "summary",
    "All tasks, in the end",
    bars({
      bars: summaries.flatMap(({ title, acc, bwt }) => [
        { label: "recognised (%)", value: acc, series: title },
        { label: "forgotten (points)", value: -bwt, series: title },
      ]),
      x: "",
      y: "mean over tasks",
      controls: controlTitles,
      format: ".1f",
    }),
    {
      caption:
        "The paper's ACC, and its BWT with the sign turned round: what was lost since a task was learned. Means over runs.",
    },
  )

/** Residual energy while the lateral neurons of the input learn, and the best that is possible. */
export const residualFigure = ({ residuals }: Lesson, best: number): FigureEvent =>
  figure(
    "residual",
    "Energy of a task's images outside of what the lateral neurons know",
    lines({
      samples: residuals.map(({ step, task, value }) => ({ x: step, y: value, series: `task ${task + 1}` })),
      x: "training step of the task",
      y: { title: "energy of held-out images (%)", domain: [0, 100] },
      paper: { value: best, label: `best for task 1: ${best.toFixed(1)} %` },
    }),
    { caption: "Images that no network has seen. The line is what the principal components, as many, leave of them." },
  )

/** Where the weight updates go: into the old subspace, with and without projection. */
export function updatesFigure({ updates }: Lesson): FigureEvent {
  const longest = Math.max(...updates.map(({ step }) => step)) + 1
  const panel = (module: string) => ({
    title: module,
    spec: lines({
      samples: updates
        .filter((one) => one.module === module)
        .flatMap(({ step, task, plain, kept }) => {
          const x = task + 1 + step / longest
          return [
            { x, y: plain, series: "as it would be" },
            { x, y: kept, series: "protected" },
          ]
        }),
      x: "task being learned",
      y: { title: "norm inside (% of the update)", domain: [0, 100] },
      controls: ["as it would be"],
      points: false,
      width: 200,
      height: 160,
    }),
  })
  return figure("updates", "Weight updates inside the subspace of earlier tasks", panels(moduleNames.map(panel), 3), {
    caption: "For the same batches, with the presynaptic side as it is, and without what earlier tasks have used.",
  })
}
