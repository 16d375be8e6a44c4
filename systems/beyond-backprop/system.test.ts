import { expect, test } from "vitest"
import { DataSource } from "../../src/data/index.ts"
import { nodeFiles } from "../../src/data/node-files.ts"
import type { HostArray } from "../../src/engine/index.ts"
import { CajalError } from "../../src/engine/index.ts"
import { type CheckpointState, type RunEvent, resolveParameters, weigh } from "../../src/run/index.ts"
import { smokeRun, type TestRun, TouchedSystem } from "../../src/run/testing.ts"
import { toSvg } from "../../src/view/index.ts"
import system from "./system.ts"

const run = (given: Record<string, unknown> = {}, options: TestRun = {}) => smokeRun(system, given, options)

/** Everything, small. */
const small = {
  methods: "all",
  width: 24,
  images: 400,
  validationImages: 100,
  testImages: 200,
  batch: 50,
  bpTrials: 2,
  epochs: 2,
  phaseEpochs: 2,
  ffEpochs: 2,
  cafoImages: 200,
  cafoEpochs: 1,
}

const reproducible = (events: readonly RunEvent[]) =>
  events.flatMap((e) => (e.type === "metric" && e.timing !== true ? [[e.name, e.step, e.value]] : []))

/** A checkpoint as a file would give it back: the run goes on changing what it holds. */
const copyOf = ({ json, tensors = {} }: CheckpointState): CheckpointState => ({
  json: JSON.parse(JSON.stringify(json)),
  tensors: Object.fromEntries(
    Object.entries(tensors).map(([name, x]): [string, HostArray] => [name, { ...x, data: x.data.slice() }]),
  ),
})

test("smoke: backpropagation and Mono-Forward, the same for the same seed", async () => {
  const first = await run()
  const second = await run()
  expect(reproducible(first.events)).toEqual(reproducible(second.events))
  expect((await run({}, { seed: 8 })).metrics["bp/accuracy"]).not.toBe(first.metrics["bp/accuracy"])
  expect(first.metrics["bp/accuracy"]).toBeGreaterThan(20) // after 7 steps on the stand-in; chance is 10
  expect(first.metrics["mf/accuracy"]).toBeGreaterThan(20)
  const verdicts = Object.fromEntries(weigh(system.claims, first.metrics).map(({ id, met }) => [id, met]))
  expect(verdicts.memory).toBe(true)
  expect([verdicts["ff-cost"], verdicts.cafo, verdicts["parity-cifar"]]).toEqual([null, null, null])
})

test("all methods: every figure and table is made, and the run goes on from any checkpoint to the very same metrics", async () => {
  const checkpoints: CheckpointState[] = []
  const onEvent = (event: RunEvent): void => {
    if (event.type === "checkpoint") checkpoints.push(copyOf(event.state))
  }
  const whole = await run(small, { onEvent })
  const pictures = whole.events.flatMap((event) => (event.type === "figure" ? [event] : []))
  expect([...new Set(pictures.map(({ id }) => id))]).toEqual(["stairs", "race", "layers", "goodness", "labels"])
  for (const { spec, svg } of new Map(pictures.map((one) => [one.id, one])).values())
    expect(svg ?? (await toSvg(spec!))).toContain("<svg")
  const tables = whole.events.flatMap((event) => (event.type === "table" ? [event] : []))
  expect(tables.map(({ id, rows }) => [id, rows.length])).toEqual([
    ["methods", 5],
    ["deltas", 3],
  ])
  const judged = weigh(system.claims, whole.metrics).filter(({ met }) => met === null)
  expect(judged.map(({ id }) => id)).toEqual(["parity-cifar", "cafo-feedback"])
  const inSteps = [3, 9, 14, 19, 24].map((share) => Math.floor((checkpoints.length * share) / 27))
  for (const at of [0, ...inSteps, checkpoints.length - 1]) {
    const rest = await run(small, { resumed: checkpoints[at] })
    for (const [name, value] of Object.entries(rest.metrics))
      if (!name.endsWith("/loss")) expect([name, value]).toEqual([name, whole.metrics[name]])
    for (const claim of ["mf/accuracy", "frozen/accuracy", "ff/accuracy", "cafo/accuracy"])
      expect(rest.metrics[claim]).toBe(whole.metrics[claim])
  }
}, 60_000)

const cifar = new DataSource(nodeFiles())
const hasCifar = await cifar.cifar10({ limit: 10, testLimit: 10 }).then(
  () => true,
  () => false,
)

test.skipIf(!hasCifar)(
  "CIFAR-10: both races",
  async () => {
    const parameters = resolveParameters(system as never, "smoke", {
      ...small,
      cifar: true,
      cifarWidth: 16,
      cifarEpochs: 1,
      batch: 500,
      images: 500,
      cafoImages: 500,
      epochs: 1,
      phaseEpochs: 1,
      ffEpochs: 1,
      bpTrials: 1,
    })
    const metrics: Record<string, number> = {}
    const context = { preset: "smoke" as const, seed: 3, signal: new AbortController().signal, resumed: undefined }
    const device = { name: "wasm", threads: 1 }
    for await (const event of system.run({ ...context, parameters: parameters as never, data: cifar, device }))
      if (event.type === "metric") metrics[event.name] = event.value
    for (const name of ["bp", "mf", "frozen", "cafo", "dfa", "cnn"])
      expect(metrics[`cifar/${name}/accuracy`]).toBeGreaterThan(5)
    expect(weigh(system.claims, metrics).every(({ met }) => met !== null)).toBe(true)
  },
  120_000,
)

test("it stops promptly", async () => {
  const stop = new AbortController()
  let events = 0
  const onEvent = (): void => {
    if (++events === 20) stop.abort(new Error("stopped"))
  }
  await expect(run({ epochs: 100 }, { signal: stop.signal, onEvent })).rejects.toThrow("stopped")
})

test.each<[Record<string, unknown>, RegExp]>([
  [{ layers: 0 }, /Mono-Forward without hidden layers would train M_0 alone/],
  [{ ffLayers: 1, methods: "all" }, /Forward-Forward with 1 hidden layer has no input for its head/],
  [{ images: 100, batch: 128 }, /a batch of 128 is larger than the training set of 100 images/],
  [{ cafoImages: 50, methods: "all" }, /a batch of 128 is larger than the training set of 50 images/],
  [{ images: 60, batch: 32, methods: "BP, MF and FF" }, /a batch of 100 is larger than the training set of 60 images/],
  [{ augment: true }, /what frozen layers give for them cannot be kept/],
  [{ channels: "8/16" }, /channels cannot be "8\/16"/],
  [{ mfRate: -1 }, /mfRate must lie in/],
])("bad input %j is refused in one line", (given, message) => {
  const resolve = () => resolveParameters(system, "smoke", given)
  expect(resolve).toThrow(message)
  expect(resolve).toThrow(CajalError)
})

test("one layer is enough where nothing reads a second; augmentation where nothing is kept", () => {
  expect(resolveParameters(system, "smoke", { ffLayers: 1 }).ffLayers).toBe(1)
  expect(resolveParameters(system, "smoke", { augment: true, cachePrefix: false }).augment).toBe(true)
  for (const preset of ["smoke", "quick", "full"] as const) resolveParameters(system, preset, {})
})

test("its diagram is drawn from the traced losses, no box of it opaque", async () => {
  const { boxes, opaque } = await system.circuit!(resolveParameters(system, "quick", {}))
  expect(boxes).toBeGreaterThan(10)
  expect(opaque).toBe(0)
})

test("under the reader's hands: goodness drifts apart, then a drawn digit is read", async () => {
  const reader = new TouchedSystem(system, { images: 2000, width: 200, ffEpochs: 2 })
  expect((await reader.figure("goodness")).title).toContain("Goodness")
  await reader.figure("labels", ({ caption }) => caption!.endsWith("Now draw one."))
  reader.inputs.give("digit", new Float32Array(784)) // nothing is drawn: nothing is read
  const one = new Float32Array(784)
  for (let y = 6; y < 22; y++) for (const x of [13, 14]) one[y * 28 + x] = 1
  reader.inputs.give("digit", one)
  expect((await reader.figure("painted")).svg).toContain("<rect")
  expect((await reader.figure("labels")).caption).toMatch(/find most of the label \d\./)
  reader.stop()
}, 30_000)
