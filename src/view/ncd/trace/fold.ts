/** Equal neighbours become one block that is repeated. */
import { type Block, codomainOf, domainOf, type Morphism, sameTuple } from "../terms.ts"
import type { Piece } from "./piece.ts"

/** Chains of equal blocks, each taking what the one before gives, as one block `×N`. */
export function folded<B>(pieces: readonly Piece<B>[], outputs: readonly B[]): Piece<B>[] {
  const result: Piece<B>[] = []
  for (let i = 0; i < pieces.length; ) {
    let end = i + 1
    while (end < pieces.length && follows(pieces, end, outputs)) end++
    const names = end - i > 1 ? repeatedNames(pieces.slice(i, end)) : undefined
    if (names === undefined) {
      result.push(pieces[i++])
      continue
    }
    const [first, last] = [pieces[i], pieces[end - 1]]
    const block = first.part as Block
    const title = block.title.replace(/[\s.]*\d+$/, "")
    const part: Block = { ...block, title, repeat: end - i, body: renamed(block.body, names) }
    result.push({ ...first, part, outputs: last.outputs })
    i = end
  }
  return result
}

/** Whether a piece does the same as the one before it, to what that one gives. */
function follows<B>(pieces: readonly Piece<B>[], i: number, outputs: readonly B[]): boolean {
  const [a, b] = [pieces[i - 1], pieces[i]]
  if (a.part.type !== "block" || b.part.type !== "block" || a.part.style !== "fence" || b.part.style !== "fence")
    return false
  const n = a.outputs.length
  if (n === 0 || b.outputs.length !== n || a.inputs.length !== b.inputs.length) return false
  if (!b.inputs.every((base, k) => (k < n ? base === a.outputs[k] : base === a.inputs[k]))) return false
  const others = pieces.filter((p) => p !== b).flatMap((p) => p.inputs)
  if (a.outputs.some((base) => others.includes(base) || outputs.includes(base))) return false
  const [x, y] = [a.part, b.part]
  return sameTuple(domainOf(x).slice(0, n), codomainOf(x)) && shapeOf(x) === shapeOf(y)
}

/** What a block does, whatever its axes and parameters are called. */
function shapeOf({ title, body }: Block): string {
  const names = new Map<string, number>()
  const text = JSON.stringify(body, (key, value) => {
    if (key === "source") return undefined
    if (key === "axis" || (typeof value === "object" && value !== null && "size" in value && "name" in value)) {
      const { name, size } = value as { name: string; size: number }
      if (!names.has(name)) names.set(name, names.size)
      return `${names.get(name)}:${size}`
    }
    if (key === "parameters") return (value as { name: string }[]).map(({ name: _, ...rest }) => rest)
    return value
  })
  return title.replace(/[\s.]*\d+$/, "") + text
}

const parametersOf = (m: Morphism): string[] =>
  m.type === "box"
    ? m.parameters.map((p) => p.name)
    : m.type === "block"
      ? parametersOf(m.body)
      : m.type === "rearrange"
        ? []
        : m.parts.flatMap(parametersOf)

/** Names in which only the number of the repetition differs, with a star for it; undefined where there are others. */
function repeatedNames<B>(pieces: readonly Piece<B>[]): Map<string, string> | undefined {
  const lists = pieces.map((p) => parametersOf((p.part as Block).body))
  const names = new Map<string, string>()
  for (let k = 0; k < lists[0].length; k++) {
    const words = lists.map((list) => list[k].split("."))
    const pattern = words[0].map((word, w) => (words.every((own) => own[w] === word) ? word : "*"))
    const fits = words.every(
      (own, turn) =>
        own.length === pattern.length &&
        pattern.every((p, w) => p !== "*" || own[w] === "*" || own[w] === String(turn)),
    )
    if (!fits || pattern.filter((p, w) => p === "*" && words[0][w] !== "*").length !== 1) return undefined
    names.set(lists[0][k], pattern.join("."))
  }
  return names
}

function renamed(m: Morphism, names: ReadonlyMap<string, string>): Morphism {
  if (m.type === "box")
    return { ...m, parameters: m.parameters.map((p) => ({ ...p, name: names.get(p.name) ?? p.name })) }
  if (m.type === "block") return { ...m, body: renamed(m.body, names) }
  return m.type === "rearrange" ? m : { ...m, parts: m.parts.map((part) => renamed(part, names)) }
}
