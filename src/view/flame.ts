import { escapeHtml } from "./html.ts"
import { light, mono } from "./theme.ts"

/** A part of a whole, and its own parts. */
export interface FlameNode {
  readonly label: string
  readonly value: number
  /** What is shown when the pointer rests on it. */
  readonly title?: string
  readonly children?: readonly FlameNode[]
}

const width = 960
const rowHeight = 22
const shown = 1.5

/**
 * A flame-like figure as SVG: each part as wide as its share of the whole, its own parts beneath it. What would be thinner than a line is left out.
 * @param root the whole; parts may add up to less than it, never to more
 */
export function drawFlame(root: FlameNode): string {
  const boxes: string[] = []
  let depth = 0
  const draw = (node: FlameNode, x: number, level: number, hue: number): void => {
    const size = root.value > 0 ? (node.value / root.value) * width : 0
    if (size < shown) return
    depth = Math.max(depth, level + 1)
    const y = level * rowHeight
    const letters = Math.floor((size - 8) / 6.7)
    const label = letters < 3 ? "" : node.label.length > letters ? `${node.label.slice(0, letters - 1)}…` : node.label
    const fill = level === 0 ? light.hairline : `hsl(${hue} 55% ${78 + 4 * Math.min(level, 3)}%)`
    boxes.push(
      `<g><title>${escapeHtml(node.title ?? node.label)}</title><rect x="${x.toFixed(2)}" y="${y}" width="${(size - 0.6).toFixed(2)}" height="${rowHeight - 1}" fill="${fill}"/>` +
        `<text x="${(x + 4).toFixed(2)}" y="${y + 15}">${escapeHtml(label)}</text></g>`,
    )
    let at = x
    node.children?.forEach((child, i) => {
      draw(child, at, level + 1, level === 0 ? 30 + ((i * 47) % 300) : hue)
      at += root.value > 0 ? (child.value / root.value) * width : 0
    })
  }
  draw(root, 0, 0, 30)
  const height = Math.max(1, depth) * rowHeight
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="${escapeHtml(mono)}" font-size="11" fill="${light.ink}">
<rect width="${width}" height="${height}" fill="${light.paper}"/>
${boxes.join("\n")}
</svg>
`
}
