/** Terms as text: what `parseTerm` reads. */
import { formatAffine, isOwn } from "./affine.ts"
import { nameOfFunction } from "./expression.ts"
import { layersOf } from "./layers.ts"
import {
  type ArrayType,
  type Axis,
  array,
  type Block,
  type Box,
  codomainOf,
  degreeOf,
  domainOf,
  formatArray,
  formatTuple,
  innerOf,
  isIdentity,
  type Morphism,
  type Parameter,
  readWhole,
  type Weave,
} from "./terms.ts"

/** The term as text, sizes first, one column a line. */
export function printTerm(m: Morphism): string {
  const sizes = new Map<string, number>()
  forEachAxis(m, ({ name, size }) => sizes.set(name, size))
  const head = sizes.size === 0 ? "" : `let ${[...sizes].map(([name, size]) => `${name}=${size}`).join(" ")}\n`
  return head + sequence(m, "")
}

function sequence(m: Morphism, indent: string): string {
  const layers = layersOf(m)
  if (layers.length === 0) return `${indent}id : ${formatTuple(domainOf(m))}`
  return layers
    .map((layer) => indent + layer.map((part) => printPart(part, indent)).join(` |\n${indent}  `))
    .join(" ;\n")
}

function printPart(part: Morphism, indent: string): string {
  if (part.type === "box") return printBox(part)
  if (part.type === "block") return printBlock(part, indent)
  if (part.type !== "rearrange") return `(${sequence(part, "")})`
  return isIdentity(part) ? `id : ${formatTuple(part.from)}` : `[${part.map.join(",")}] : ${formatTuple(part.from)}`
}

const printBlock = ({ style, title, repeat, body, loop }: Block, indent: string): string => {
  const head =
    loop === undefined
      ? { fence: "block", custom: "custom", choice: "choice", scan: "scan" }[style]
      : `scan ${loop.axis.name}${loop.reverse ? " reverse" : ""} constants ${loop.constants} carries ${loop.carries}`
  return `${head} ${JSON.stringify(title)}${repeat > 1 ? ` x${repeat}` : ""} {\n${sequence(body, `${indent}  `)}\n${indent}}`
}

/** Axes of a box that are targets in every array in which they occur: they stand in brackets behind its name. */
function bracketOf(box: Box): string[] {
  const tiled = new Set<string>()
  const targets = new Set<string>()
  for (const { array, slots } of [...box.inputs, ...box.parameters, ...box.outputs])
    array.axes.forEach(({ name }, i) => (slots[i] === "target" ? targets : tiled).add(name))
  return [...targets].filter((name) => !tiled.has(name))
}

function printBox(box: Box): string {
  const { op, attributes, inputs, parameters, outputs } = box
  const bracket = bracketOf(box)
  const side = (list: readonly Weave[]): string[] => list.map((w) => printWeave(w, bracket))
  let head = op
  let rest: Record<string, unknown> = { ...attributes }
  let shown: readonly Parameter[] = parameters
  if (op === "map") {
    const { f, ...others } = attributes
    const own = nameOfFunction(String(f))
    head = own ?? `map[${f}]`
    rest = others
  } else if (op === "linear") {
    const implied = impliedParameters(box, parameters[0]?.name ?? "", attributes.bias === true)
    if (JSON.stringify(implied) === JSON.stringify(parameters)) {
      const { bias, ...others } = attributes
      head = `bold ${parameters[0].name}${bias === true ? " +" : ""}`
      rest = others
      shown = []
    }
  }
  if (bracket.length > 0) head += `[${bracket.join(" ")}]`
  if (Object.keys(rest).length > 0) head += ` ${JSON.stringify(rest)}`
  const operands = [...side(inputs), ...shown.map((p) => `${JSON.stringify(p.name)}(${printWeave(p, bracket)})`)]
  return `${head} : ${operands.join(", ") || "()"} -> ${side(outputs).join(", ") || "()"}`
}

function printWeave({ array, slots }: Weave, bracket: readonly string[]): string {
  const axes = array.axes.map((axis, i) => {
    const slot = slots[i]
    if (slot === "target") return bracket.includes(axis.name) ? axis.name : `${axis.name}!`
    return isOwn(slot, axis) ? axis.name : `${axis.name}[${formatAffine(slot)}]`
  })
  return formatArray({ kind: array.kind, axes: axes.map((name) => ({ name, size: 0 })) })
}

/** The arrays of a learned linear map whose axes are not written out: what it sums over, then what it makes. */
export function impliedParameters(box: Box, name: string, bias: boolean): Parameter[] {
  const given = new Set(
    box.inputs.flatMap(({ slots }) => slots.flatMap((s) => (s === "target" ? [] : s.terms.map((t) => t.axis.name)))),
  )
  const made = degreeOf(box).filter((axis) => !given.has(axis.name))
  const inner = innerOf({ ...box, parameters: [] })
  const over = (own: string, axes: readonly Axis[]): Parameter => ({
    name: own,
    ...readWhole(array(axes)),
  })
  return [over(name, [...inner, ...made]), ...(bias ? [over(`${name}.bias`, made)] : [])]
}

/** Calls `visit` with every axis that the term names, in the order of the text. */
export function forEachAxis(m: Morphism, visit: (axis: Axis) => void): void {
  const arrays = (list: readonly ArrayType[]): void => list.forEach((a) => a.axes.forEach(visit))
  if (m.type === "box")
    for (const { array, slots } of [...m.inputs, ...m.parameters, ...m.outputs]) {
      arrays([array])
      for (const slot of slots) if (slot !== "target") for (const { axis } of slot.terms) visit(axis)
    }
  else if (m.type === "rearrange") arrays(m.from)
  else if (m.type === "block") {
    if (m.loop !== undefined) visit(m.loop.axis)
    forEachAxis(m.body, visit)
    arrays(codomainOf(m))
  } else for (const part of m.parts) forEachAxis(part, visit)
}
