/** Pieces in columns: by what they wait for; arrays stay in their order until somebody needs another one. */
import { type ArrayType, compose, identityOn, type Morphism, product } from "../terms.ts"
import { folded } from "./fold.ts"
import { fused } from "./fuse.ts"
import { freeIn, type Piece } from "./piece.ts"
import type { Group } from "./values.ts"

type ArrayOf<B> = (base: B) => ArrayType

/** The groups around a piece, outermost first, those around the region left out. */
function pathOf(group: Group | undefined, root: Group | undefined): Group[] {
  const outer = new Set<Group>()
  for (let g = root; g !== undefined; g = g.parent) outer.add(g)
  const path: Group[] = []
  for (let g = group; g !== undefined && !outer.has(g); g = g.parent) path.unshift(g)
  return path
}

/**
 * A term of pieces.
 * @param arrayOf what the values are that stand for arrays
 * @param inputs, outputs what it takes and gives, in this order
 * @param root the group in which the region stands
 */
export function arrange<B>(
  arrayOf: ArrayOf<B>,
  pieces: readonly Piece<B>[],
  inputs: readonly B[],
  outputs: readonly B[],
  root?: Group,
): Morphism {
  const paths = new Map(pieces.map((p) => [p, pathOf(p.group, root)]))
  const whole = fused(pieces, outputs, (p) => paths.get(p) ?? pathOf(p.group, root))
  const list = nested(
    arrayOf,
    whole.map((piece) => ({ piece, path: pathOf(piece.group, root) })),
    new Set(outputs),
  )
  return columns(arrayOf, folded(list, outputs), inputs, outputs)
}

interface Placed<B> {
  readonly piece: Piece<B>
  readonly path: readonly Group[]
}

/** Pieces of the same group become one block. */
function nested<B>(arrayOf: ArrayOf<B>, list: readonly Placed<B>[], wanted: ReadonlySet<B>): Piece<B>[] {
  const result: Piece<B>[] = []
  for (let i = 0; i < list.length; ) {
    const [group] = list[i].path
    if (group === undefined) {
      result.push(list[i++].piece)
      continue
    }
    let end = i
    while (end < list.length && list[end].path[0] === group) end++
    const own = list.slice(i, end).map(({ piece, path }) => ({ piece, path: path.slice(1) }))
    const others = new Set<B>([
      ...wanted,
      ...[...list.slice(0, i), ...list.slice(end)].flatMap(({ piece }) => piece.inputs),
    ])
    const made = own.flatMap(({ piece }) => piece.outputs)
    const outputs = made.filter((base) => others.has(base))
    const inner = nested(arrayOf, own, new Set(outputs))
    i = end
    if (group.style === "fence" && inner.length === 1) {
      result.push(...inner)
      continue
    }
    const inputs = freeIn(inner, [], [])
    const body = columns(arrayOf, folded(inner, outputs), inputs, outputs)
    result.push({
      part: { type: "block", style: group.style, title: group.name, repeat: 1, body },
      inputs,
      outputs,
      group: undefined,
    })
  }
  return result
}

function levelsOf<B>(pieces: readonly Piece<B>[]): Piece<B>[][] {
  const level = new Map<B, number>()
  const own = pieces.map((p) => {
    const mine = Math.max(0, ...p.inputs.map((b) => level.get(b) ?? 0))
    for (const b of p.outputs) level.set(b, mine + 1)
    return mine
  })
  // What waits for nothing stands right before who takes it.
  for (let i = pieces.length - 1; i >= 0; i--) {
    if (pieces[i].inputs.length > 0) continue
    const users = pieces.flatMap((p, k) => (p.inputs.some((b) => pieces[i].outputs.includes(b)) ? [own[k]] : []))
    own[i] = users.length === 0 ? Math.max(0, ...own) : Math.max(0, Math.min(...users) - 1)
    if (users.some((u) => u <= own[i])) {
      // It would stand in the same column as who takes it: all others move on by one.
      for (let k = 0; k < own.length; k++) if (k !== i) own[k]++
    }
  }
  const columns: Piece<B>[][] = []
  pieces.forEach((p, i) => {
    columns[own[i]] ??= []
    columns[own[i]].push(p)
  })
  return columns.filter((column) => column !== undefined)
}

function columns<B>(
  arrayOf: ArrayOf<B>,
  pieces: readonly Piece<B>[],
  inputs: readonly B[],
  outputs: readonly B[],
): Morphism {
  const levels = levelsOf(pieces)
  const parts: Morphism[] = []
  let now: readonly B[] = inputs
  const reorder = (wanted: readonly B[]): void => {
    if (wanted.length === now.length && wanted.every((b, i) => b === now[i])) return
    parts.push(
      inPieces(
        now.map((b) => arrayOf(b)),
        wanted.map((b) => now.indexOf(b)),
      ),
    )
    now = wanted
  }
  // How far behind each array is still needed.
  const last = new Map<B, number>()
  levels.forEach((level, l) => level.forEach((p) => p.inputs.forEach((b) => last.set(b, l))))
  const busy = new Map(last)
  for (const b of outputs) last.set(b, levels.length)
  levels.forEach((level, l) => {
    const place = new Map(now.map((b, i) => [b, i]))
    const mean = (list: readonly B[]): number =>
      list.length === 0
        ? Number.POSITIVE_INFINITY
        : list.reduce((n, b) => n + (place.get(b) as number), 0) / list.length
    const passing = [...new Set(now)].filter((b) => (last.get(b) as number) > l)
    const row = [
      ...level
        .map((one) => straightened(one, place))
        .map((piece) => ({
          piece: piece as Piece<B> | undefined,
          taken: piece.inputs,
          given: piece.outputs,
          at: mean(piece.inputs),
        })),
      // What is only given at the end goes below what is still worked on.
      ...passing.map((b) => {
        const isDone = now.length > manyLanes && (busy.get(b) ?? -1) <= l
        return { piece: undefined, taken: [b], given: [b], at: (place.get(b) as number) + (isDone ? now.length : 0.01) }
      }),
    ].sort((a, b) => (a.at === b.at ? 0 : a.at - b.at))
    reorder(row.flatMap((r) => r.taken))
    parts.push(product(...row.map((r): Morphism => r.piece?.part ?? identityOn([arrayOf(r.taken[0])]))))
    now = row.flatMap((r) => r.given)
  })
  reorder(outputs)
  if (parts.length === 0) return identityOn(inputs.map((b) => arrayOf(b)))
  return compose(...parts)
}

/** So many arrays side by side are sorted by whether they are still needed. */
const manyLanes = 12

const commutes = new Set(["add(a,b)", "mul(a,b)", "max(a,b)", "min(a,b)", "and(a,b)", "or(a,b)"])

/** The operands of a sum in the order in which they are there. */
function straightened<B>(piece: Piece<B>, place: ReadonlyMap<B, number>): Piece<B> {
  const { part, inputs } = piece
  if (part.type !== "box" || inputs.length !== 2 || part.op !== "map" || !commutes.has(String(part.attributes.f)))
    return piece
  if ((place.get(inputs[0]) as number) <= (place.get(inputs[1]) as number)) return piece
  return { ...piece, inputs: [inputs[1], inputs[0]], part: { ...part, inputs: [part.inputs[1], part.inputs[0]] } }
}

/** A change of order as changes of what stands together: what keeps its place passes by. */
function inPieces(from: readonly ArrayType[], map: readonly number[]): Morphism {
  const parts: Morphism[] = []
  let [i, o] = [0, 0]
  while (i < from.length || o < map.length) {
    let [end, out] = [i, o]
    const above = (k: number): number => Math.max(-1, ...map.slice(o, k)) + 1
    const below = (k: number): number => Math.min(from.length, ...map.slice(k))
    // The fewest outputs whose inputs are not needed further down; an input that nobody takes stands alone.
    do {
      if (out < map.length && !(out === o && below(out) > i)) out++
      end = Math.max(above(out), i + (out === o ? 1 : 0))
    } while (out < map.length && below(out) < end)
    const own = from.slice(i, end)
    parts.push({ type: "rearrange", from: own, map: map.slice(o, out).map((m) => m - i) })
    ;[i, o] = [end, out]
  }
  return product(...parts)
}
