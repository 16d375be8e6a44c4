import { key, zeros } from "../../src/engine/index.ts"
import { metric, note, type RunContext, type RunEvent, Stages, system } from "../../src/run/index.ts"
import { diagramWith } from "../../src/view/index.ts"
import { type Arm, armsOf, loss, microjoules } from "./arms.ts"
import { claims } from "./claims.ts"
import { digitPairs, digitSizes } from "./digits.ts"
import * as figures from "./figures.ts"
import { type Batch, newest, recordings } from "./frames.ts"
import { type Measured, shownFrames, summaryMetrics, trained } from "./measures.ts"
import { type Cooperative, cooperative } from "./model.ts"
import { check, parameters, ratiosOf, settingOf, type Values } from "./parameters.ts"
import { lookTouch } from "./touch.ts"

export default system({
  slug: "two-point-mcc",
  parameters,
  presets: {
    smoke: { steps: 60, neurons: 16, memory: 8, frames: 1000, testFrames: 300, seeds: 1 },
    quick: {},
    full: { steps: 3000, seeds: 5, extended: true },
  },
  standIn: true,
  check,
  run,
  claims,
  touch: lookTouch,
  cover: "neurons",
  circuit(p) {
    const [arm] = armsOf(p)
    const [a, v] = arm.sizes.inputs
    const batch: Batch = {
      inputs: [zeros([p.batch, a]), zeros([p.batch, v])],
      target: zeros([p.batch, arm.sizes.outputs]),
    }
    return diagramWith(
      { parameters: [0], axes: ["b heard", "b seen", "b band"] },
      (network: Cooperative, one: Batch) => loss(network, one, arm),
      cooperative(arm.sizes, key(0)),
      batch,
    )
  },
})

async function* run({
  parameters: p,
  seed,
  data,
  resumed,
}: RunContext<typeof parameters>): AsyncGenerator<RunEvent, void, void> {
  yield note("data: talkers are generated; nobody was recorded")
  const sizes = { train: p.frames, test: p.testFrames }
  const stages = new Stages(resumed)
  const all: Record<string, { readonly arm: Arm; readonly runs: Measured[] }> = {}

  for (const arm of armsOf(p)) {
    const runs: Measured[] = []
    for (let i = 0; i < p.seeds; i++) {
      const name = i === 0 ? arm.name : `${arm.name}.${i + 1}`
      const own = seed + i
      const one: Measured = yield* stages.stage(name, async function* (saved) {
        const frames = recordings(own, sizes, ratiosOf(p))
        return yield* trained(name, { arm, frames, parameters: p, seed: own }, saved)
      })
      runs.push(one)
    }
    all[arm.name] = { arm, runs }
    yield* summaryMetrics(arm.name, runs, p)
    yield* pictures(p, all, recordings(seed, sizes, ratiosOf(p)).test)
  }
  yield metric("energySaved", 100 * (1 - energyOf(all.mcc.runs) / energyOf(all.point.runs)), { unit: "%" })
  if (!p.extended) return

  const frames = recordings(seed, sizes, ratiosOf(p))
  for (const arm of furtherArms(p)) {
    const measured: Measured = yield* stages.stage(arm.name, (saved) =>
      trained(arm.name, { arm, frames, parameters: p, seed }, saved),
    )
    all[arm.name] = { arm, runs: [measured] }
    yield* summaryMetrics(arm.name, [measured], p)
    yield frontOf(all)
  }
  const digits = await digitPairs(data, seed, { train: 10_000, test: 2000 })
  if (digits.note !== undefined) yield note(digits.note)
  for (const arm of armsOf(p).slice(0, 3)) {
    const name = `digits/${arm.name}`
    const own = { ...arm, sizes: { ...arm.sizes, ...digitSizes } }
    const measured: Measured = yield* stages.stage(name, (saved) =>
      trained(name, { arm: own, frames: digits, parameters: p, seed }, saved),
    )
    yield* summaryMetrics(name, [measured], p)
  }
}

/** Other laws, widths and depths, and networks that pay for being active. */
function furtherArms(p: Values): Arm[] {
  const [mcc, point] = armsOf(p)
  const both = (name: string, title: string, changes: Partial<Arm> | ((arm: Arm) => Partial<Arm>)): Arm[] =>
    [mcc, point].map((arm) => ({
      ...arm,
      ...(typeof changes === "function" ? changes(arm) : changes),
      name: `${arm.name}-${name}`,
      title: `${arm.title}, ${title}`,
    }))
  const laws = (["gentleCooperation", "linear", "tanh"] as const).map((law) => ({
    ...{ ...mcc, name: law, title: law },
    setting: settingOf(p, { law }),
  }))
  return [
    ...laws,
    ...[48, 192].flatMap((neurons) =>
      both(`n${neurons}`, `${neurons} wide`, ({ sizes }) => ({ sizes: { ...sizes, neurons } })),
    ),
    ...both("L3", "3 layers", ({ sizes }) => ({ sizes: { ...sizes, layers: 3 } })),
    ...[1e-4, 1e-3].flatMap((cost) => both(`cost${cost}`, `cost ${cost}`, { cost })),
  ]
}

const energyOf = (runs: readonly Measured[]): number =>
  runs.reduce((sum, { reading }) => sum + reading.transmitting, 0) * (microjoules / runs.length)

type All = Readonly<Record<string, { readonly arm: Arm; readonly runs: readonly Measured[] }>>

const frontOf = (all: All): RunEvent =>
  figures.frontFigure(
    Object.values(all).flatMap(({ arm: { title }, runs }) =>
      runs.map(({ reading: { error: nmse, active } }) => ({ title, nmse, active })),
    ),
  )

function* pictures(p: Values, all: All, test: ReturnType<typeof recordings>["test"]): Generator<RunEvent, void, void> {
  const shown = Object.values(all).filter(({ arm }) => arm.name === "mcc" || arm.name === "point")
  yield figures.neuronsFigure(shown.map(({ arm: { title }, runs: [{ look }] }) => ({ title, look })))
  const { look } = all.mcc.runs[0]
  yield figures.spectrogramFigure({
    ...{ heard: newest(test, shownFrames), recovered: look.said },
    said: (test.target.data as Float32Array).subarray(0, look.said.length),
  })
  yield figures.transferFigure(settingOf(p).law, look.neurons.flat())
  yield frontOf(all)
  const summaries = Object.values(all).map(({ arm: { title }, runs }) => ({ title, microjoules: energyOf(runs) }))
  yield figures.energyFigure(summaries)
  yield figures.learningFigure(
    Object.fromEntries(Object.values(all).map(({ arm: { title }, runs: [{ curve }] }) => [title, curve])),
  )
  yield figures.damageFigure(
    Object.fromEntries(shown.map(({ arm: { title }, runs: [{ damaged }] }) => [title, damaged])),
  )
}
