/**
 * The loop by hand as a side of the measurements: compiled by the system's C compiler when there is no program newer than its source, and
 * started anew in every round. An argument "alone" keeps it to one thread.
 */
import { spawnSync } from "node:child_process"
import fs from "node:fs"
import path from "node:path"
import { createInterface } from "node:readline"

const threads = process.argv[3] === "alone" ? 1 : Number(process.argv[2])
const source = path.join(import.meta.dirname, "coba.c")
const program = path.join(import.meta.dirname, "..", "..", ".peers", "native", "coba")

function run(file, args) {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: "utf8", timeout: 240_000 })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${path.basename(file)} ended with ${status}: ${stderr}`)
  return stdout
}

function compile() {
  const modified = (file) => (fs.existsSync(file) ? fs.statSync(file).mtimeMs : 0)
  if (modified(program) > modified(source)) return
  fs.mkdirSync(path.dirname(program), { recursive: true })
  const whole = `${program}.${process.pid}`
  run("cc", ["-O3", "-march=native", "-ffast-math", "-fopenmp", "-o", whole, source, "-lm"])
  fs.renameSync(whole, program)
}

let built

function answer(request) {
  if (request.do === "introduce") {
    compile()
    return { versions: { cc: run("cc", ["--version"]).split("\n")[0] }, threads }
  }
  if (request.do === "build") {
    if (request.network !== "coba") return { absent: "written for one network" }
    built = request
    return {}
  }
  const { neurons, probability } = built.parameters
  const args = [neurons, probability, built.settleMs, built.durationMs, threads].map(String)
  const { ms, buildMs, spikes } = JSON.parse(run(program, args))
  return { ms, buildMs, spikes: { all: spikes } }
}

for await (const line of createInterface({ input: process.stdin })) {
  let result
  try {
    result = answer(JSON.parse(line))
  } catch (error) {
    result = { error: error.message }
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
