import { expect, test } from "vitest"
import { DataSource } from "../../src/data/index.ts"
import { nodeFiles } from "../../src/data/node-files.ts"
import { drawingOf, execute, type RunEvent, resolveParameters } from "../../src/run/index.ts"
import { parseSvg } from "../../src/view/ncd/index.ts"
import { core } from "./costs.ts"
import { readingsOf } from "./readings.ts"
import system from "./system.ts"

test("smoke: claims that it measures are met, every picture can be read back", async () => {
  const events: RunEvent[] = []
  let claims: readonly { id: string; met: boolean | null }[] = []
  const run = execute(system as never, {
    preset: "smoke",
    data: new DataSource(nodeFiles()),
    device: { name: "wasm", threads: 1 },
  })
  for await (const event of run)
    if (event.type === "result") claims = event.claims
    else events.push(event)
  expect(Object.fromEntries(claims.map(({ id, met }) => [id, met]))).toEqual({
    lossless: true,
    broadcasting: true,
    costs: true,
    fusion: true,
    coverage: null,
  })
  const figures = events.flatMap((event) => (event.type === "figure" ? [event.svg as string] : []))
  expect(figures.length).toBe(8)
  for (const svg of figures) expect(() => parseSvg(svg)).not.toThrow()
}, 60_000)

test("the picture follows the sizes", async () => {
  const values = resolveParameters(system as never, "smoke", { y: 9, h: 3 })
  const { svg } = await drawingOf(system as never, "program", values as never)
  expect(svg).toContain(">y:9<")
  expect(svg).toContain(">h:3<")
})

test("readings by hand: sizes that differ leave only the axis of the softmax open", () => {
  let n = 0
  const draw = (): number => Math.sin(++n * 12.9)
  expect(readingsOf(5, 3, 4, draw)).toEqual({ readings: 4, functions: 2 })
  expect(readingsOf(2, 2, 2, draw)).toEqual({ readings: 128, functions: 64 })
})

test("the core of the paper's attention", () => {
  expect(core()).toEqual({ multiplyAdds: 56_320, widest: 4096, during: 5856, formula: "2 h k x y" })
})
