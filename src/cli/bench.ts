import fs from "node:fs"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { Command, Option } from "commander"
import { DataSource } from "../data/index.ts"
import { nodeFiles } from "../data/node-files.ts"
import { activeDevice, CajalError, Profile, useProfile } from "../engine/index.ts"
import { defaultSeed, execute, type PresetName, presetNames } from "../run/index.ts"
import { writeWhole } from "../run/store.ts"
import { drawFlame, formatDuration } from "../view/index.ts"
import { parseWith } from "./commander.ts"
import { commandName, packageRoot } from "./package-info.ts"
import { barsOf, flameOf, tableOf } from "./profile-view.ts"
import { loadSystem } from "./registry.ts"
import { screenFor, terminalWidth } from "./terminal.ts"

interface ProfileFlags {
  profile: string
  preset: PresetName
  out?: string
  json?: boolean
}

/**
 * `cajal bench [group...]`: the benchmark suite, in a checkout. `cajal bench --profile <system>`: runs a system and says where its time goes,
 * kernel by kernel.
 */
export async function benchCommand(args: readonly string[]): Promise<void> {
  if (args.some((arg) => arg === "--profile" || arg.startsWith("--profile="))) {
    const flags = parseWith<ProfileFlags>(profileCommand(), args)
    if (flags !== undefined) await profileSystem(flags)
    return
  }
  const suite = path.join(packageRoot, "bench", "run.ts")
  const isHelp = args.includes("--help")
  if (isHelp) console.log(`${profileCommand().helpInformation()}`)
  if (fs.existsSync(suite)) {
    const { main } = (await import(pathToFileURL(suite).href)) as { main: (args: readonly string[]) => Promise<void> }
    return main(args)
  }
  if (isHelp) return
  throw new CajalError("the benchmarks are not part of the installed package", {
    hint: `they run in a checkout of the source; ${commandName} bench --profile <system> works everywhere`,
  })
}

const profileCommand = (): Command =>
  new Command(`${commandName} bench`)
    .description("runs a system and says where its time goes, kernel by kernel; or the benchmark suite, in a checkout")
    .requiredOption("--profile <system>", "the system to run")
    .addOption(new Option("--preset <name>", "how much of it").choices(presetNames).default("smoke"))
    .option("--out <file>", "where the figure is written (default: <system>-profile.svg)")
    .option("--json", "the kernels as JSON, and no figure")

async function profileSystem({ profile: name, preset, out, json = false }: ProfileFlags): Promise<void> {
  const profile = new Profile()
  useProfile(profile)
  try {
    const system = await loadSystem(name)
    const { name: device, threads } = activeDevice()
    const screen = screenFor(process.stderr)
    const started = performance.now()
    const data = new DataSource(nodeFiles())
    const events = execute(system, { preset, seed: defaultSeed, data, device: { name: device, threads } })
    for await (const event of events)
      if (event.type === "progress" && !json) screen.progress(event.label, event.done, event.total)
    if (!json) screen.end()
    const wallMs = performance.now() - started
    const kernels = profile.kernels()
    const kernelMs = kernels.reduce((total, { ms }) => total + ms, 0)
    const { compiled, runs } = profile.programs
    if (json)
      return console.log(JSON.stringify({ system: system.slug, preset, wallMs, kernelMs, compiled, runs, kernels }))
    const file = out ?? `${system.slug}-profile.svg`
    const title = `${system.slug} · ${preset} · ${device}, one thread`
    console.log(`${title} · ${formatDuration(kernelMs)} in kernels of ${formatDuration(wallMs)}`)
    console.log(`${compiled} programs compiled, run ${runs} times; the rest is compiling, data and JavaScript\n`)
    console.log(`${tableOf(kernels, terminalWidth())}\n\n${barsOf(kernels, terminalWidth())}\n`)
    writeWhole(file, drawFlame(flameOf(title, kernels)))
    console.log(`figure: ${file}`)
  } finally {
    useProfile(undefined)
  }
}
