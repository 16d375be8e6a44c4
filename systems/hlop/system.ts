import { hostRandom, Tensor, zeros } from "../../src/engine/index.ts"
import { inside, principalDirections, randomDirections } from "../../src/learn/index.ts"
import { figure, metric, note, type RunContext, type RunEvent, Stages, system, table } from "../../src/run/index.ts"
import { diagramWith } from "../../src/view/index.ts"
import { type Arm, armsOf, shapedFor } from "./arms.ts"
import { claims } from "./claims.ts"
import { averageAccuracy, backwardTransfer, type Lesson, learnTasks, programsOf } from "./continual.ts"
import { drawLateral, drawRows } from "./drawing.ts"
import { matrixFigure, residualFigure, type Summary, summaryFigure, updatesFigure } from "./figures.ts"
import { residualPercent } from "./measures.ts"
import { type Batch, gradientOf, type Learner } from "./model.ts"
import { check, moduleNames, parameters, pixels, settingOf, type Values, warnings } from "./parameters.ts"
import { type Examples, examplesOf, firstExamples, permuted, pixelOrder } from "./tasks.ts"
import { taskTouch } from "./touch.ts"

/** Images that the subspaces are measured on. */
const heldOut = 3000

export default system({
  slug: "hlop",
  parameters,
  presets: {
    smoke: {
      ...{ tasks: 2, hidden: 50, images: 1000, testImages: 500 },
      ...{ firstInput: 40, firstHidden: 20, firstReadout: 20, nextInput: 40, nextHidden: 10, nextReadout: 10 },
    },
    quick: { seeds: 2 },
    full: {
      ...{ tasks: 10, hidden: 400, images: 10_000, testImages: 10_000, arms: "six", seeds: 3 },
      ...{ firstInput: 80, firstHidden: 120, firstReadout: 100 },
      ...{ nextInput: 70, nextHidden: 35, nextReadout: 35, shrink: 2 / 7 },
    },
  },
  standIn: true,
  check,
  run,
  claims,
  touch: taskTouch,
  cover: "matrix",
  circuit: (p) =>
    diagramWith(
      { parameters: [0], axes: ["b pixels", "b"] },
      (learner: Learner, batch: Batch) => gradientOf(learner, batch, settingOf(p)),
      shapedFor(p, armsOf(p)[0], 1),
      { images: zeros([p.batch, pixels]), labels: zeros([p.batch], "i32") },
    ),
})

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length

async function* run({
  parameters: p,
  seed,
  data,
  signal,
  resumed,
}: RunContext<typeof parameters>): AsyncGenerator<RunEvent, void, void> {
  const digits = await data.mnist({ limit: p.images, testLimit: Math.max(p.testImages, heldOut) })
  if (digits.note !== undefined) yield note(digits.note)
  yield* warnings(p)
  yield figure(
    "lateral",
    "A layer and its lateral neurons, in the second task",
    drawLateral(p.firstInput, p.nextInput, pixels),
  )
  const [train, unseen] = [examplesOf(digits, "train"), examplesOf(digits, "test")]
  const common = {
    parameters: p,
    signal,
    train,
    heldOut: firstExamples(unseen, heldOut),
  }
  const test = firstExamples(unseen, p.testImages)
  const stages = new Stages(resumed)
  const marks = yield* stages.stage("marks", () => subspaceMarks(p, common.heldOut, seed))

  const lessons: Record<string, Lesson> = {}
  const summaries: Summary[] = []
  for (const arm of armsOf(p)) {
    const all: Lesson[] = []
    const programs = programsOf(arm, p, test)
    const isWatched = (i: number) => arm.name === "hlop" && i === 0
    const runs = arm.once === true ? 1 : p.seeds
    for (let i = 0; i < runs; i++) {
      const name = i === 0 ? arm.name : `${arm.name}.${i + 1}`
      const own = { ...common, arm, programs, name, seed: seed + i, isWatched: isWatched(i) }
      const show = (lesson: Lesson, { laterals }: Learner): RunEvent[] => {
        if (i > 0) return []
        const shown = [matrixFigure({ ...lessons, [arm.title]: lesson }, p.tasks)]
        if (!isWatched(0)) return shown
        const watched = [
          residualFigure(lesson, marks.best),
          ...(lesson.updates.length > 0 ? [updatesFigure(lesson)] : []),
        ]
        if (lesson.matrix.length > 1) return [...shown, ...watched]
        return [...shown, ...watched, rowsFigure(laterals[0].fresh, common.heldOut, seed)]
      }
      const lesson = yield* stages.stage(name, async function* (saved) {
        const lesson = yield* learnTasks({ ...own, show }, saved)
        if (i === runs - 1) yield* summaryMetrics(arm, [...all, lesson])
        return lesson
      })
      all.push(lesson)
    }
    programs.step.dispose()
    lessons[arm.title] = all[0]
    summaries.push({ title: arm.title, acc: mean(all.map(averageAccuracy)), bwt: mean(all.map(backwardTransfer)) })
    if (arm.name === "hlop") yield subspaceTable(all[0], marks)
    yield matrixFigure(lessons, p.tasks)
    yield summaryFigure(summaries)
  }
}

function* summaryMetrics({ name, laterals }: Arm, all: readonly Lesson[]): Generator<RunEvent, void, void> {
  yield metric(`${name}/acc`, mean(all.map(averageAccuracy)), { unit: "%" })
  yield metric(`${name}/bwt`, mean(all.map(backwardTransfer)), { unit: "points" })
  yield metric(`${name}/last`, mean(all.map(({ matrix }) => matrix.at(-1)!.at(-1)!)), { unit: "%" })
  if (laterals !== "hebbian") return
  yield metric(`${name}/first residual`, mean(all.map(({ left }) => left[0])), { unit: "%" })
  yield metric(`${name}/first deviation`, Math.max(...all.map(({ deviations }) => deviations[0][0])))
}

type Marks = { readonly best: number; readonly random: number }

/** What the best subspace of the first task leaves of its images, and what random directions, as many, leave. */
async function* subspaceMarks(p: Values, images: Examples, seed: number): AsyncGenerator<RunEvent, Marks, void> {
  const x = Tensor.from(permuted(images, pixelOrder(seed, 0)).images)
  const random = randomDirections(p.firstInput, pixels, hostRandom(seed).fold(1))
  const left = { best: residualPercent(x, principalDirections(x, p.firstInput)), random: residualPercent(x, random) }
  const marks = { best: left.best.item(), random: left.random.item() }
  x.dispose()
  yield metric("best-directions/residual", marks.best, { unit: "%" })
  yield metric("random-directions/residual", marks.random, { unit: "%" })
  return marks
}

const subspaceTable = ({ left, deviations }: Lesson, { best, random }: Marks): RunEvent =>
  table(
    "subspace",
    "What the lateral neurons found",
    ["task", "energy outside (%)", ...moduleNames.map((name) => `max |H H' - I|, ${name}`)],
    [
      ...left.map((value, task) => [task + 1, value.toFixed(1), ...deviations[task].map((x) => x.toFixed(3))]),
      ["1, principal components", best.toFixed(1), ...moduleNames.map(() => "0")],
      ["1, random directions", random.toFixed(1), ...moduleNames.map(() => "0")],
    ],
  )

/** Some rows as they are, and axes of the subspace that they span: of what the rows hear, the principal components. */
function rowsFigure(rows: Tensor, images: Examples, seed: number) {
  const order = pixelOrder(seed, 0)
  const heard = inside(Tensor.from(permuted(images, order).images), rows)
  const axes = principalDirections(heard, Math.min(6, rows.shape[0]), { rounds: 60 })
  return figure("rows", "Lateral weights of the input after the first task", drawRows([rows, axes], order), {
    caption:
      "Above: rows of H as images, their pixels put back in order; two colours for two signs. Below: the same subspace along its principal axes. Oja's rule finds the space, not the axes: a row is any mixture of them.",
  })
}
