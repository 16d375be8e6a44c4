/** Two networks under the reader's hands, which learn the tasks that are pressed: one with lateral neurons, one without. */
import { hostRandom, jit, scalar, type Tensor } from "../../src/engine/index.ts"
import { type FigureEvent, figure, note, press, pressAddress, touch } from "../../src/run/index.ts"
import { dataColours, drawStrip, light } from "../../src/view/index.ts"
import { type Arm, armsOf, beginTask, startOf, stepOf } from "./arms.ts"
import { drawRead } from "./drawing.ts"
import { evaluator } from "./measures.ts"
import { type Learner, type SpikingNetwork, votes } from "./model.ts"
import type { parameters } from "./parameters.ts"
import { batchesOf, batchOf, type Examples, examplesOf, firstExamples, permuted, pixelOrder } from "./tasks.ts"

/** Training on more than this would keep the reader waiting. */
const most = { tasks: 6, images: 3000, testImages: 500, epochs: 2 }
/** Batches between two pictures. */
const stride = 12
const digitsShown = 10

export const taskTouch = touch<typeof parameters, ReturnType<typeof inputsFor>>({
  about: "Press a task, and both networks learn it; watch whether what they learned before stays.",
  inputs: ({ tasks }) => inputsFor(Math.min(tasks, most.tasks)),
  async *run({ parameters: p, seed, signal, data, inputs }) {
    const tasks = Math.min(p.tasks, most.tasks)
    const digits = await data.mnist({ limit: Math.min(p.images, most.images), testLimit: most.testImages })
    if (digits.note !== undefined) yield note(digits.note)
    const [train, test] = [examplesOf(digits, "train"), examplesOf(digits, "test")]
    const orders = Array.from({ length: tasks }, (_, task) => pixelOrder(seed, task))
    const random = hostRandom(seed)
    const [hlop, baseline] = armsOf(p)
    const pupils = [hlop, baseline].map((arm) => new Pupil(arm, startOf(p, seed), stepOf(arm, p), p.rate))
    const accuracy = evaluator(hlop.setting, test)
    const shown = firstExamples(test, digitsShown)
    const known: number[] = []
    const pictures = (now: string): FigureEvent[] => [
      tasksFigure(
        pupils.map(({ learner }) => orders.map((order) => accuracy(learner.network, order))),
        known,
        now,
      ),
      ...known.slice(0, 1).map((first) =>
        readFigure(
          shown,
          pupils.map((pupil) => pupil.reads(permuted(shown, orders[first]))),
          first,
        ),
      ),
    ]
    yield* pictures("Press a task.")
    for (;;) {
      await inputs.wait(signal)
      for (const task of inputs.take("task")) {
        if (known.includes(task)) continue
        known.push(task)
        for (const pupil of pupils) pupil.learner = beginTask(pupil.learner, pupil.arm, p, known.length - 1, random)
        const examples = permuted(train, orders[task])
        for (let epoch = 0; epoch < Math.min(p.epochs, most.epochs); epoch++)
          for (const { batch, index } of batchesOf(examples, p.batch, seed, task * most.epochs + epoch, 0)) {
            for (const pupil of pupils) pupil.learn({ ...batch, isHeard: index % p.hebbEvery === 0 })
            if (index % stride !== stride - 1) continue
            yield* pictures(`They are learning task ${task + 1}.`)
            await new Promise((resolve) => setTimeout(resolve))
            signal.throwIfAborted()
          }
        yield* pictures(known.length === tasks ? "They have learned all tasks." : "Press another task.")
      }
    }
  },
})

const inputsFor = (tasks: number) => ({ task: press("learn a task", { below: tasks }) })

class Pupil {
  readonly arm: Arm
  learner: Learner
  readonly #step: ReturnType<typeof stepOf>
  readonly #rate: number
  readonly #votes: (network: SpikingNetwork, images: Tensor) => Tensor

  constructor(arm: Arm, learner: Learner, step: ReturnType<typeof stepOf>, rate: number) {
    this.arm = arm
    this.learner = learner
    this.#step = step
    this.#rate = rate
    this.#votes = jit((network: SpikingNetwork, images: Tensor) => votes(network, images, arm.setting).argmax())
  }

  learn(batch: Parameters<ReturnType<typeof stepOf>>[1]): void {
    const isHeard = batch.isHeard && this.arm.laterals !== "none"
    const [next, loss, largest] = this.#step(this.learner, { ...batch, isHeard }, scalar(this.#rate))
    for (const x of [loss, ...largest]) x.dispose()
    this.learner = next
  }

  reads(examples: Examples): number[] {
    const rows = Int32Array.from({ length: examples.labels.shape[0] }, (_, i) => i)
    return [...this.#votes(this.learner.network, batchOf(examples, rows).images).array()]
  }
}

const names = ["HLOP", "no projection"]
const fills = [dataColours[0], light.quiet]

function tasksFigure(accuracies: readonly number[][], known: readonly number[], now: string): FigureEvent {
  const bars = accuracies[0].flatMap((_, task) =>
    accuracies.map((of, i) => ({
      height: of[task] / 100,
      fill: fills[i],
      label: `task ${task + 1}, ${names[i]}: ${of[task].toFixed(0)} %`,
      hollow: !known.includes(task),
      href: pressAddress("task", task),
    })),
  )
  const legend = names.map((label, i) => ({ label, fill: fills[i] }))
  const order = known.length === 0 ? "" : ` Learned so far: ${known.map((task) => task + 1).join(", ")}.`
  return figure("tasks", "Digits recognised in each task", drawStrip(bars, { label: "tasks", legend }), {
    caption: `${now}${order} Two bars a task, ${names.join(" and ")}; outlined: not learned yet.`,
  })
}

const readFigure = (shown: Examples, reads: readonly number[][], first: number): FigureEvent =>
  figure(
    "read",
    `Digits of task ${first + 1}, the first that was learned`,
    drawRead(
      shown.images.data as Float32Array,
      [...shown.labels.data].map(Number),
      names.map((name, i) => ({ name, read: reads[i] })),
    ),
    { caption: "The networks see these with their pixels in the order of the task. What is read wrong is marked." },
  )
