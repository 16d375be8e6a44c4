/** A bit string under the reader's hands: its phrases and its complexity. */
import { hostRandom } from "../../src/engine/index.ts"
import { lempelZivComplexity, lempelZivPhrases } from "../../src/neuro/index.ts"
import { figure, pick, press, touch } from "../../src/run/index.ts"
import type { parameters } from "./parameters.ts"
import { drawBits } from "./pictures.ts"

const length = 32

export const bitTouch = touch<typeof parameters, ReturnType<typeof inputs>>({
  about: "Press bits and watch the phrases: each is the shortest string that has not occurred before.",
  inputs: () => inputs(),
  async *run({ seed, signal, inputs }) {
    let bits = sourceBits("coin", seed)
    let source = "coin"
    for (;;) {
      if (inputs.value("source") !== source) {
        source = inputs.value("source")
        bits = sourceBits(source, seed)
      }
      for (const bit of inputs.take("bit")) bits[bit] = 1 - bits[bit]
      const phrases = lempelZivPhrases(bits).map(({ from, to }) => bits.slice(from, to).join(""))
      yield figure("bits", "A string and its phrases", drawBits(bits), {
        caption: `${phrases.length} phrases: ${phrases.join(" · ")}. C = ${phrases.length} log2(${length}) / ${length} = ${lempelZivComplexity(bits).toFixed(2)}.`,
      })
      await inputs.wait(signal)
    }
  },
})

const inputs = () => ({
  source: pick("begin with", { options: ["coin", "rare spikes", "a rhythm", "silence"] }),
  bit: press("turn a bit round", { below: length }),
})

function sourceBits(source: string, seed: number): number[] {
  const random = hostRandom(seed)
  const of = (bit: (t: number) => boolean): number[] => Array.from({ length }, (_, t) => (bit(t) ? 1 : 0))
  if (source === "a rhythm") return of((t) => t % 4 === 0)
  if (source === "silence") return of(() => false)
  return of(() => random.uniform() < (source === "coin" ? 0.5 : 0.1))
}
