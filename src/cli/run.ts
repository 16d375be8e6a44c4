import fs from "node:fs"
import path from "node:path"
import { Command, Option } from "commander"
import { DataSource } from "../data/index.ts"
import { nodeFiles } from "../data/node-files.ts"
import { activeDevice, CajalError, type DeviceName, useDevice } from "../engine/index.ts"
import {
  allowed,
  defaultSeed,
  execute,
  type PresetName,
  presetNames,
  type ResultEvent,
  type RunEvent,
  resolveParameters,
  type System,
} from "../run/index.ts"
import { reportOf } from "../run/report.ts"
import { createRun, type DiskStore, fileName, resumableRuns, resumeRun, writeWhole } from "../run/store.ts"
import { formatDuration, formatNumber } from "../view/index.ts"
import { claimsTable } from "./claims-table.ts"
import { parseWith, wholeNumber } from "./commander.ts"
import { exitCodes } from "./exit-codes.ts"
import { commandName, version } from "./package-info.ts"
import { loadSystem, registry } from "./registry.ts"
import { recordPicture, recordResult } from "./results.ts"
import { type Screen, screenFor, terminalWidth } from "./terminal.ts"
import { textTable } from "./text-table.ts"

interface RunFlags {
  preset?: PresetName
  seed?: string
  device?: DeviceName
  json?: boolean
  resume?: true | string
  out: string
  record?: boolean
  count?: boolean
  [parameter: string]: unknown
}

/** `cajal run <system> ...`: runs a system, shows its progress, keeps and reports what it measured. Gives the exit code. */
export async function runCommand(name: string, args: readonly string[]): Promise<number> {
  const system = await loadSystem(name)
  const flags = parseWith<RunFlags>(commandFor(name, system), args)
  if (flags === undefined) return exitCodes.done
  const store = flags.resume === undefined ? start(system, flags) : resume(name, system, flags)
  const again = [commandName, "run", name, "--resume", store.id, ...(flags.out === "runs" ? [] : ["--out", flags.out])]
  try {
    return await follow(system, store, flags, again.join(" "))
  } finally {
    store.close()
  }
}

/** The flags of one system: those of every run, and one for each of its parameters. */
export function commandFor(name: string, system: System): Command {
  const command = new Command(`${commandName} run ${name}`)
    .description(`${system.card.title}\n\n${system.card.summary}`)
    .addOption(
      new Option("--preset <name>", "how much to run: smoke, quick or full").choices(presetNames).default("quick"),
    )
    .option("--seed <number>", `the seed of all random numbers (default: ${defaultSeed})`)
    .addOption(
      new Option("--device <name>", "where tensors are computed (default: wasm)").choices(["wasm", "reference"]),
    )
    .option("--json", "print one run event a line, the result last")
    .option("--resume [run]", "go on with a run that did not end: the latest, or the one named")
    .option("--out <folder>", "where the run's folder is made", "runs")
    .option("--count", "count operations, bytes and spikes of all compiled functions, and estimate their energy")
    .option("--record", "keep the result in results/, for cajal table")
  for (const [parameter, schema] of Object.entries(system.parameters)) {
    const help = [schema.label, `(${allowed(schema)})`, schema.help].filter(Boolean).join(" ")
    command.addOption(new Option(`--${parameter} ${schema.kind === "flag" ? "[value]" : "<value>"}`, help))
  }
  return command
}

function start(system: System, flags: RunFlags): DiskStore {
  const preset = flags.preset ?? "quick"
  if (flags.device !== undefined) useDevice(flags.device)
  const { name, threads } = activeDevice()
  const parameters = resolveParameters(system, preset, givenParameters(system, flags))
  const startedAt = new Date().toISOString()
  const seed = flags.seed === undefined ? defaultSeed : wholeNumber("seed", flags.seed, 0, 0xffffffff)
  return createRun(flags.out, { system: system.slug, preset, seed, parameters, device: name, threads, startedAt })
}

function resume(name: string, system: System, flags: RunFlags): DiskStore {
  const given = Object.keys(givenParameters(system, flags))
  for (const name of ["seed", "device"]) if (flags[name] !== undefined) given.push(name)
  if (given.length > 0) {
    throw new CajalError(`a resumed run keeps its settings: leave out --${given.join(", --")}`, {
      hint: `to change them, start a new run without --resume`,
    })
  }
  const id = typeof flags.resume === "string" ? flags.resume : resumableRuns(flags.out, system.slug)[0]
  if (id === undefined) {
    throw new CajalError(`there is no run of ${system.slug} in ${flags.out} to resume`, {
      hint: `start one: ${commandName} run ${name}`,
    })
  }
  const store = resumeRun(flags.out, path.basename(id), system.slug)
  useDevice(store.settings.device as DeviceName)
  return store
}

const givenParameters = (system: System, flags: RunFlags): Record<string, unknown> =>
  Object.fromEntries(Object.keys(system.parameters).flatMap((name) => (name in flags ? [[name, flags[name]]] : [])))

async function follow(system: System, store: DiskStore, flags: RunFlags, again: string): Promise<number> {
  const { settings } = store
  const json = flags.json === true
  const screen = json
    ? silentScreen
    : screenFor(process.stderr.isTTY && process.stdout.isTTY ? process.stderr : process.stdout)
  const stop = stopSignals()
  const data = new DataSource(nodeFiles(), {
    onProgress: (label, done, total) => show(screen, json, { type: "progress", label, done, total: total ?? 0 }),
  })
  if (store.restored !== undefined)
    screen.line(`resumed after ${formatDuration(store.restored.elapsedMs)}: ${store.folder}`)
  else if (flags.resume !== undefined)
    screen.line(`${store.folder} has no checkpoint yet: it starts from its beginning`)
  // What every output must say is said again by the process that goes on with the run.
  for (const event of store.restored?.events ?? []) if (event.type === "note") show(screen, json, event)
  const reporting = { ...store, finish: (result: ResultEvent) => finish(system, store, result) }
  try {
    const events = execute(system, {
      ...settings,
      data,
      signal: stop.signal,
      device: deviceOf(settings),
      systems: await registry(),
      store: reporting,
      count: flags.count === true,
    })
    for await (const event of events) {
      if (event.type === "result") {
        screen.end()
        if (flags.record === true) {
          recordResult(event)
          await recordPicture(system, store.events())
        }
        if (json) writeLine(event)
        else await printEnd(system, store, event)
      } else show(screen, json, event)
    }
    return exitCodes.done
  } catch (error) {
    screen.end()
    if (!stop.signal.aborted) {
      if (store.restored !== undefined || fs.existsSync(path.join(store.folder, "checkpoint.safetensors"))) {
        console.error(`cajal: the run failed; from its last checkpoint it goes on with: ${again}`)
      }
      throw error
    }
    console.error(`cajal: stopped; go on with: ${again}`)
    return stop.exitCode()
  } finally {
    stop.release()
  }
}

const deviceOf = ({ device, threads }: { device: string; threads: number }) => ({ name: device, threads })

const silentScreen: Screen = { progress: () => {}, line: () => {}, end: () => {} }

function show(screen: Screen, json: boolean, event: RunEvent): void {
  if (json) writeLine(withoutArrays(event))
  else if (event.type === "progress") screen.progress(event.label, event.done, event.total)
  else if (event.type === "log") screen.line(event.text)
}

/** Arrays are in files. */
function withoutArrays(event: RunEvent): object {
  if (event.type === "checkpoint") return { type: event.type }
  return event.type === "model" ? { type: event.type, name: event.name } : event
}

const writeLine = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)

/** Keeps the report and the figures, then the result: a run that has its result has everything. */
async function finish(system: System, store: DiskStore, result: ResultEvent): Promise<void> {
  const events = store.events()
  const { startedAt } = store.settings
  const report = await reportOf({ card: system.card, claims: system.claims, events, result, startedAt, version })
  const figures = path.join(store.folder, "figures")
  fs.mkdirSync(figures, { recursive: true })
  for (const event of events) {
    if (event.type !== "figure") continue
    const file = path.join(figures, fileName(event.id))
    if (event.spec === undefined) writeWhole(`${file}.svg`, event.svg)
    else writeWhole(`${file}.vl.json`, JSON.stringify(event.spec))
  }
  writeWhole(path.join(store.folder, "report.html"), report)
  store.finish(result)
}

async function printEnd(system: System, store: DiskStore, result: ResultEvent): Promise<void> {
  const { preset, seed, device, threads, wallMs } = result
  const where = `${device}, ${threads === 1 ? "1 thread" : `${threads} threads`}`
  console.log(`${system.slug} · ${preset} · seed ${seed} · ${where} · ${formatDuration(wallMs)}\n`)
  if (result.claims.length > 0) console.log(`${claimsTable(result.claims, system.claims, terminalWidth())}\n`)
  const counted = store.events().findLast((event) => event.type === "table" && event.id === "operations")
  if (counted?.type === "table") {
    const rows = counted.rows.map(([what, much]) => [`${what}`, formatNumber(much as number)])
    console.log(`${textTable([{ title: "operations", share: 1 }, { title: "" }], rows, terminalWidth())}\n`)
  }
  const notes = store.events().flatMap((event) => (event.type === "note" ? [event.text] : []))
  for (const text of new Set(notes)) console.log(`note: ${text}`)
  console.log(`report: ${path.join(store.folder, "report.html")}`)
}

/** The first Ctrl-C or SIGTERM asks the run to stop, the second ends the process at once. */
function stopSignals() {
  const controller = new AbortController()
  let code: number = exitCodes.interrupted
  const ask = (name: NodeJS.Signals) => {
    code = name === "SIGTERM" ? exitCodes.terminated : exitCodes.interrupted
    if (controller.signal.aborted) process.exit(code)
    controller.abort(new Error(`stopped by ${name}`))
  }
  process.on("SIGINT", ask)
  process.on("SIGTERM", ask)
  return {
    signal: controller.signal,
    exitCode: () => code,
    release: () => {
      process.off("SIGINT", ask)
      process.off("SIGTERM", ask)
    },
  }
}
