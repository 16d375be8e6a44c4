/** Boxes that read as one: chains of functions of one array, a learned product and its bias. */
import { isOwn, isPlain } from "../affine.ts"
import { parseExpression, printExpression, substitute } from "../expression.ts"
import type { Box, Weave } from "../terms.ts"
import type { Piece } from "./piece.ts"
import type { Group } from "./values.ts"

const ownReads = ({ array, slots }: Weave): boolean => slots.every((s, i) => s !== "target" && isOwn(s, array.axes[i]))

export function fused<B>(
  pieces: readonly Piece<B>[],
  outputs: readonly B[],
  pathOf: (p: Piece<B>) => readonly Group[],
): Piece<B>[] {
  const uses = new Map<B, number>()
  for (const b of [...outputs, ...pieces.flatMap((p) => p.inputs)]) uses.set(b, (uses.get(b) ?? 0) + 1)
  const makers = new Map<B, Piece<B>>()
  const gone = new Set<Piece<B>>()
  const list: Piece<B>[] = []
  for (let piece of pieces) {
    for (;;) {
      const joined = joinedWith(piece, makers, uses, pathOf)
      if (joined === undefined) break
      gone.add(joined.maker)
      piece = joined.piece
    }
    for (const b of piece.outputs) makers.set(b, piece)
    list.push(piece)
  }
  return list.filter((p) => !gone.has(p))
}

function joinedWith<B>(
  piece: Piece<B>,
  makers: ReadonlyMap<B, Piece<B>>,
  uses: ReadonlyMap<B, number>,
  pathOf: (p: Piece<B>) => readonly Group[],
): { piece: Piece<B>; maker: Piece<B> } | undefined {
  const { part } = piece
  if (part.type !== "box" || part.op !== "map") return undefined
  for (const base of new Set(piece.inputs)) {
    const maker = makers.get(base)
    const times = piece.inputs.filter((b) => b === base).length
    if (maker === undefined || maker.part.type !== "box" || uses.get(base) !== times || maker.outputs.length !== 1)
      continue
    const [a, b] = [pathOf(maker), pathOf(piece)]
    if (a.length !== b.length || a.some((g, i) => g !== b[i])) continue
    const result =
      maker.part.op === "map"
        ? chained(piece, part, base, maker, maker.part, makers, uses)
        : biased(piece, part, base, maker, maker.part)
    if (result !== undefined) return { piece: result, maker }
  }
  return undefined
}

/** f(g(a)) in one: where both only read one array, or the second only says what kind of numbers they are. */
function chained<B>(
  piece: Piece<B>,
  box: Box,
  base: B,
  maker: Piece<B>,
  inner: Box,
  makers: ReadonlyMap<B, Piece<B>>,
  uses: ReadonlyMap<B, number>,
): Piece<B> | undefined {
  const at = piece.inputs.indexOf(base)
  if (piece.inputs.lastIndexOf(base) !== at || !ownReads(box.inputs[at])) return undefined
  const same = box.outputs[0].array.axes.length === inner.outputs[0].array.axes.length
  // Another operand that is itself made of the same array alone will be taken in next.
  const behind = (b: B): readonly B[] => {
    const own = makers.get(b)
    return own?.part.type === "box" && own.part.op === "map" && own.inputs.length === 1 && uses.get(b) === 1
      ? own.inputs
      : [b]
  }
  const wires = new Set([...maker.inputs, ...piece.inputs.filter((b) => b !== base).flatMap(behind)])
  const isMark = /^(spike|f32|i32|u32|bool)\(a\)$/.test(String(box.attributes.f))
  const simple = wires.size <= 1 && inner.parameters.length + box.parameters.length === 0
  if (!same || !(simple || (isMark && box.parameters.length === 0)) || maker.inputs.length === 0) return undefined
  // Operands: those of the inner function, then the rest of the outer one; the same array read alike only once.
  const inputs: Weave[] = [...inner.inputs]
  const bases: B[] = [...maker.inputs]
  const place = box.inputs.map((w, i) => {
    if (i === at) return -1
    const before = inputs.findIndex(
      (x, k) => bases[k] === piece.inputs[i] && JSON.stringify(x.slots) === JSON.stringify(w.slots),
    )
    if (before >= 0) return before
    inputs.push(w)
    bases.push(piece.inputs[i])
    return inputs.length - 1
  })
  const from = parseExpression(String(inner.attributes.f))
  const shift = (i: number): number => (i < inner.inputs.length ? i : inputs.length + i - inner.inputs.length)
  const own = substitute(from, (i) => ({ kind: "operand", index: shift(i) }))
  const f = substitute(parseExpression(String(box.attributes.f)), (i) =>
    place[i] === -1 ? own : { kind: "operand", index: place[i] },
  )
  return {
    ...piece,
    inputs: bases,
    part: { ...box, attributes: { ...box.attributes, f: printExpression(f) }, inputs, parameters: inner.parameters },
  }
}

/** A learned product to which a learned array is added. */
function biased<B>(piece: Piece<B>, box: Box, base: B, maker: Piece<B>, inner: Box): Piece<B> | undefined {
  const learns = inner.op === "linear" || inner.op === "convolution"
  if (
    !learns ||
    inner.attributes.bias === true ||
    box.attributes.f !== "add(a,b)" ||
    piece.inputs.length !== 1 ||
    piece.inputs[0] !== base ||
    box.parameters.length !== 1
  )
    return undefined
  const [bias] = box.parameters
  if (!ownReads(box.inputs[0]) || !bias.slots.every((s) => s !== "target" && isPlain(s))) return undefined
  return {
    ...piece,
    inputs: maker.inputs,
    part: {
      ...inner,
      attributes: { ...inner.attributes, bias: true },
      parameters: [...inner.parameters, bias],
      outputs: box.outputs,
    },
  }
}
