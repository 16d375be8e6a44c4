import fs from "node:fs"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { CajalError } from "../engine/errors.ts"
import { cardOf, catalogue, nearest, type PaperCard, type PaperState, type System } from "../run/index.ts"

/** The systems that run, by slug. */
export const registry = async () => (await import("../../systems/index.ts")).systems

/** The papers that run, by slug. */
export const runningSlugs = async (): Promise<string[]> => Object.keys(await registry())

export async function stateOf(slug: string): Promise<PaperState> {
  return Object.hasOwn(await registry(), slug) ? "runs" : "not yet"
}

/**
 * A system by its slug, or from a file of the user's own (`./my-system.ts`).
 * @throws CajalError when there is no such system, or the paper does not run yet
 */
export async function loadSystem(name: string): Promise<System> {
  if (/[/\\]|\.[mc]?[jt]s$/.test(name)) return loadFile(name)
  const systems = await registry()
  if (Object.hasOwn(systems, name)) return (await systems[name]!()).default
  const card = findCard(name)
  throw new CajalError(`${card.slug} does not run here yet`, { hint: `these run: ${Object.keys(systems).join(", ")}` })
}

/** The card of a paper, or an error that suggests the nearest slug or title. */
export function findCard(name: string): PaperCard {
  if (catalogue.some((card) => card.slug === name)) return cardOf(name)
  const titles = catalogue.map((card) => card.title)
  const near = nearest(name, titles)
  const card = catalogue.find((one) => one.title === near)
  if (card === undefined) return cardOf(name)
  throw new CajalError(`there is no system "${name}"`, { hint: `did you mean "${card.slug}" (${card.title})?` })
}

async function loadFile(name: string): Promise<System> {
  const file = path.resolve(name)
  if (!fs.existsSync(file)) throw new CajalError(`there is no file ${name}`)
  const { default: system } = (await import(pathToFileURL(file).href)) as { default?: Partial<System> }
  if (typeof system?.run !== "function" || system.parameters === undefined || system.card === undefined) {
    throw new CajalError(`${name} does not export a system`, { hint: "export default system({ ... }) from cajal/run" })
  }
  return system as System
}
