/** Which conditions a run has, from its parameters. */
import { CajalError } from "../../src/engine/index.ts"
import { choice, integer, type ParameterValues, text } from "../../src/run/index.ts"
import type { Condition } from "./experiment.ts"
import { type Algotype, algotypes, checkAlgotype, checkFrozen, damageModes } from "./model.ts"

export const parameters = {
  cells: integer("cells in the array", { default: 100, from: 2, to: 5000 }),
  repeats: integer("repeats of each condition", { default: 100, from: 1, to: 10_000 }),
  frozenUpTo: integer("most frozen cells", {
    default: 3,
    from: 0,
    to: 5000,
    help: "every algotype is run with 0, 1, ... so many damaged cells, in both damage modes",
  }),
  chimeras: choice("mixed arrays", {
    default: "all",
    options: ["all", "one", "none"],
    help: "half and half of two algotypes: all three pairs with distinct and with repeated values, or one",
  }),
  distinct: integer("different values where values repeat", { default: 10, from: 2, to: 5000 }),
  oppositeRepeats: integer("repeats with opposite goals", { default: 20, from: 0, to: 10_000 }),
  oppositeTicks: integer("ticks with opposite goals", { default: 400_000, from: 1, to: 100_000_000 }),
  sizes: text("other array sizes", { default: "", help: "numbers of cells, as in 20,50,200, for steps against size" }),
  tickLimit: integer("ticks until giving up", { default: 4_000_000, from: 1000, to: 1_000_000_000 }),
  mix: text("an array of your own", {
    default: "",
    help: 'algotypes and their shares, as in "bubble 0.5, selection 0.5"; only it is run then, with what follows',
  }),
  frozen: integer("frozen cells of your own array", { default: 0, from: 0, to: 5000, help: "drawn at random" }),
  frozenAt: text("which cells of your own array are frozen", {
    default: "",
    help: "their starting positions, as in 3,17, instead of a number",
  }),
  damage: choice("damage of your own array", { default: "movable", options: damageModes }),
  descending: text("algotypes of your own array that sort downwards", { default: "", help: "as in insertion" }),
  ticks: integer("ticks for your own array", {
    default: 0,
    from: 0,
    to: 100_000_000,
    help: "0: until no cell has reason to move, which never comes for sure where goals are opposite",
  }),
}
export type Values = ParameterValues<typeof parameters>

export const pairs = [
  ["bubble", "selection"],
  ["bubble", "insertion"],
  ["selection", "insertion"],
] as const

/** Opposite goals: who sorts downwards, and against whom. */
export const opposites = [
  ["bubble", "selection"],
  ["insertion", "bubble"],
  ["selection", "insertion"],
] as const
/** Where these settled in the paper: sortedness of 100 cells. */
export const oppositesInPaper = [42.5, 73.7, 38.3]

export const aloneId = (type: Algotype) => `${type}/alone`
export const frozenId = (type: Algotype, damage: string, frozen: number) =>
  frozen === 0 ? aloneId(type) : `${type}/${damage}/${frozen}`
export const pairId = (pair: readonly Algotype[], values: "distinct" | "repeated") => `${pair.join("+")}/${values}`
export const oppositeId = ([down, up]: readonly Algotype[]) => `opposite/${down}-down+${up}-up`
export const sizeId = (type: Algotype, cells: number) => `${type}/cells/${cells}`

/**
 * The conditions of a run, in the order in which they are run.
 * @throws CajalError on parameters that do not fit together
 */
export function conditionsOf(p: Values): Condition[] {
  const base = { cells: p.cells, repeats: p.repeats, distinct: p.cells, tickLimit: p.tickLimit }
  if (p.mix.trim() !== "") return [ownCondition(p, base)]
  if (p.frozenUpTo > p.cells) throw new CajalError(`cannot freeze ${p.frozenUpTo} of ${p.cells} cells`)
  const single = (id: string, type: Algotype, more: Partial<Condition> = {}): Condition => {
    const { cells = p.cells } = more
    return { ...base, id, counts: { [type]: cells }, distinct: cells, traditional: true, ...more }
  }
  const half = Math.floor(p.cells / 2)
  const mixed = (id: string, [first, second]: readonly Algotype[], more: Partial<Condition> = {}): Condition => ({
    ...base,
    id,
    counts: { [first]: half, [second]: p.cells - half },
    ...more,
  })
  const counts = Array.from({ length: p.frozenUpTo }, (_, i) => i + 1)
  const conditions = algotypes.map((type) => single(aloneId(type), type))
  for (const type of algotypes) {
    for (const damage of damageModes) {
      for (const frozen of counts) conditions.push(single(frozenId(type, damage, frozen), type, { damage, frozen }))
    }
  }
  const chosen = { all: pairs, one: pairs.slice(0, 1), none: [] }[p.chimeras]
  for (const pair of chosen) conditions.push(mixed(pairId(pair, "distinct"), pair))
  if (p.chimeras === "all") {
    if (p.cells % p.distinct !== 0) {
      throw new CajalError(`${p.cells} cells cannot hold each of ${p.distinct} values equally often`, {
        hint: "choose distinct so that it divides the number of cells",
      })
    }
    for (const pair of pairs) conditions.push(mixed(pairId(pair, "repeated"), pair, { distinct: p.distinct }))
  }
  if (p.oppositeRepeats > 0) {
    for (const pair of opposites) {
      const more = { descending: [pair[0]], repeats: p.oppositeRepeats, ticks: p.oppositeTicks }
      conditions.push(mixed(oppositeId(pair), pair, more))
    }
  }
  for (const cells of sizesOf(p)) {
    for (const type of algotypes) conditions.push(single(sizeId(type, cells), type, { cells }))
  }
  return conditions
}

/** Sizes other than `cells` itself, ascending. */
export function sizesOf(p: Values): number[] {
  const sizes = listOf(p.sizes).map(Number)
  const wrong = sizes.find((size) => !Number.isInteger(size) || size < 2 || size > 5000)
  if (wrong !== undefined) throw new CajalError(`sizes must be whole numbers from 2 to 5000, not "${p.sizes}"`)
  return [...new Set(sizes)].filter((size) => size !== p.cells).sort((a, b) => a - b)
}

function ownCondition(p: Values, base: Omit<Condition, "id" | "counts">): Condition {
  const counts = countsOf(p.mix, p.cells)
  const descending = listOf(p.descending).map(checkAlgotype)
  const goals = new Set(Object.keys(counts).map((type) => descending.includes(type as Algotype)))
  if (goals.size > 1 && p.ticks === 0) {
    throw new CajalError("algotypes with opposite goals may never settle", {
      hint: "say for how many ticks to run, as in --ticks 400000",
    })
  }
  const frozen = frozenOf(p)
  const traditional = Object.keys(counts).length === 1 && descending.length === 0
  const ticks = p.ticks === 0 ? undefined : p.ticks
  return { ...base, id: "own", counts, descending, frozen, damage: p.damage, ticks, traditional }
}

/** Shares of algotypes as whole cells; what rounding leaves goes to the largest remainders. */
export function countsOf(mix: string, cells: number): Partial<Record<Algotype, number>> {
  const shares = listOf(mix).map((part) => {
    const [name, share = "1", ...rest] = part.split(/[\s=:]+/)
    if (rest.length > 0 || !(Number(share) > 0)) {
      throw new CajalError(`"${part}" is not an algotype with its share`, { hint: 'as in "bubble 0.5, selection 0.5"' })
    }
    return { type: checkAlgotype(name), share: Number(share) }
  })
  if (new Set(shares.map(({ type }) => type)).size < shares.length) throw new CajalError(`"${mix}" names a type twice`)
  const sum = shares.reduce((total, { share }) => total + share, 0)
  if (Math.abs(sum - 1) > 1e-6) throw new CajalError(`the shares of "${mix}" sum to ${sum}, not to 1`)
  const exact = shares.map(({ type, share }) => ({
    type,
    count: Math.floor(share * cells + 1e-6),
    exact: share * cells,
  }))
  const left = cells - exact.reduce((total, { count }) => total + count, 0)
  const byRemainder = [...exact].sort((a, b) => b.exact - b.count - (a.exact - a.count))
  for (const one of byRemainder.slice(0, left)) one.count++
  return Object.fromEntries(exact.map(({ type, count }) => [type, count]))
}

function frozenOf(p: Values): number | number[] {
  if (p.frozen > p.cells) throw new CajalError(`cannot freeze ${p.frozen} of ${p.cells} cells`)
  const positions = listOf(p.frozenAt).map(Number)
  if (positions.length === 0) return p.frozen
  if (p.frozen > 0) throw new CajalError("give frozen or frozenAt, not both")
  checkFrozen(positions, p.cells)
  return positions
}

const listOf = (given: string): string[] =>
  given
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
