/** Our side of a simulation, made ready. */
import { type RunOptions, type Simulation, simulator } from "../../src/neuro/index.ts"
import type { SimulationCase } from "../cases/simulations.ts"
import type { Answer } from "./participant.ts"

/** Stretches of a round: all are of one length, so that one program is compiled. */
const stretches = 10

export class OurSimulation {
  readonly buildMs: number
  readonly #names: readonly string[]
  readonly #stretchMs: number
  readonly #run: (options: RunOptions) => Promise<Simulation>
  #last: Simulation

  private constructor(
    { populations, durationMs }: SimulationCase,
    run: (options: RunOptions) => Promise<Simulation>,
    last: Simulation,
    buildMs: number,
  ) {
    this.#names = Object.keys(populations)
    this.#stretchMs = durationMs / stretches
    this.#run = run
    this.#last = last
    this.buildMs = buildMs
  }

  /** Draws and compiles: the build time is all until the end of the first stretch, less what the second takes. */
  static async of(one: SimulationCase): Promise<OurSimulation> {
    const stretchMs = one.durationMs / stretches
    const begun = performance.now()
    const { run } = simulator(one.ours(), { dtMs: 0.1, seed: 1 })
    const first = await run({ durationMs: stretchMs, stretchMs })
    const built = performance.now()
    const second = await run({ durationMs: stretchMs, stretchMs, from: first.end })
    return new OurSimulation(one, run, second, Math.max(0, built - begun - (performance.now() - built)))
  }

  async simulate(settleMs: number, durationMs: number): Promise<Answer> {
    await this.#advance(settleMs)
    const begun = performance.now()
    await this.#advance(durationMs)
    const ms = performance.now() - begun
    const counts = Object.entries(this.#last.spikes).map(([name, { neurons }]) => [name, neurons.length] as const)
    const all = counts.reduce((sum, [, count]) => sum + count, 0)
    return { ms, spikes: this.#names.includes("all") ? { all } : Object.fromEntries(counts) }
  }

  async #advance(durationMs: number): Promise<void> {
    if (durationMs > 0) this.#last = await this.#run({ durationMs, stretchMs: this.#stretchMs, from: this.#last.end })
  }
}
