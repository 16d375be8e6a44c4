import { flatten, type Tensor } from "../../src/engine/index.ts"
import { metric, progress, type RunEvent } from "../../src/run/index.ts"
import { type Arm, batchOf, chosenSteps, type Examples, gradientProgram } from "./arms.ts"
import type { Batch, Setting, SpikingNetwork } from "./model.ts"

/** What one gradient of an arm takes at a number of time steps. */
export type Cost = {
  readonly arm: string
  readonly steps: number
  /** Activations and residuals of the compiled program: parameters, gradients and optimiser state are not among them. */
  readonly bytes: number
  /** Median of five gradients. */
  readonly ms: number
}

interface Measurement {
  readonly network: SpikingNetwork
  readonly train: Examples
  readonly batch: number
  readonly steps: readonly number[]
  readonly arms: readonly Arm[]
  settingFor(steps: number): Setting
}

const warmUps = 2
const timed = 5

/** Memory (from the static plan) and time of one gradient of every arm, at several numbers of steps. */
export async function* measureCosts({
  network,
  train,
  batch: size,
  steps,
  arms,
  settingFor,
}: Measurement): AsyncGenerator<RunEvent, Cost[], void> {
  const rows = Int32Array.from({ length: size }, (_, i) => i)
  const plain = batchOf(train, rows)
  const costs: Cost[] = []
  for (const [i, T] of steps.entries())
    for (const [j, arm] of arms.entries()) {
      yield progress("memory and time", i * arms.length + j, steps.length * arms.length)
      const { rule } = arm
      if (typeof rule === "object" && rule.k > T) continue
      const program = gradientProgram(rule, settingFor(T))
      const batch = typeof rule === "object" ? { ...plain, chosen: chosenSteps(rule.k, T, 0, 0) } : plain
      const { bytes, ms, passes } = cost(program as never, network, batch)
      costs.push({ arm: arm.name, steps: T, bytes, ms })
      yield metric(`${arm.name}/bytes@${T}`, bytes, { unit: "B" })
      yield metric(`${arm.name}/ms@${T}`, ms, { unit: "ms", timing: true })
      if (passes !== undefined) yield metric(`${arm.name}/passes@${T}`, passes)
    }
  return costs
}

type GradientProgram = ((network: SpikingNetwork, batch: Batch) => readonly Tensor[]) & {
  program(network: SpikingNetwork, batch: Batch): { report: { temporaryBytes: number } }
}

function cost(
  program: GradientProgram,
  network: SpikingNetwork,
  batch: Batch,
): { bytes: number; ms: number; passes: number | undefined } {
  const times: number[] = []
  let passes: number | undefined
  for (let i = 0; i < warmUps + timed; i++) {
    const started = performance.now()
    const results = program(network, batch)
    times.push(performance.now() - started)
    passes = results[2]?.item()
    for (const x of flatten(results).leaves) x.dispose()
  }
  const sorted = times.slice(warmUps).sort((a, b) => a - b)
  return {
    bytes: program.program(network, batch).report.temporaryBytes,
    ms: sorted[Math.floor(sorted.length / 2)],
    passes,
  }
}
