import { expect, test } from "vitest"
import { CajalError } from "../../src/engine/index.ts"
import { type CheckpointState, type RunEvent, resolveParameters, weigh } from "../../src/run/index.ts"
import { smokeRun, type TestRun } from "../../src/run/testing.ts"
import { toSvg } from "../../src/view/index.ts"
import { countsOf } from "./conditions.ts"
import selfSorting from "./system.ts"

const run = (given: Record<string, unknown> = {}, options: TestRun = {}) => smokeRun(selfSorting, given, options)

test("the smoke preset sorts, the same for the same seed", async () => {
  const { metrics, events } = await run({})
  for (const type of ["bubble", "insertion", "selection"]) {
    expect(metrics[`${type}/alone/errors`]).toBe(0)
    expect(metrics[`${type}/alone/traditional/errors`]).toBe(0)
  }
  const claims = weigh(selfSorting.claims, metrics)
  expect(claims.find(({ id }) => id === "steps-bubble")?.value).toBeGreaterThan(1)
  expect(claims.find(({ id }) => id === "damage-bubble-1")?.met).toBeNull()
  for (const event of events)
    if (event.type === "figure" && event.spec) expect(await toSvg(event.spec)).toContain("<svg")
  expect((await run({})).metrics).toEqual(metrics)
  expect((await run({}, { seed: 8 })).metrics).not.toEqual(metrics)
})

test("small versions of all conditions run, with every figure", async () => {
  const { events, metrics } = await run({
    cells: 20,
    repeats: 2,
    frozenUpTo: 3,
    chimeras: "all",
    oppositeRepeats: 1,
    oppositeTicks: 3000,
    sizes: "10,20",
  })
  const ids = events.flatMap((event) => (event.type === "figure" || event.type === "table" ? [event.id] : []))
  expect(ids).toEqual([
    ...["array", "episodes", "aggregation-distinct", "aggregation-repeated", "steps", "damage", "gratification"],
    ...["sizes", "cells", "opposite"],
  ])
  for (const event of events)
    if (event.type === "figure" && event.spec) expect(await toSvg(event.spec)).toContain("<svg")
  expect(metrics["opposite/bubble-down+selection-up/ticks"]).toBe(3000)
  expect(weigh(selfSorting.claims, metrics).every(({ met }) => met !== null)).toBe(true)
})

test("goes on from any checkpoint to the very same metrics", async () => {
  const whole = await run({ chimeras: "all" })
  const checkpoints = whole.events.flatMap((event, i) =>
    event.type === "checkpoint" ? [{ state: event.state, i }] : [],
  )
  expect(checkpoints.length).toBe(9)
  for (const { state, i } of [checkpoints[0], checkpoints[4], checkpoints[8]]) {
    const resumed: CheckpointState = JSON.parse(JSON.stringify(state))
    const rest = await run({ chimeras: "all" }, { resumed })
    const kept = (events: RunEvent[]) => events.filter(({ type }) => type !== "progress" && type !== "checkpoint")
    expect(kept(rest.events)).toEqual(kept(whole.events.slice(i + 1)))
  }
})

test("stops promptly, even within one long repeat", async () => {
  const stop = new AbortController()
  let events = 0
  const onEvent = () => {
    if (++events === 3) stop.abort(new Error("stopped"))
  }
  const long = { mix: "insertion 0.5, bubble 0.5", descending: "bubble", ticks: 100_000_000, cells: 100, repeats: 1 }
  await expect(run(long, { signal: stop.signal, onEvent })).rejects.toThrow("stopped")
  expect(events).toBe(3)
})

test("an array of one's own", async () => {
  const { metrics } = await run({
    mix: "bubble 0.5, selection 0.5",
    descending: "bubble",
    ticks: 500,
    frozenAt: "3,17",
  })
  expect(metrics["own/ticks"]).toBe(500)
  const alone = await run({ mix: "insertion", frozen: 2, damage: "immovable" })
  expect(alone.metrics["own/traditional/errors"]).toBe(alone.metrics["own/errors"])
})

test("shares become whole cells", () => {
  expect(countsOf("bubble 0.5, selection 0.5", 31)).toEqual({ bubble: 16, selection: 15 })
  expect(countsOf("bubble=0.25,insertion=0.25,selection=0.5", 10)).toEqual({ bubble: 3, insertion: 2, selection: 5 })
})

test.each<[Record<string, unknown>, RegExp]>([
  [{ cells: 1 }, /must lie in 2..5000/],
  [{ cells: 5001 }, /must lie in 2..5000/],
  [{ frozenUpTo: 31 }, /cannot freeze 31 of 30/],
  [{ chimeras: "all", distinct: 7 }, /30 cells cannot hold each of 7 values equally often/],
  [{ sizes: "20,many" }, /sizes must be whole numbers/],
  [{ mix: "bubble 0.5, quick 0.5" }, /no algotype "quick"/],
  [{ mix: "bubble 0.5, selection 0.4" }, /sum to 0.9, not to 1/],
  [{ mix: "bubble 0.5, bubble 0.5" }, /names a type twice/],
  [{ mix: "bubble x" }, /not an algotype with its share/],
  [{ mix: "bubble", frozen: 31 }, /cannot freeze 31 of 30/],
  [{ mix: "bubble", frozenAt: "3,3" }, /frozen twice/],
  [{ mix: "bubble", frozenAt: "30" }, /positions are 0..29/],
  [{ mix: "bubble", frozenAt: "here" }, /positions are 0..29/],
  [{ mix: "bubble", frozenAt: "3", frozen: 2 }, /not both/],
  [{ mix: "bubble 0.5, selection 0.5", descending: "bubble" }, /may never settle/],
])("refuses %j", (given, message) => {
  const resolve = () => resolveParameters(selfSorting, "smoke", given)
  expect(resolve).toThrow(CajalError)
  expect(resolve).toThrow(message)
})
