/** Runs diagrams away from the page. */
import { activeDevice, type Tensor } from "../../src/engine/index.ts"
import { codomainOf, compileTerm, formatTuple, parseTerm, printTerm, randomValues } from "../../src/view/ncd/index.ts"
import { formatNumber } from "../../src/view/numbers.ts"
import { build, exhibitsOf, paperSizes } from "../../systems/neural-circuit-diagrams/gallery.ts"
import type { Answer, Ask, Outcome } from "./protocol.ts"

/** Numbers of an array that are shown. */
const shown = 12

addEventListener("message", async ({ data }: MessageEvent<Ask>) => {
  const answer = (message: Answer): void => postMessage(message)
  try {
    if (data.type === "exhibit") {
      const exhibit = exhibitsOf(paperSizes).find((e) => e.name === data.name)
      if (exhibit !== undefined) answer({ type: "exhibit", text: printTerm(build(exhibit, 1).diagram.term).trimEnd() })
    } else {
      await activeDevice().ready()
      answer({ type: "ran", outcome: run(data.text, data.seed) })
    }
  } catch (error) {
    answer({ type: "failed", message: (error as Error).message })
  }
})

function run(text: string, seed: number): Outcome {
  const term = parseTerm(text)
  const { inputs, parameters } = randomValues(term, seed)
  const sections: Record<string, string[]> = {}
  const began = performance.now()
  const results = compileTerm(term, parameters, (path, values) => {
    sections[path] = values.map(numbersOf)
  })(...inputs)
  const outputs = codomainOf(term).map((array, i) => ({
    shape: `${formatTuple([array])}: ${array.axes.map((axis) => axis.size).join(" × ") || "one number"}`,
    numbers: numbersOf(results[i]),
  }))
  return { outputs, sections, ms: performance.now() - began }
}

/** The first numbers of an array, and its mean. */
function numbersOf(x: Tensor): string {
  const all = Array.from(x.array(), Number)
  const first = all.slice(0, shown).map((v) => formatNumber(Number(v.toPrecision(3))))
  const mean = all.reduce((a, b) => a + b, 0) / Math.max(1, all.length)
  return all.length <= shown
    ? first.join("  ")
    : `${first.join("  ")} …  mean ${formatNumber(Number(mean.toPrecision(3)))}`
}
