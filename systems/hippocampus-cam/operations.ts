/** What a memory is asked to do, when, and what it should answer. */
import { CajalError } from "../../src/engine/index.ts"
import type { Memory } from "./model.ts"
import type { Raster } from "./simulation.ts"

/** Learning fires cue and content for three steps; recalling fires one of the two once. */
export type Operation =
  | { readonly kind: "learn"; readonly cue: number; readonly content: readonly number[] }
  | { readonly kind: "cue"; readonly cue: number }
  | { readonly kind: "content"; readonly content: readonly number[] }

export const learn = (cue: number, ...content: number[]): Operation => ({ kind: "learn", cue, content })
export const recallCue = (cue: number): Operation => ({ kind: "cue", cue })
export const recallContent = (...content: number[]): Operation => ({ kind: "content", content })

export type TimedOperation = Operation & { readonly atMs: number }

/** Time from the start of a learn, and of a recall, to the next operation. */
export interface Spacing {
  readonly learnMs: number
  readonly recallMs: number
}
export const evenly = (ms: number): Spacing => ({ learnMs: ms, recallMs: ms })
/** The least that the paper gives: how long each operation takes. */
export const tightest: Spacing = { learnMs: 7, recallMs: 6 }

/** Operations one after the other. */
export function schedule(operations: readonly Operation[], spacing: Spacing, firstMs = 0): TimedOperation[] {
  let atMs = firstMs
  return operations.map((operation) => {
    const timed = { ...operation, atMs }
    atMs += operation.kind === "learn" ? spacing.learnMs : spacing.recallMs
    return timed
  })
}

/** "learn 3: 1 4", "cue 3", "content 0 4": as `parseOperations` reads it. */
export const nameOf = (operation: Operation): string =>
  operation.kind === "learn"
    ? `learn ${operation.cue}: ${operation.content.join(" ")}`
    : operation.kind === "cue"
      ? `cue ${operation.cue}`
      : `content ${operation.content.join(" ")}`

/** @throws CajalError naming what is missing, or what lies outside of the memory and what it allows */
export function checkOperation(operation: Operation, { cues, bits }: Pick<Memory, "cues" | "bits">): void {
  const where = `operation "${nameOf(operation)}"`
  if (operation.kind !== "content" && !inRange(operation.cue, cues))
    throw new CajalError(`there is no cue ${operation.cue}: cues are 0..${cues - 1}`, { where })
  if (operation.kind === "cue") return
  if (operation.content.length === 0)
    throw new CajalError(`${operation.kind === "learn" ? "a learn" : "a recall by content"} needs a content`, { where })
  const wrong = operation.content.find((bit) => !inRange(bit, bits))
  if (wrong !== undefined) throw new CajalError(`there is no content bit ${wrong}: bits are 0..${bits - 1}`, { where })
}

const inRange = (index: number, size: number): boolean => Number.isInteger(index) && index >= 0 && index < size

export const operationsFormat = 'such as "learn 0: 1 2 8; learn 3: 4 5; cue 0; content 2 5"'

/**
 * Operations as a reader writes them.
 * @throws CajalError on what is no operation, what lacks a part, and what lies outside of the memory
 */
export function parseOperations(text: string, memory: Pick<Memory, "cues" | "bits">): Operation[] {
  const parts = text.split(";").map((part) => part.trim())
  return parts.filter((part) => part !== "").map((part) => parseOperation(part, memory))
}

function parseOperation(part: string, memory: Pick<Memory, "cues" | "bits">): Operation {
  const where = `operation "${part}"`
  const [, kind, rest] = /^(learn|cue|content)\b(.*)$/.exec(part) ?? []
  if (kind === undefined)
    throw new CajalError(`an operation is learn, cue or content, ${operationsFormat}`, { where: `"${part}"` })
  const numbers = (list: string): number[] =>
    list
      .split(/[\s,]+/)
      .filter((word) => word !== "")
      .map((word) => {
        if (/^\d+$/.test(word)) return Number(word)
        throw new CajalError(`"${word}" is not the number of a cue or a content bit`, { where })
      })
  const cueIn = (list: string): number => {
    const [cue, ...more] = numbers(list)
    if (cue === undefined)
      throw new CajalError(`a ${kind === "cue" ? "recall by cue" : "learn"} needs a cue`, { where })
    if (more.length > 0)
      throw new CajalError(`one cue at a time, not ${more.length + 1}`, {
        where,
        hint: kind === "learn" ? "the content stands behind a colon, learn 0: 1 2 8" : undefined,
      })
    return cue
  }
  const [before, after = ""] = rest.split(":")
  const operation: Operation =
    kind === "learn"
      ? { kind, cue: cueIn(before), content: numbers(after) }
      : kind === "cue"
        ? { kind, cue: cueIn(rest) }
        : { kind: "content", content: numbers(rest) }
  checkOperation(operation, memory)
  return operation
}

/** A recall, and what the output layer made of it. */
export interface Recall {
  readonly operation: TimedOperation & { readonly kind: "cue" | "content" }
  /** What a perfect memory answers: content bits, or cues. */
  readonly expected: readonly number[]
  /** What the answering layer fired when the answer is due. */
  readonly answer: readonly number[]
  /** Whether that is what was expected, and the layer was silent before and after. */
  readonly correct: boolean
}

/** From a recall to its answer at the output. A cue or a fragment itself is there after 5 ms. */
export const answerAfterMs = ({ delayMs }: Pick<Memory, "delayMs">): number => 5 + delayMs

/** Every recall of a sequence, beside what a perfect memory would answer: the last content that each cue was taught. */
export function recallsOf(
  operations: readonly TimedOperation[],
  raster: Raster,
  memory: Pick<Memory, "delayMs">,
  { recallMs }: Spacing,
): Recall[] {
  const known = new Map<number, readonly number[]>()
  return operations.flatMap((operation): Recall[] => {
    if (operation.kind === "learn") {
      known.set(operation.cue, operation.content)
      return []
    }
    const expected =
      operation.kind === "cue"
        ? (known.get(operation.cue) ?? [])
        : [...known].flatMap(([cue, content]) => (content.some((bit) => operation.content.includes(bit)) ? [cue] : []))
    const layer = raster[operation.kind === "cue" ? "OutCont" : "OutCue"]
    const due = operation.atMs + answerAfterMs(memory)
    const answer = layer[due] ?? []
    // What comes earlier or later belongs to the operations before and after.
    const [from, to] = [operation.atMs + 4, operation.atMs + recallMs + 4]
    const others = layer.slice(from, to).some((fired, i) => from + i !== due && fired.length > 0)
    const sorted = [...expected].sort((a, b) => a - b)
    return [{ operation, expected: sorted, answer, correct: !others && String(answer) === String(sorted) }]
  })
}

export const countCorrect = (recalls: readonly Recall[]): number => recalls.filter(({ correct }) => correct).length

/** The share of correct recalls of a kind, in percent. */
export function shareCorrect(recalls: readonly Recall[], kind?: "cue" | "content"): number {
  const own = recalls.filter(({ operation }) => kind === undefined || operation.kind === kind)
  return (100 * countCorrect(own)) / own.length
}
