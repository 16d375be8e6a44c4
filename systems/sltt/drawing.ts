import { light, mono, serif } from "../../src/view/index.ts"

const cell = { width: 46, height: 40 }
const layers = ["hidden 1", "hidden 2", "readout"]

interface Panel {
  readonly title: string
  readonly note: string
  /** Whether the error travels from a step to the one before. */
  readonly throughTime: boolean
  /** Whether the error travels down through the layers at a step. */
  readonly lit: (step: number) => boolean
}

/** The unrolled network, layers by steps, with the routes of the error that each rule uses drawn in the stain colour. */
export function drawUnrolled(steps: number, k: number): string {
  const shown = Math.min(steps, 8)
  const chosen = new Set(Array.from({ length: k }, (_, i) => Math.floor(((i + 0.5) * shown) / k)))
  const panels: Panel[] = [
    { title: "BPTT", note: "down the layers and back through time", throughTime: true, lit: () => true },
    { title: "SLTT", note: "down the layers at every step", throughTime: false, lit: () => true },
    {
      title: `SLTT-${k}`,
      note: `down the layers at ${k} of ${steps} steps`,
      throughTime: false,
      lit: (step) => chosen.has(step),
    },
  ]
  const width = 90 + shown * cell.width + 20
  const height = 64 + layers.length * cell.height
  const body = panels
    .map((panel, i) => `<g transform="translate(0 ${i * height})">${drawPanel(panel, shown)}</g>`)
    .join("\n")
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height * panels.length}" width="${width}" height="${height * panels.length}" role="img" aria-label="Routes of the error in BPTT, SLTT and SLTT-K">
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto"><path d="M0 0L8 4L0 8z" fill="${light.stain}"/></marker></defs>
${body}
</svg>`
}

function drawPanel({ title, note, throughTime, lit }: Panel, steps: number): string {
  const x = (step: number): number => 100 + step * cell.width
  const y = (layer: number): number => 48 + (layers.length - 1 - layer) * cell.height
  const parts = [
    `<text x="8" y="20" font-family='${serif}' font-size="15" fill="${light.ink}">${title}</text>`,
    `<text x="80" y="20" font-family='${serif}' font-size="12" fill="${light.quiet}">${note}</text>`,
  ]
  const line = (x1: number, y1: number, x2: number, y2: number, on: boolean): string =>
    on
      ? `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${light.stain}" stroke-width="1.5" marker-end="url(#head)"/>`
      : `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${light.hairline}" stroke-width="1" stroke-dasharray="3 3"/>`
  for (const [layer, name] of layers.entries()) {
    parts.push(
      `<text x="8" y="${y(layer) + 4}" font-family='${mono}' font-size="11" fill="${light.quiet}">${name}</text>`,
    )
    for (let step = 0; step < steps; step++) {
      if (layer > 0) parts.push(line(x(step), y(layer) + 8, x(step), y(layer - 1) - 9, lit(step)))
      if (step > 0 && layer < layers.length - 1)
        parts.push(line(x(step) - 8, y(layer), x(step - 1) + 9, y(layer), throughTime))
      parts.push(`<circle cx="${x(step)}" cy="${y(layer)}" r="6" fill="${light.paper}" stroke="${light.ink}"/>`)
    }
  }
  for (let step = 0; step < steps; step++)
    parts.push(
      `<text x="${x(step)}" y="${y(0) + 24}" text-anchor="middle" font-family='${mono}' font-size="10" fill="${light.quiet}">t = ${step + 1}</text>`,
    )
  return parts.join("\n")
}
