import { escapeHtml } from "./html.ts"
import { light, mono, serif } from "./theme.ts"

export interface CircuitNode {
  readonly id: string
  readonly label: string
  /** A second, quiet line, such as a shape. */
  readonly detail?: string
}

export interface CircuitEdge {
  readonly from: string
  readonly to: string
  readonly label?: string
}

const row = { height: 44, gap: 20 }
const column = { gap: 64 }
const margin = 16

/**
 * Boxes and arrows, from left to right in the order of computing, as SVG. Arrows that go back in time run underneath, dashed.
 * @throws Error when an edge names a node that is not there
 */
export function drawGraph({ nodes, edges }: { nodes: readonly CircuitNode[]; edges: readonly CircuitEdge[] }): string {
  const depths = depthOf(nodes, edges)
  const boxes = placeBoxes(nodes, depths)
  const list = [...boxes.values()]
  const width = Math.max(0, ...list.map((box) => box.x + box.width)) + margin
  const bottom = Math.max(0, ...list.map((box) => box.y + row.height))
  let lane = bottom + 8
  const arrows = edges.map((edge) => {
    const [from, to] = [boxes.get(edge.from)!, boxes.get(edge.to)!]
    if (depths.get(edge.from)! < depths.get(edge.to)!) return forwardArrow(from, to, edge.label)
    lane += 16
    return backwardArrow(from, to, edge.label, lane)
  })
  const height = lane + margin
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(nodes.map(({ label }) => label).join(", "))}">
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="${light.ink}"/></marker></defs>
${arrows.join("\n")}
${nodes.map((node) => drawBox(node, boxes.get(node.id)!)).join("\n")}
</svg>
`
}

interface Box {
  x: number
  y: number
  width: number
}

/** How many steps each node stands from the sources, counting the edges that do not go back. */
function depthOf(nodes: readonly CircuitNode[], edges: readonly CircuitEdge[]): Map<string, number> {
  const names = new Set(nodes.map((node) => node.id))
  const next = new Map<string, string[]>(nodes.map((node) => [node.id, []]))
  for (const { from, to } of edges) {
    for (const end of [from, to]) if (!names.has(end)) throw new Error(`the drawing has no node "${end}"`)
    if (from !== to) next.get(from)!.push(to)
  }
  const depths = new Map<string, number>()
  const order: string[] = []
  const state = new Map<string, "open" | "done">()
  const back = new Set<string>()
  const visit = (id: string): void => {
    state.set(id, "open")
    for (const other of next.get(id)!) {
      if (state.get(other) === "open") back.add(`${id} ${other}`)
      else if (state.get(other) === undefined) visit(other)
    }
    state.set(id, "done")
    order.unshift(id)
  }
  for (const { id } of nodes) if (state.get(id) === undefined) visit(id)
  for (const id of order) {
    const depth = depths.get(id) ?? 0
    depths.set(id, depth)
    for (const other of next.get(id)!) {
      if (!back.has(`${id} ${other}`)) depths.set(other, Math.max(depths.get(other) ?? 0, depth + 1))
    }
  }
  return depths
}

function placeBoxes(nodes: readonly CircuitNode[], depths: ReadonlyMap<string, number>): Map<string, Box> {
  const columns: CircuitNode[][] = []
  for (const node of nodes) {
    const depth = depths.get(node.id)!
    columns[depth] ??= []
    columns[depth].push(node)
  }
  const tallest = Math.max(0, ...columns.map((nodesHere) => nodesHere.length))
  const boxes = new Map<string, Box>()
  let x = margin
  for (const here of columns) {
    const width = Math.max(...here.map(widthOf))
    const top = margin + ((tallest - here.length) * (row.height + row.gap)) / 2
    for (const [i, node] of here.entries()) boxes.set(node.id, { x, y: top + i * (row.height + row.gap), width })
    x += width + column.gap
  }
  return boxes
}

const widthOf = ({ label, detail = "" }: CircuitNode): number =>
  Math.ceil(Math.max(72, label.length * 8 + 24, detail.length * 7 + 24))

function drawBox({ label, detail }: CircuitNode, { x, y, width }: Box): string {
  const middle = x + width / 2
  const text = (line: string, at: number, style: string) =>
    `<text x="${middle}" y="${at}" text-anchor="middle" ${style}>${escapeHtml(line)}</text>`
  const labelStyle = `font-family="${escapeHtml(serif)}" font-size="14" fill="${light.ink}"`
  const detailStyle = `font-family="${escapeHtml(mono)}" font-size="11" fill="${light.quiet}"`
  const lines =
    detail === undefined
      ? text(label, y + row.height / 2 + 5, labelStyle)
      : text(label, y + 19, labelStyle) + text(detail, y + 35, detailStyle)
  return `<g><rect x="${x}" y="${y}" width="${width}" height="${row.height}" rx="2" fill="${light.paper}" stroke="${light.ink}"/>${lines}</g>`
}

function forwardArrow(from: Box, to: Box, label: string | undefined): string {
  const [x1, y1] = [from.x + from.width, from.y + row.height / 2]
  const [x2, y2] = [to.x, to.y + row.height / 2]
  const bend = (x2 - x1) / 2
  const path = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`
  return arrow(path, "", label, (x1 + x2) / 2, (y1 + y2) / 2 - 6, "middle")
}

function backwardArrow(from: Box, to: Box, label: string | undefined, lane: number): string {
  const [x1, y1] = [from.x + from.width * 0.75, from.y + row.height]
  const [x2, y2] = [to.x + to.width * 0.25, to.y + row.height]
  return arrow(`M${x1} ${y1}V${lane}H${x2}V${y2}`, ' stroke-dasharray="4 3"', label, x1 + 4, lane, "start")
}

const arrow = (path: string, dash: string, label: string | undefined, x: number, y: number, anchor: string): string =>
  `<path d="${path}" fill="none" stroke="${light.ink}"${dash} marker-end="url(#arrow)"/>${
    label === undefined
      ? ""
      : `<text x="${x}" y="${y}" text-anchor="${anchor}" font-family="${escapeHtml(serif)}" font-size="12" fill="${light.quiet}">${escapeHtml(label)}</text>`
  }`
