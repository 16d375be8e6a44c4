/** A box: its symbol over the wires that it takes in, the tiled wires past it, ports at both ends. */
import { escapeHtml } from "../html.ts"
import { formatAffine, isOwn, isPlain } from "./affine.ts"
import { type Canvas, looksOf, port } from "./canvas.ts"
import { bottomOf, margin, pathThrough, stacked, textWidth } from "./measure.ts"
import { isContraction, isLinear, isOpaque, symbolOf } from "./operations.ts"
import { type Attributes, type Axis, type Box, formatArray, innerOf, type Json, type Weave } from "./terms.ts"

/** A part with its size: heights of its ports from its own top. */
export interface Measured {
  readonly width: number
  readonly height: number
  readonly ins: readonly (readonly number[])[]
  readonly outs: readonly (readonly number[])[]
  /** Axes that come out of it as new ones, by output: they get a label. */
  readonly isNew: readonly (readonly boolean[])[]
  draw(canvas: Canvas, x: number, y: number, width: number): void
}

interface Connection {
  /** Position of the input and of its axis. */
  readonly input: number
  readonly slot: number
  readonly output: number
  readonly axis: number
}

/** What geometry does not show: parameters, and axes that no wire stands for. */
export function attributesOf(box: Box): Attributes {
  const wires = new Set([...box.inputs, ...box.outputs].flatMap((w) => w.array.axes.map((a) => a.name)))
  const hidden = innerOf(box).filter(({ name }) => !wires.has(name))
  const parameters: Json[] = box.parameters.map(({ name, array, slots }) => [
    name,
    array.kind,
    array.axes.map((axis, i): Json => {
      const slot = slots[i]
      const place = slot === "target" ? "!" : isOwn(slot, axis) ? "" : formatAffine(slot)
      return place === "" ? [axis.name, axis.size] : [axis.name, axis.size, place]
    }),
  ])
  return {
    ...box.attributes,
    ...(parameters.length === 0 ? {} : { $parameters: parameters }),
    ...(hidden.length === 0 ? {} : { $axes: Object.fromEntries(hidden.map(({ name, size }) => [name, size])) }),
  }
}

const variablesOf = ({ slots }: Weave): string[] =>
  slots.flatMap((s) => (s === "target" ? [] : s.terms.map((t) => t.axis.name)))

/** Which axes of inputs go on as which axes of outputs. */
function connectionsOf(box: Box): Connection[] {
  const found: Connection[] = []
  box.outputs.forEach((w, output) =>
    w.array.axes.forEach((axis, a) => {
      if (w.slots[a] === "target") return
      box.inputs.forEach((from, input) =>
        from.slots.forEach((slot, s) => {
          if (slot !== "target" && slot.terms.some((t) => t.axis.name === axis.name))
            found.push({ input, slot: s, output, axis: a })
        }),
      )
    }),
  )
  return found
}

interface Anatomy {
  readonly connections: readonly Connection[]
  /** Axes of inputs that end at the symbol, axes of outputs that start there or at a dot. */
  readonly into: readonly (readonly [number, number])[]
  readonly outOf: readonly (readonly [number, number])[]
  readonly dots: readonly (readonly [number, number])[]
  /** Axes of inputs that are summed over together. */
  readonly caps: readonly (readonly (readonly [number, number])[])[]
}

function anatomyOf(box: Box): Anatomy {
  const connections = connectionsOf(box)
  const inner = new Map<string, [number, number][]>(innerOf(box).map(({ name }) => [name, []]))
  const into: [number, number][] = []
  box.inputs.forEach((w, i) =>
    w.slots.forEach((slot, s) => {
      if (slot === "target") into.push([i, s])
      // A place that is fixed: the wire ends there.
      else if (slot.terms.length === 0) into.push([i, s])
      for (const { axis } of slot === "target" ? [] : slot.terms) inner.get(axis.name)?.push([i, s])
    }),
  )
  const caps: [number, number][][] = []
  const learned = new Set(box.parameters.flatMap(variablesOf))
  for (const [name, ends] of inner) {
    const plain = ends.every(([i, s]) => isPlain(box.inputs[i].slots[s] as never))
    if (isContraction(box.op) && ends.length > 1 && plain && !learned.has(name)) caps.push(ends)
    else into.push(...ends.filter(([i, s]) => !into.some(([a, b]) => a === i && b === s)))
  }
  const outOf: [number, number][] = []
  const dots: [number, number][] = []
  box.outputs.forEach((w, o) =>
    w.array.axes.forEach((axis, a) => {
      if (connections.some((c) => c.output === o && c.axis === a)) return
      if (w.slots[a] === "target" || learned.has(axis.name)) outOf.push([o, a])
      else dots.push([o, a])
    }),
  )
  return { connections, into, outOf, dots, caps }
}

/** The words at the ports of axes that are not read at their own index. */
function placesOf(box: Box): { input: number; slot: number; text: string }[] {
  return box.inputs.flatMap((w, input) =>
    w.slots.flatMap((slot, s) =>
      slot === "target" || isOwn(slot, w.array.axes[s]) ? [] : [{ input, slot: s, text: formatAffine(slot) }],
    ),
  )
}

/** Moves outputs up or down so that the first wire which goes on is straight. */
function aligned(box: Box, connections: readonly Connection[]): { ins: number[][]; outs: number[][] } {
  const ins = stacked(box.inputs.map((w) => w.array.axes.length))
  const outs = stacked(box.outputs.map((w) => w.array.axes.length))
  const names = box.inputs.flatMap((w, i) => w.array.axes.map((axis, s) => ({ name: axis.name, y: ins[i][s] })))
  let shift = (bottomOf(ins) - bottomOf(outs)) / 2
  const straight = connections[0]
  const same = box.outputs.flatMap((w, o) =>
    w.array.axes.flatMap((axis, a) => names.filter(({ name }) => name === axis.name).map(({ y }) => y - outs[o][a])),
  )
  if (straight !== undefined) shift = ins[straight.input][straight.slot] - outs[straight.output][straight.axis]
  if (same.length > 0 && straight === undefined) shift = same[0]
  const up = Math.min(0, Math.round(shift))
  const move = (list: number[][], by: number): number[][] => list.map((own) => own.map((y) => y + by))
  return { ins: move(ins, margin - up), outs: move(outs, margin - up + Math.round(shift)) }
}

export function measureBox(box: Box): Measured {
  const anatomy = anatomyOf(box)
  const { ins, outs } = aligned(box, anatomy.connections)
  const places = placesOf(box)
  const label = symbolOf(box)
  const atSymbol = [...anatomy.into.map(([i, s]) => ins[i][s]), ...anatomy.outOf.map(([o, a]) => outs[o][a])]
  const isPure = isContraction(box.op) && box.parameters.length === 0
  const hasSymbol = atSymbol.length > 0 || (label !== "" && !isPure)
  const all = [...ins, ...outs].flat()
  const center =
    all.length === 0
      ? margin
      : (Math.min(...(outs.flat().length > 0 ? outs.flat() : all)) +
          Math.max(...(outs.flat().length > 0 ? outs.flat() : all))) /
        2
  const heights = atSymbol.length > 0 ? atSymbol : [Math.round(center)]
  const top = Math.min(...heights) - 7
  const bottom = Math.max(...heights) + 7
  const symbolWidth = hasSymbol ? Math.max(16, textWidth(label, 11) + 10) : 0
  const bends = anatomy.connections.some((c) => ins[c.input][c.slot] !== outs[c.output][c.axis])
  const lead = Math.max(
    8,
    anatomy.caps.length * 12 + (anatomy.caps.length > 0 ? 14 : 0),
    ...places.map(({ text }) => textWidth(text) + 8),
  )
  const tail = bends ? 22 : 8
  const isNew = box.outputs.map((w, o) =>
    w.array.axes.map(
      (axis, a) =>
        !anatomy.connections.some(
          (c) =>
            c.output === o &&
            c.axis === a &&
            isOwn(box.inputs[c.input].slots[c.slot] as never, axis) &&
            box.inputs[c.input].array.axes[c.slot].name === axis.name,
        ),
    ),
  )
  return {
    width: Math.max(lead + symbolWidth + tail, bends ? 40 : 0),
    height: Math.max(bottom, ...all, margin) + margin,
    ins,
    outs,
    isNew,
    draw(canvas, x, y, width) {
      const left = x + lead + Math.max(0, Math.floor((width - lead - symbolWidth - tail) / 2))
      const right = left + symbolWidth
      const parts: string[] = []
      const ports: string[] = []
      const straight = new Set<number>()
      const inner = (kind: string, d: string): void => void parts.push(`<path class="inner${kind}" d="${d}"/>`)
      const inAt = ([i, s]: readonly [number, number]): number => y + ins[i][s]
      const outAt = ([o, a]: readonly [number, number]): number => y + outs[o][a]
      for (const c of anatomy.connections) {
        const [from, to] = [inAt([c.input, c.slot]), outAt([c.output, c.axis])]
        if (from === to) straight.add(from)
      }
      if (hasSymbol) parts.push(shapeOf(box, left, y + top, symbolWidth, bottom - top, straight, atSymbol.length > 0))
      for (const c of anatomy.connections)
        inner(
          looksOf(box.inputs[c.input].array),
          pathThrough([
            [x, inAt([c.input, c.slot])],
            [x + width, outAt([c.output, c.axis])],
          ]),
        )
      for (const end of anatomy.into) {
        inner(" target", `M${x} ${inAt(end)}H${left}`)
        ports.push(port(left, inAt(end), " symbol"))
      }
      for (const end of anatomy.outOf) {
        inner(" target", `M${right} ${outAt(end)}H${x + width}`)
        ports.push(port(right, outAt(end), " symbol"))
      }
      for (const end of anatomy.dots) {
        const from = x + width - 10
        inner("", `M${from} ${outAt(end)}H${x + width}`)
        parts.push(dot(from, outAt(end)))
        ports.push(port(from, outAt(end), " repeat"))
      }
      anatomy.caps.forEach((ends, k) => {
        const reach = x + lead - 14 - 12 * k
        for (let i = 1; i < ends.length; i++) {
          const [a, b] = [inAt(ends[i - 1]), inAt(ends[i])]
          inner(" cap", `M${x} ${a}H${reach}C${reach + 16} ${a} ${reach + 16} ${b} ${reach} ${b}H${x}`)
        }
      })
      outs.forEach((own, o) =>
        own.forEach((_, a) => {
          if (anatomy.connections.filter((c) => c.output === o && c.axis === a).length > 1)
            parts.push(dot(x + width, outAt([o, a])))
        }),
      )
      ins.forEach((own) => own.forEach((at) => ports.push(port(x, y + at, " in"))))
      outs.forEach((own) => own.forEach((at) => ports.push(port(x + width, y + at, " out"))))
      // What takes nothing says itself where it begins.
      if (ins.length === 0) ports.push(port(x, y + (outs[0]?.[0] ?? margin), " origin"))
      const looks = `fn${isLinear(box) ? " linear" : ""}${isOpaque(box) ? " opaque" : ""}${box.parameters.length > 0 ? " learned" : ""}`
      // The word stands where no wire runs through it, if there is such a place.
      const wordsAt = (): number => {
        const middle = y + (top + bottom) / 2
        if (![...straight].some((at) => Math.abs(at - middle) < 7)) return middle
        const free = atSymbol.map((h) => y + h).filter((at) => !straight.has(at))
        return free.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0] ?? middle
      }
      const own = attributesOf(box)
      const attributes = Object.keys(own).length === 0 ? "" : ` data-attrs="${escapeHtml(JSON.stringify(own))}"`
      const source = box.source === undefined ? "" : ` data-source="${escapeHtml(box.source)}"`
      const words =
        hasSymbol && label !== ""
          ? `<text x="${(left + right) / 2}" y="${Math.round(wordsAt()) + 4}">${escapeHtml(label)}</text>`
          : ""
      canvas.function(
        `<g class="${looks}" data-op="${escapeHtml(box.op)}"${attributes}${source}><title>${escapeHtml(titleOf(box))}</title>${parts.join("")}${words}${ports.join("")}</g>`,
      )
      for (const { input, slot, text } of places) canvas.words("place", x + 2, inAt([input, slot]) - 3, text)
    },
  }
}

const dot = (x: number, y: number): string => `<circle class="dot" cx="${x}" cy="${y}" r="2.5"/>`

const sized = ({ array }: Weave): string =>
  formatArray({ kind: array.kind, axes: array.axes.map(({ name, size }): Axis => ({ name: `${name}:${size}`, size })) })

/** What a reader is told who points at it. */
function titleOf(box: Box): string {
  const operands = [...box.inputs.map(sized), ...box.parameters.map((p) => `${p.name} [${sized(p)}]`)]
  const f = box.op === "map" ? String(box.attributes.f) : box.op
  return `${f}: ${operands.join(", ") || "nothing"} → ${box.outputs.map(sized).join(", ")}`
}

/** The symbol's outline, open where a tiled wire crosses its edges. */
function shapeOf(
  box: Box,
  x: number,
  y: number,
  width: number,
  height: number,
  straight: ReadonlySet<number>,
  spans: boolean,
): string {
  if (!spans) return `<rect class="disc" x="${x}" y="${y - 1}" width="${width}" height="${height + 2}" rx="8"/>`
  const isMirrored = box.attributes.mirrored === true
  const slant = box.parameters.length > 0 ? 4 : 0
  const [x1, y1] = [x + width, y + height]
  const tip = box.op === "index" ? 5 : 0
  // A learned box leans to where it came from; its mirror image the other way.
  const [from, to] = isMirrored ? [slant, 0] : [0, slant]
  const body = `M${x + from} ${y}H${x1 - to - tip}${tip > 0 ? `L${x1} ${y + height / 2}L${x1 - tip} ${y1}` : `L${x1} ${y1}`}H${x}Z`
  const gaps = [...straight]
    .filter((at) => at > y && at < y1)
    .map((at) => `M${x + from / 2} ${at - 3}v6M${x1 - to / 2} ${at - 3}v6`)
  return `<path class="symbol" d="${body}"/>${gaps.length === 0 ? "" : `<path class="gap" d="${gaps.join("")}"/>`}`
}
