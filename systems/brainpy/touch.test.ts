import { expect, test } from "vitest"
import type { FigureEvent } from "../../src/run/index.ts"
import { TouchedSystem } from "../../src/run/testing.ts"
import system from "./system.ts"

/** The highest potential and the last current that are shown. */
function shown({ spec }: FigureEvent): { peak: number; current: number } {
  const [trace, current] = (JSON.parse(JSON.stringify(spec)).vconcat ?? JSON.parse(JSON.stringify(spec)).concat) as {
    data: { values: { y: number }[] }
  }[]
  return { peak: Math.max(...trace.data.values.map(({ y }) => y)), current: current.data.values.at(-1)!.y }
}

test("a neuron rests until it is given a current", async () => {
  const neuron = new TouchedSystem(system)
  neuron.inputs.give("neuron", "Hodgkin-Huxley")
  let last = await neuron.figure("membrane")
  for (let i = 0; i < 5; i++) last = await neuron.figure("membrane")
  expect(shown(last).peak).toBeLessThan(-50)
  neuron.inputs.give("current", 1)
  const fired = await neuron.figure("membrane", (event) => shown(event).peak > 0)
  expect(shown(fired).current).toBe(1)
  neuron.inputs.give("neuron", "LIF")
  expect((await neuron.figure("membrane")).title).toBe("LIF")
  neuron.stop()
}, 20_000)
