/** Learning rules beside backpropagation: time and memory of a step, each side in a process of its own. */
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { writeSafetensors } from "../../src/data/formats/safetensors.ts"
import { CajalError } from "../../src/engine/index.ts"
import type { Case, Unit } from "./case.ts"
import { type DetailedLine, ratioOf } from "./line.ts"
import { median, type Settings } from "./measure.ts"
import { type Answer, Participant, type ProgramSummary } from "./participant.ts"
import { ourCommand } from "./peers.ts"

/** Two lines for each rule that is shown: milliseconds of a step, and the most bytes that it holds. */
export async function* rules(
  cases: readonly Case[],
  threads: number,
  shown: (line: string) => boolean,
  settings: Settings,
): AsyncGenerator<DetailedLine, void, void> {
  const all = cases.filter(({ group }) => group === "rules")
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-bench-"))
  const file = path.join(folder, "inputs.safetensors")
  const [base, rule] = [0, 1].map(() => new Participant(ourCommand(threads)))
  try {
    fs.writeFileSync(file, writeSafetensors(all[0].inputs()))
    const basis = await prepare(base, all[0], file)
    for (const one of all.slice(1)) {
      const lines: [name: string, unit: Unit][] = [
        [`${one.title}, a step`, "ms"],
        [`${one.title}, peak memory`, "MB"],
      ]
      if (!lines.some(([name]) => shown(name))) continue
      const program = await prepare(rule, one, file)
      const samples = await inTurns(base, rule, settings)
      const memory = { ours: [program.peakBytes / 1e6], base: [basis.peakBytes / 1e6] }
      for (const [name, unit] of lines) {
        if (!shown(name)) continue
        const { ours, base } = unit === "ms" ? samples : memory
        const peers = { backpropagation: median(base) }
        yield {
          name,
          unit,
          ours: median(ours),
          peers,
          ratio: ratioOf(unit, median(ours), peers),
          threads,
          absent: {},
          samples: { cajal: ours, backpropagation: base },
          program,
        }
      }
    }
  } finally {
    base.end()
    rule.end()
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

async function prepare(side: Participant, { work, title, parameters }: Case, inputs: string): Promise<ProgramSummary> {
  const { program } = checked(await side.ask({ do: "prepare", work, title, parameters, inputs }), title)
  return program!
}

/** Rounds of either side in turn, each of at least a slice. */
async function inTurns(base: Participant, rule: Participant, { rounds, sliceMs }: Settings) {
  const measure = async (side: Participant, runs: number): Promise<number> =>
    checked(await side.ask({ do: "measure", runs, warm: 1 }), side.name).ms!
  const samples = { base: [] as number[], ours: [] as number[] }
  const forBase = Math.ceil(sliceMs / (await measure(base, 3)))
  const forRule = Math.ceil(sliceMs / (await measure(rule, 3)))
  for (let round = 0; round < rounds; round++) {
    samples.base.push(await measure(base, forBase))
    samples.ours.push(await measure(rule, forRule))
  }
  return samples
}

function checked(answer: Answer, of: string): Answer {
  const why = answer.error ?? answer.absent
  if (why === undefined) return answer
  throw new CajalError(`${of} cannot be measured: ${why}`)
}
