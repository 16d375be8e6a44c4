/** What is run, from the parameters. */
import { CajalError } from "../../src/engine/index.ts"
import { flag, integer, type NoteEvent, note, type ParameterValues, real, text } from "../../src/run/index.ts"
import { checkMemory, leastMaximumNA, type Memory, paperRule } from "./model.ts"
import { evenly, operationsFormat, parseOperations, type Spacing, tightest } from "./operations.ts"
import type { Size } from "./random-memory.ts"

export const parameters = {
  cues: integer("cues K", { default: 16, from: 2, to: 128, help: "of the random memory and of your own operations" }),
  bits: integer("content bits M", { default: 32, from: 2, to: 256 }),
  active: integer("active bits of a random content", { default: 6, from: 1, to: 256 }),
  spacing: integer("spacing", {
    default: 14,
    from: 1,
    to: 50,
    unit: "ms",
    help: "from one operation to the next; a learn takes 7, a recall 6",
  }),
  depression: real("depression A-", { default: paperRule.depressionNA, from: 0, to: 20, unit: "nA" }),
  tau: real("time constant of the plasticity", { default: paperRule.tauMs, from: 1, to: 30, unit: "ms" }),
  delay: integer("delay of the plastic synapses", { default: paperRule.delayMs, from: 1, to: 10, unit: "ms" }),
  gate: real("inhibition of the gate by a recalled cue", { default: paperRule.gateNA, from: 0, to: 30, unit: "nA" }),
  maximum: real("greatest plastic weight", {
    default: paperRule.maximumNA,
    from: 0,
    to: 20,
    unit: "nA",
    help: `below ${leastMaximumNA} no weight could fire a target`,
  }),
  memories: integer("random memories of each size", { default: 1, from: 1, to: 20 }),
  larger: flag("larger random memories", { default: false, help: "32 x 64 and 64 x 128 beside your own" }),
  sweep: flag("random memories at other spacings", { default: false }),
  operations: text("your own operations", { default: "", help: operationsFormat }),
}
export type Values = ParameterValues<typeof parameters>

export const ruleOf = (p: Values): Omit<Memory, "cues" | "bits"> => ({
  ...paperRule,
  depressionNA: p.depression,
  tauMs: p.tau,
  delayMs: p.delay,
  gateNA: p.gate,
  maximumNA: p.maximum,
})

export const ownSize = ({ cues, bits, active }: Values): Size => ({ cues, bits, active })

/** What the claims ask for. */
export const claimedSizes: readonly Size[] = [
  { cues: 16, bits: 32, active: 6 },
  { cues: 32, bits: 64, active: 8 },
  { cues: 64, bits: 128, active: 10 },
]
export const claimedSpacingMs = 14

export const sizeId = ({ cues, bits, active }: Size): string => `${cues}x${bits}-${active}`
/** The first part of the names of a memory's metrics. */
export const memoryId = (size: Size, spacing: Spacing): string => `${sizeId(size)}@${spacingId(spacing)}`
export const spacingId = ({ learnMs, recallMs }: Spacing): string =>
  learnMs === recallMs ? `${learnMs}` : `${learnMs}-${recallMs}`

/** The reader's own size first. */
export function sizesOf(p: Values): Size[] {
  const own = ownSize(p)
  const others = p.larger ? claimedSizes.slice(1).filter((size) => sizeId(size) !== sizeId(own)) : []
  return [own, ...others]
}

export const sweepSize = claimedSizes[1]
export const sweptSpacings: readonly Spacing[] = [tightest, ...[8, 10, 12, 14, 20].map(evenly)]

/** @throws CajalError on sliders that do not go together, and on operations that are none */
export function check(p: Values): void {
  checkMemory({ ...ruleOf(p), cues: p.cues, bits: p.bits })
  if (p.active > p.bits)
    throw new CajalError(`a content of ${p.bits} bits cannot have ${p.active} active ones`, {
      where: "parameters active and bits",
    })
  parseOperations(p.operations, p)
}

/** Operations that begin before the one before them has ended are allowed, and said. */
export function* warnings({ spacing }: Values): Generator<NoteEvent, void, void> {
  const short = [
    { what: "a learn", ms: tightest.learnMs },
    { what: "a recall", ms: tightest.recallMs },
  ].filter(({ ms }) => spacing < ms)
  if (short.length > 0)
    yield note(
      `a spacing of ${spacing} ms is shorter than ${short.map(({ what, ms }) => `${what} takes, ${ms} ms`).join(", and ")}: operations disturb one another`,
    )
}
