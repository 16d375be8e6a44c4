/** Random contents, which overlap: what a memory of many pairs remembers, and what it remembers after half of them were taught anew. */
import type { HostRandom } from "../../src/engine/index.ts"
import type { Memory } from "./model.ts"
import {
  learn,
  type Operation,
  type Recall,
  recallContent,
  recallCue,
  type Spacing,
  schedule,
  shareCorrect,
  type TimedOperation,
} from "./operations.ts"

export interface Size {
  readonly cues: number
  readonly bits: number
  /** Active bits of a content. */
  readonly active: number
}

/** All cues are taught, everything is recalled; every even cue is taught anew, everything is recalled. */
export function randomSequence(size: Size, spacing: Spacing, random: HostRandom): TimedOperation[] {
  const taught = (cue: number): Operation => {
    const content = random.permutation(size.bits).slice(0, size.active).sort()
    return learn(cue, ...content)
  }
  const cues = Array.from({ length: size.cues }, (_, cue) => cue)
  const everything = [...cues.map(recallCue), ...Array.from({ length: size.bits }, (_, bit) => recallContent(bit))]
  const operations = [
    ...cues.map(taught),
    ...everything,
    ...cues.filter((cue) => cue % 2 === 0).map(taught),
    ...everything,
  ]
  return schedule(operations, spacing)
}

export const phases = ["learned", "relearned"] as const
export type Phase = (typeof phases)[number]

/** Correct recalls in percent. */
export type Scores = Readonly<Record<Phase, Readonly<Record<"cue" | "content", number>>>>

/** @param recalls those of a whole `randomSequence` */
export function scoresOf(recalls: readonly Recall[]): Scores {
  const half = recalls.length / 2
  const [learned, relearned] = [recalls.slice(0, half), recalls.slice(half)].map((own) => ({
    cue: shareCorrect(own, "cue"),
    content: shareCorrect(own, "content"),
  }))
  return { learned, relearned }
}

/** The paper's rule, or a memory that lacks what the claims say it needs. */
export const arms = {
  memory: { title: "the memory", change: {} },
  "no-depression": { title: "no depression", change: { depressionNA: 0 } },
  "no-gate": { title: "no gate inhibition", change: { gateNA: 0 } },
} as const satisfies Record<string, { title: string; change: Partial<Memory> }>
export type Arm = keyof typeof arms
export const armNames = Object.keys(arms) as Arm[]
