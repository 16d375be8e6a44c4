import { allowed, catalogue, presetNames } from "../run/index.ts"
import { bylineOf } from "../run/report.ts"
import { commandName } from "./package-info.ts"
import { findCard, loadSystem, runningSlugs, stateOf } from "./registry.ts"
import { terminalWidth } from "./terminal.ts"
import { textTable, wrap } from "./text-table.ts"

/** `cajal list`: all papers, and which of them run. */
export async function listCommand({ json = false }: { json?: boolean }): Promise<void> {
  const running = await runningSlugs()
  const cards = catalogue.map((card) => ({ ...card, state: running.includes(card.slug) ? "runs" : "not yet" }))
  if (json) {
    console.log(JSON.stringify(cards, null, 2))
    return
  }
  const slugWidth = Math.max(...cards.map(({ slug }) => slug.length))
  // Piped, every line is whole: it is for other programs to cut.
  const width = process.stdout.isTTY ? terminalWidth() : Number.POSITIVE_INFINITY
  for (const { slug, state, year, title } of cards) {
    console.log(cut(`${slug.padEnd(slugWidth)}  ${state.padEnd(7)}  ${year}  ${title}`, width))
  }
  console.log(`\n${cards.length} papers, ${running.length} of them run; ${commandName} show <system> tells more`)
}

const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 3)}...`)

/** `cajal show <slug>`: the card of a paper; its parameters, presets and claims when it runs. */
export async function showCommand(slug: string, { json = false }: { json?: boolean }): Promise<void> {
  const card = findCard(slug)
  const state = await stateOf(slug)
  const system = state === "runs" ? await loadSystem(slug) : undefined
  if (json) {
    const { parameters, presets } = system ?? {}
    const claims = system?.claims.map(({ id, text, paper, threshold, controlText }) => ({
      id,
      text,
      paper,
      threshold,
      control: controlText,
    }))
    console.log(JSON.stringify({ ...card, state, parameters, presets, claims }, null, 2))
    return
  }
  const width = terminalWidth()
  const lines = [
    card.title,
    bylineOf(card),
    ...(card.link === undefined ? [] : [card.link]),
    "",
    ...wrap(card.summary, width),
  ]
  if (system === undefined) {
    console.log([...lines, "", `${slug} does not run here yet`].join("\n"))
    return
  }
  const parameters = Object.entries(system.parameters).map(([name, one]) => [
    `--${name}`,
    [one.label, one.help].filter(Boolean).join("; "),
    allowed(one),
  ])
  const presets = presetNames.map((name) => [
    name,
    Object.entries(system.presets[name])
      .map(([key, value]) => `${key} ${value}`)
      .join(", "),
  ])
  const claims = system.claims.map((one) => [one.text, one.paper, one.threshold, one.controlText ?? "none"])
  if (parameters.length > 0) {
    lines.push(
      "",
      textTable(
        [{ title: "parameter" }, { title: "what it is", share: 2 }, { title: "allowed", share: 1 }],
        parameters,
        width,
      ),
    )
  }
  lines.push("", textTable([{ title: "preset" }, { title: "sets", share: 1 }], presets, width))
  const claimColumns = [
    { title: "claim", share: 3 },
    { title: "paper", share: 3 },
    { title: "met when", share: 2 },
    { title: "control", share: 2 },
  ]
  if (claims.length > 0) lines.push("", textTable(claimColumns, claims, width))
  lines.push("", `run it: ${commandName} run ${slug}`)
  console.log(lines.join("\n"))
}
