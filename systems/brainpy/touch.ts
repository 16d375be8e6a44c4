/** A neuron under the reader's hands: it takes the current that they hold. */
import { jit, scalar, scan, type Tensor } from "../../src/engine/index.ts"
import type { Membrane } from "../../src/neuro/index.ts"
import { figure, level, pick, touch, turns } from "../../src/run/index.ts"
import { lines, panels } from "../../src/view/index.ts"
import { type AnyNeuron, cases } from "./neurons.ts"
import type { parameters } from "./parameters.ts"

const stepMs = 0.1
/** Model time is shown ten times slower than it is: a hand is slower than a neuron. */
const turnMs = 60
const stepsOfTurn = turnMs / 10 / stepMs
/** A point of the trace every so many steps. */
const stride = 4
const shownMs = 200

export const neuronTouch = touch<typeof parameters, typeof inputs>({
  about: "Hold the current and let it go, and watch the neuron, ten times slower than it is.",
  inputs: () => inputs,
  async *run({ signal, inputs }) {
    let own = neuronNamed(inputs.value("neuron"))
    for await (const _ of turns(turnMs, signal)) {
      const name = inputs.value("neuron")
      if (name !== own.name) own = neuronNamed(name)
      own.go(inputs.value("current") * own.usual)
      yield figure("membrane", own.name, own.picture(), {
        caption: `Time goes ten times slower. Current 1 is ${own.usual} in the unit of the model, which makes it fire.`,
      })
    }
  },
})

const inputs = {
  neuron: pick("neuron", { options: cases.map(({ name }) => name) }),
  current: level("current", {
    from: -1,
    to: 3,
    start: 0,
    springs: true,
    unit: "×",
    help: "times the current that makes the neuron fire",
  }),
}

interface Point {
  readonly x: number
  readonly v: number
  readonly current: number
}

class HeldNeuron {
  readonly name: string
  /** A current that makes it fire, in the unit of the model. */
  readonly usual: number
  readonly #run: (state: Membrane, current: Tensor) => readonly [Membrane, Tensor]
  #state: Membrane
  #points: Point[] = []
  #steps = 0

  constructor(name: string, model: AnyNeuron, usual: number) {
    this.name = name
    this.usual = usual
    this.#state = model.state([1]) as Membrane
    this.#run = jit((first: Membrane, current: Tensor) =>
      scan(
        (state: Membrane) => {
          const next = model(state, current, {}, stepMs)[0] as Membrane
          return [next, next.v as Tensor]
        },
        first,
        undefined,
        { length: stepsOfTurn },
      ),
    )
  }

  /** One turn with a constant current. */
  go(current: number): void {
    const [state, v] = this.#run(this.#state, scalar(current))
    this.#state = state
    const potentials = v.array()
    for (let i = stride - 1; i < potentials.length; i += stride)
      this.#points.push({ x: (this.#steps + i + 1) * stepMs, v: potentials[i], current: current / this.usual })
    this.#steps += stepsOfTurn
    const from = this.#steps * stepMs - shownMs
    this.#points = this.#points.filter(({ x }) => x > from)
  }

  picture() {
    const now = Math.max(shownMs, this.#steps * stepMs)
    const x = { title: "time (ms)", domain: [now - shownMs, now] as const }
    const trace = (of: "v" | "current", y: { title: string; domain?: readonly [number, number] }, height: number) => ({
      title: "",
      spec: lines({
        samples: this.#points.map((point) => ({ x: point.x, y: point[of] })),
        x,
        y,
        points: false,
        height,
      }),
    })
    return panels(
      [
        trace("v", { title: "potential (mV)", domain: [-100, 60] }, 180),
        trace("current", { title: "current (×)", domain: [-1, 3] }, 60),
      ],
      1,
    )
  }
}

function neuronNamed(name: string): HeldNeuron {
  const { model, current } = cases.find((one) => one.name === name)!
  return new HeldNeuron(name, model, current)
}
