import { hostRandom } from "../../src/engine/index.ts"
import {
  choice,
  figure,
  integer,
  log,
  metric,
  note,
  type ParameterValues,
  progress,
  type RunContext,
  type RunEvent,
  resolveParameters,
  system,
  table,
} from "../../src/run/index.ts"
import * as ncd from "../../src/view/ncd/index.ts"
import { claims } from "./claims.ts"
import { core, fusion, multiHead, multiplyAdds } from "./costs.ts"
import { type Built, build, exhibitsOf, paperSizes } from "./gallery.ts"
import { lawsOf } from "./laws.ts"
import { readingsOf } from "./readings.ts"
import { backwardDifference, drawn, type RoundTrip, randomBackward, randomTrip, traced } from "./round-trip.ts"

const names = exhibitsOf(paperSizes).map((e) => e.name)
const small = ["mlp", "attention", "multi-head", "convolutions"]

const parameters = {
  shown: choice("architecture", {
    default: "multi-head",
    options: ["multi-head", ...names.filter((n) => n !== "multi-head")],
  }),
  y: integer("axis y: what asks", { default: paperSizes.y, from: 1, to: 64 }),
  x: integer("axis x: what answers", { default: paperSizes.x, from: 1, to: 64 }),
  k: integer("axis k: depth of a head", { default: paperSizes.k, from: 1, to: 64 }),
  h: integer("axis h: heads", { default: paperSizes.h, from: 1, to: 16 }),
  terms: integer("random terms", { default: 200, from: 1, to: 10_000 }),
  lawTerms: integer("random terms for the broadcast law", { default: 60, from: 0, to: 1000 }),
  gallery: choice("gallery", { default: "whole", options: ["whole", "four"] }),
  catalogue: choice("the other systems", { default: "no", options: ["no", "yes"] }),
}
type Values = ParameterValues<typeof parameters>

const sizesOf = ({ y, x, k, h }: Values) => ({ ...paperSizes, y, x, k, h })

export default system({
  slug: "neural-circuit-diagrams",
  parameters,
  presets: {
    smoke: { gallery: "four", terms: 20, lawTerms: 5 },
    quick: {},
    full: { terms: 2000, lawTerms: 200, catalogue: "yes" },
  },
  run,
  claims,
  circuit: (p) => build(exhibitsOf(sizesOf(p)).find((e) => e.name === p.shown)!, 1).diagram,
})

/** Round trips of one kind, added up. */
class Tally {
  trips = 0
  kept = 0
  difference = 0
  add({ same, difference }: RoundTrip): void {
    this.trips++
    if (same && difference <= 1e-5) this.kept++
    this.difference = Math.max(this.difference, difference)
  }
}

async function* run({
  parameters: p,
  seed,
  signal,
  systems,
}: RunContext<typeof parameters>): AsyncGenerator<RunEvent, void, void> {
  const tally = new Tally()
  const backward: number[] = []
  const exhibits = exhibitsOf(sizesOf(p)).filter((e) => p.gallery === "whole" || small.includes(e.name))
  const built: Built[] = []
  const rows: (string | number)[][] = []
  for (const [i, exhibit] of exhibits.entries()) {
    yield progress("gallery", i, exhibits.length)
    const one = build(exhibit, seed)
    built.push(one)
    const trip = traced(one.diagram, exhibit.title)
    tally.add(trip)
    const time = ncd.timeOfTerm(one.diagram.term).multiplyAdds
    rows.push([
      exhibit.title,
      one.diagram.boxes,
      time.value(),
      ncd.peakOf(one.diagram.term),
      Number(trip.difference.toPrecision(2)),
    ])
    yield figure(exhibit.name, exhibit.title, trip.svg, { caption: `Multiply-adds: ${time}` })
    const slope = backwardDifference(one.diagram, seed)
    if (slope !== undefined) backward.push(slope)
    signal.throwIfAborted()
  }
  yield metric("backward/gallery", backward.length)
  yield table(
    "gallery",
    "The gallery",
    ["architecture", "boxes", "multiply-adds", "most numbers alive", "difference"],
    rows,
  )

  for (let i = 0; i < p.terms; i++) {
    tally.add(randomTrip(seed * 100_000 + i))
    if (i < p.lawTerms) backward.push(randomBackward(seed * 100_000 + i))
    if (i % 10 === 0) {
      yield progress("random terms", i, p.terms)
      signal.throwIfAborted()
    }
  }
  yield metric("backward/terms", backward.length)
  yield metric("backward/difference", Math.max(...backward))
  yield* catalogue(p, systems, tally, signal)
  yield metric("trips/all", tally.trips)
  yield metric("trips/kept", (100 * tally.kept) / tally.trips, { unit: "%" })
  yield metric("trips/difference", tally.difference)

  const random = hostRandom(seed)
  const draw = (): number => 2 * random.uniform() - 1
  const [equal, apart] = [readingsOf(4, 4, 4, draw), readingsOf(5, 3, 4, draw)]
  yield metric("readings/choices", equal.readings)
  yield metric("readings/equal-sizes", equal.functions)
  yield metric("readings/sizes-534", apart.functions)

  const terms = [
    ...built.map((b) => b.diagram.term),
    ...Array.from({ length: p.lawTerms }, (_, i) => drawn(seed * 100_000 + i).term),
  ]
  const laws = lawsOf(terms)
  for (let step = laws.next(); ; step = laws.next()) {
    if (step.done === true) {
      const { boxes, kept, worst, mutants, caught } = step.value
      yield metric("laws/boxes", boxes)
      yield metric("laws/kept", (100 * kept) / boxes, { unit: "%" })
      yield metric("laws/worst", worst)
      yield metric("laws/mutants", mutants)
      yield metric("laws/caught", (100 * caught) / mutants, { unit: "%" })
      break
    }
    yield progress("broadcast law", step.value, 1)
    signal.throwIfAborted()
  }
  yield* costs(seed)
}

async function* costs(seed: number): AsyncGenerator<RunEvent, void, void> {
  const whole = multiplyAdds(multiHead(), seed)
  yield metric("costs/multi-head", whole.diagram)
  yield metric("costs/multi-head/engine", whole.engine)
  const own = core()
  yield metric("costs/core", own.multiplyAdds)
  yield metric("costs/core/widest", own.widest, { unit: "numbers" })
  yield metric("costs/core/first-product", own.during, { unit: "numbers" })
  yield log(`multiply-adds of the core: ${own.formula}`)
  const { largest, terms, difference } = fusion()
  yield metric("fusion/before", largest[0], { unit: "numbers" })
  yield metric("fusion/after", largest[largest.length - 1], { unit: "numbers" })
  yield metric("fusion/difference", difference)
  for (const [i, term] of terms.entries())
    yield figure(
      `fusion-${i}`,
      i === 0 ? "A product in small steps" : `After ${i} ${i === 1 ? "fusion" : "fusions"}`,
      ncd.drawTerm(term),
      {
        caption: `Largest array that is made: ${largest[i]} numbers`,
      },
    )
}

/** Every registered system with a traced program: drawn, read back, run, looked at. */
async function* catalogue(
  p: Values,
  systems: RunContext["systems"],
  tally: Tally,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, void, void> {
  if (p.catalogue === "no") return
  if (systems === undefined) return yield note("the other systems are not known here: they were not drawn")
  const rows: (string | number)[][] = []
  const worst = { known: 100, overlaps: 0, crossings: 0, ms: 0, kB: 0 }
  const slugs = Object.keys(systems)
  for (const [i, slug] of slugs.entries()) {
    yield progress("the other systems", i, slugs.length)
    const { default: one } = await systems[slug]()
    if (one.circuit === undefined) {
      rows.push([slug, "gives no traced program", "", "", ""])
      continue
    }
    const started = performance.now()
    const diagram = await one.circuit(resolveParameters(one, "quick", {}))
    const tracedMs = performance.now() - started
    const trip = traced(diagram, one.card.title)
    tally.add(trip)
    const seen = ncd.inspectDrawing(trip.svg)
    const known = (100 * (diagram.boxes - diagram.opaque)) / diagram.boxes
    worst.known = Math.min(worst.known, known)
    worst.overlaps += seen.overlappingLabels
    worst.crossings += seen.wiresThroughBoxes
    worst.ms = Math.max(worst.ms, tracedMs + trip.drawMs)
    worst.kB = Math.max(worst.kB, seen.bytes / 1000)
    rows.push([
      slug,
      diagram.boxes,
      Number(known.toFixed(1)),
      Math.round(tracedMs + trip.drawMs),
      Math.round(seen.bytes / 1000),
    ])
    signal.throwIfAborted()
  }
  yield table("catalogue", "All systems", ["system", "boxes", "known %", "ms", "kB"], rows)
  yield metric("catalogue/known", worst.known, { unit: "%" })
  yield metric("catalogue/overlaps", worst.overlaps)
  yield metric("catalogue/crossings", worst.crossings)
  yield metric("catalogue/ms", worst.ms, { unit: "ms", timing: true })
  yield metric("catalogue/kB", worst.kB, { unit: "kB" })
}
