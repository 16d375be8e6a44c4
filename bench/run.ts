/**
 * The benchmarks: our side and other people's software, measured in turn in one run.
 *
 *   npm run bench                            every group
 *   npm run bench -- dense spiking           some of: dense, spiking, scan, simulation, rules, startup, sizes
 *   npm run bench -- --install               installs the other software into a private folder, then stops
 *   npm run bench -- --help                  all options
 */
import path from "node:path"
import { parseArgs } from "node:util"
import { CajalError } from "../src/engine/index.ts"
import { writeWhole } from "../src/run/store.ts"
import { cases } from "./cases/index.ts"
import { simulations } from "./cases/simulations.ts"
import { type Case, type Group, groups } from "./harness/case.ts"
import { drawFigure } from "./harness/figure.ts"
import { type DetailedLine, promised } from "./harness/line.ts"
import { ourVersion, thisMachine } from "./harness/machine.ts"
import { measure, type Settings } from "./harness/measure.ts"
import { writeProfiles } from "./harness/profile.ts"
import { newestResults, resultsFolder, writeResult } from "./harness/results.ts"
import { rules } from "./harness/rules.ts"
import { Sides } from "./harness/sides.ts"
import { lineNames, measureSimulation } from "./harness/simulate.ts"
import { sizeLines } from "./harness/sizes.ts"
import { compileTime, firstResult } from "./harness/startup.ts"
import { tableOf } from "./harness/table.ts"

const help = `npm run bench -- [group...] [options]

groups: ${groups.join(", ")}; all of them when none is named

  --threads n    threads of every side, 1 or 2 (default 2); lines that name their threads keep them
  --rounds n     how often each side is measured, in turn (default 7)
  --slice ms     how long each side runs in a round, at least (default 100)
  --only text    only lines whose name contains the text; writes no files
  --peers a,b    only these peers, or none; writes no files
  --worst n      profiles of the n lines furthest behind go to results/profiles.md (default 3)
  --json         prints one object: { lines: [{ name, unit, ours, peers, ratio }], machine }
  --dry          writes no files
  --install      installs the peers, then stops`

interface Choice extends Settings {
  readonly groups: readonly Group[]
  readonly threads: number
  readonly only: string
  readonly wanted: (peer: string) => boolean
  readonly json: boolean
  readonly dry: boolean
}

export async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args)
  if (values.help) return console.log(help)
  if (values.install) return (await import("./install.ts")).install()
  const choice: Choice = {
    groups: positionals.length === 0 ? groups : positionals.map(groupOf),
    threads: wholeNumber("threads", values.threads),
    rounds: wholeNumber("rounds", values.rounds),
    sliceMs: wholeNumber("slice", values.slice),
    only: values.only,
    wanted: (name) => values.peers === undefined || values.peers.split(",").includes(name),
    json: values.json,
    // A part of a group must not take the place of the whole.
    dry: values.dry || values.only !== "" || values.peers !== undefined,
  }
  const profiled = wholeNumber("worst", values.worst)
  const sides = new Sides(choice.wanted)
  const machine = thisMachine()
  const lines: DetailedLine[] = []
  try {
    for (const group of choice.groups) {
      const own = await measureGroup(group, sides, choice)
      lines.push(...own)
      if (!choice.json && own.length > 0) console.log(`\n${group}\n${tableOf(own)}`)
      if (choice.dry || own.length === 0) continue
      const { usedThreads, absent } = sides
      const versions = { ...sides.versions, cajal: { cajal: ourVersion() } }
      writeResult({ group, date: new Date().toISOString(), machine, versions, usedThreads, absent, lines: own })
    }
    for (const [peer, why] of Object.entries(sides.absent)) console.error(`${peer} is absent: ${why}`)
    if (!choice.dry)
      writeProfiles(
        furthestBehind(
          newestResults().flatMap((result) => result.lines),
          profiled,
        ),
      )
    if (!choice.dry) writeWhole(path.join(resultsFolder, "figure.svg"), `${await drawFigure(newestResults())}\n`)
    if (choice.json) console.log(JSON.stringify({ lines: lines.map(promised), machine }))
  } finally {
    sides.end()
  }
}

async function measureGroup(group: Group, sides: Sides, choice: Choice): Promise<DetailedLine[]> {
  const shown = (name: string): boolean => name.includes(choice.only)
  const lines: DetailedLine[] = []
  const note = (line: DetailedLine): void => {
    lines.push(line)
    console.error(`${line.name}: ${line.ours?.toPrecision(3)} ${line.unit}`)
  }
  if (group === "sizes") return (await sizeLines(choice.wanted)).filter(({ name }) => shown(name))
  if (group === "startup") {
    if (shown("import to first result")) note(await firstResult(choice.wanted, choice))
    for (const one of distinctPrograms().filter(({ title }) => shown(`compile: ${title}`)))
      note(await compileTime(one, choice.threads, sides, choice.wanted, choice))
    return lines
  }
  if (group === "rules") {
    for await (const line of rules(cases, choice.threads, shown, choice)) note(line)
    return lines
  }
  if (group === "simulation") {
    for (const one of simulations.filter((any) => lineNames(any).some(shown))) {
      const own = await measureSimulation(one, choice.threads, await sides.all(group, choice.threads), choice.rounds)
      own.filter(({ name }) => shown(name)).forEach(note)
      sides.rest()
    }
    return lines
  }
  const chosen = cases.filter((one) => one.group === group && shown(one.title))
  // Lines of one number of threads follow each other, so that each side has one process at a time.
  const counts = [...new Set(chosen.flatMap((one) => one.threads ?? [choice.threads]))].sort()
  for (const threads of counts) {
    for (const one of chosen) {
      if (!(one.threads ?? [choice.threads]).includes(threads)) continue
      note(await measure(one, sides.inputsFile(one), threads, await sides.all(group, threads), choice))
    }
    sides.rest()
  }
  return lines
}

/** The cases of the lines with the lowest ratios. */
const furthestBehind = (lines: readonly DetailedLine[], count: number) =>
  lines
    .flatMap(({ name, ratio }) => {
      const one = cases.find(({ title }) => name === title)
      return one === undefined || ratio === undefined || ratio === null ? [] : [{ one, ratio }]
    })
    .sort((a, b) => a.ratio - b.ratio)
    .slice(0, count)

/** The first case of each work: what is compiled differs little by size. */
const distinctPrograms = (): Case[] =>
  cases.filter(({ group, work }, i) => group !== "rules" && cases.findIndex((one) => one.work === work) === i)

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: "boolean", default: false },
        install: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        dry: { type: "boolean", default: false },
        threads: { type: "string", default: "2" },
        rounds: { type: "string", default: "7" },
        slice: { type: "string", default: "100" },
        only: { type: "string", default: "" },
        peers: { type: "string" },
        worst: { type: "string", default: "3" },
      },
    })
  } catch (error) {
    throw new CajalError((error as Error).message, { hint: "npm run bench -- --help" })
  }
}

function groupOf(name: string): Group {
  const found = groups.find((group) => group === name)
  if (found === undefined) throw new CajalError(`there is no group "${name}"`, { hint: `groups: ${groups.join(", ")}` })
  return found
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1) return value
  throw new CajalError(`--${name} must be a whole number above 0, not ${text}`)
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof CajalError)) throw error
    console.error(`bench: ${error.describe()}`)
    process.exitCode = 2
  }
}
