/** Fresh processes: how long until a library has given its first result, and how long each program takes to compile. */
import { spawn } from "node:child_process"
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { bundle, engineEntry } from "./bundle.ts"
import type { Case } from "./case.ts"
import { type DetailedLine, ratioOf } from "./line.ts"
import { median, type Settings } from "./measure.ts"
import { Participant } from "./participant.ts"
import { commandFor, isInstalled, ourCommand, peers, pythonOf } from "./peers.ts"
import type { Sides } from "./sides.ts"

const scripts = path.join(import.meta.dirname, "..", "peers", "startup")

/** From the import of the library to the first element of a 64 x 64 product, read back, in a process of its own. */
export async function firstResult(wanted: (name: string) => boolean, { rounds }: Settings): Promise<DetailedLine> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-bench-"))
  try {
    const commands: Record<string, readonly [file: string, script: string]> = {
      cajal: [process.execPath, await ourScript(folder)],
    }
    const absent: Record<string, string> = {}
    for (const peer of peers) {
      const script = path.join(scripts, `${peer.name}.${peer.environment === undefined ? "js" : "py"}`)
      if (!wanted(peer.name) || !fs.existsSync(script)) continue
      const file = peer.environment === undefined ? process.execPath : pythonOf(peer.environment)
      if (isInstalled(peer)) commands[peer.name] = [file, script]
      else absent[peer.name] = "not installed"
    }
    const samples: Record<string, number[]> = {}
    for (let round = 0; round < rounds; round++)
      for (const [name, [file, script]] of Object.entries(commands)) {
        if (absent[name] !== undefined) continue
        const outcome = await runOnce(file, script)
        if (typeof outcome === "string") absent[name] = outcome
        else (samples[name] ??= []).push(outcome)
      }
    return lineOf("import to first result", samples, absent)
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** Our library as a published package is: JavaScript, in one file. */
async function ourScript(folder: string): Promise<string> {
  const [code] = await bundle(engineEntry)
  fs.writeFileSync(path.join(folder, "engine.mjs"), code)
  const script = path.join(folder, "first-result.mjs")
  const url = pathToFileURL(path.join(folder, "engine.mjs")).href
  fs.writeFileSync(
    script,
    `const begun = performance.now()
const { full } = await import(${JSON.stringify(url)})
const value = full([64, 64], 0.5).matmul(full([64, 64], 0.5)).array()[0]
console.log(JSON.stringify({ ms: performance.now() - begun, value }))
`,
  )
  return script
}

/** Milliseconds that the script measured, or what it complained of. */
function runOnce(file: string, script: string): Promise<number | string> {
  return new Promise((resolve) => {
    const child = spawn(file, [script], { stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 })
    let [out, complaints] = ["", ""]
    child.stdout.on("data", (text: Buffer) => (out += text))
    child.stderr.on("data", (text: Buffer) => (complaints += text))
    child.on("error", (error) => resolve(error.message))
    child.on("close", () => {
      const line = out.split("\n").find((one) => one.startsWith("{"))
      const { ms, value } = line === undefined ? {} : (JSON.parse(line) as { ms?: number; value?: number })
      resolve(ms !== undefined && value === 16 ? ms : complaints.slice(-500) || "it gave no result")
    })
  })
}

/** The first run of a case less a later one: tracing and compiling, in a process of its own. Only of sides that compile. */
export async function compileTime(
  of: Case,
  threads: number,
  sides: Sides,
  wanted: (name: string) => boolean,
  { rounds }: Settings,
): Promise<DetailedLine> {
  const inputs = sides.inputsFile(of)
  const compiling = peers.filter(
    (peer) => compilers.includes(peer.name) && wanted(peer.name) && peer.groups.includes(of.group),
  )
  const commands = [ourCommand(threads), ...compiling.filter(isInstalled).map((peer) => commandFor(peer, threads))]
  const absent: Record<string, string> = {}
  for (const peer of compiling) if (!isInstalled(peer)) absent[peer.name] = "not installed"
  const samples: Record<string, number[]> = {}
  for (let round = 0; round < Math.min(rounds, 3); round++)
    for (const command of commands) {
      if (absent[command.name] !== undefined) continue
      const side = new Participant(command)
      const { work, title, parameters } = of
      const first = await side.ask({ do: "prepare", work, title, parameters, inputs })
      const later = await side.ask({ do: "measure", runs: 1, warm: 1 })
      side.end()
      if (first.firstMs === undefined || later.ms === undefined)
        absent[command.name] = first.absent ?? first.error ?? later.error ?? "it gave no answer"
      else (samples[command.name] ??= []).push(Math.max(0, first.firstMs - later.ms))
    }
  return { ...lineOf(`compile: ${of.title}`, samples, absent), threads }
}

/** Those that make a program of a case before they run it. */
const compilers = ["jax", "jax-js", "Spyx"]

function lineOf(
  name: string,
  samples: Readonly<Record<string, readonly number[]>>,
  absent: Readonly<Record<string, string>>,
): DetailedLine {
  const medians = Object.fromEntries(Object.entries(samples).map(([side, list]) => [side, median(list)]))
  const { cajal: ours = null, ...others } = medians
  return { name, unit: "ms", ours, peers: others, ratio: ratioOf("ms", ours, others), threads: 1, absent, samples }
}
