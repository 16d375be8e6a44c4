/**
 * Our side of the benchmarks as a process of its own, so that it is measured as the peers are: it reads one request a line and answers
 * with one line. harness/participant.ts says what can be asked.
 */
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { isDeepStrictEqual } from "node:util"
import { readSafetensors } from "../src/data/formats/safetensors.ts"
import { activeDevice, Tensor } from "../src/engine/index.ts"
import { cases } from "./cases/index.ts"
import { simulations } from "./cases/simulations.ts"
import type { Work } from "./harness/case.ts"
import { fingerprint } from "./harness/fingerprint.ts"
import { OurSimulation } from "./harness/our-simulation.ts"
import type { Answer, Request } from "./harness/participant.ts"

let work: Work | undefined
let simulation: OurSimulation | undefined

async function answer(request: Request): Promise<Answer> {
  if (request.do === "introduce") return { versions: {}, threads: activeDevice().threads }
  if (request.do === "prepare") {
    const found = cases.find(({ title }) => title === request.title)
    if (found === undefined) return { absent: "there is no such case" }
    const { tensors } = readSafetensors(readFileSync(request.inputs), request.inputs)
    const given = Object.fromEntries(Object.entries(tensors).map(([name, array]) => [name, Tensor.from(array)]))
    work = found.ours(given, request.parameters)
    const begun = performance.now()
    release(work.run())
    return { firstMs: performance.now() - begun, compiles: true, program: summary(work) }
  }
  if (request.do === "build") {
    const found = simulations.find(
      ({ network, parameters }) => network === request.network && isDeepStrictEqual(parameters, request.parameters),
    )
    if (found === undefined) return { absent: "there is no such network" }
    simulation = await OurSimulation.of(found)
    return { buildMs: simulation.buildMs }
  }
  if (request.do === "simulate")
    return (await simulation?.simulate(request.settleMs, request.durationMs)) ?? { error: "nothing is built" }
  if (work === undefined) return { error: "nothing is prepared" }
  if (request.do === "compare") {
    work.start()
    const numbers: number[] = []
    for (let i = 0; i < request.runs; i++) {
      const results = work.run()
      numbers.push(...results.flatMap((x) => fingerprint(x.array())))
      release(results)
    }
    return { numbers }
  }
  work.start()
  for (let i = 0; i < request.warm; i++) release(work.run())
  const begun = performance.now()
  for (let i = 0; i < request.runs; i++) release(work.run())
  return { ms: (performance.now() - begun) / request.runs }
}

// A loop without a pause gives the collector no turn to free what a run returned.
const release = (results: readonly Tensor[]): void => results.forEach((x) => x.dispose())

function summary(of: Work) {
  const { kernels, inputBytes, temporaryBytes, outputBytes, codeBytes, compileMs } = of.report()
  const peakBytes = inputBytes + temporaryBytes + outputBytes
  const calls = kernels.reduce((total, kernel) => total + kernel.calls, 0)
  return { kernels: kernels.length, calls, temporaryBytes, peakBytes, codeBytes, compileMs }
}

for await (const line of createInterface({ input: process.stdin })) {
  let result: Answer
  try {
    result = await answer(JSON.parse(line) as Request)
  } catch (error) {
    result = { error: (error as Error).stack ?? String(error) }
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
