/** The circuit: cues run along the top, contents along the bottom, the two cross at the plastic synapses and at the gate. */
import { light, mono, serif } from "../../src/view/index.ts"
import { type Layer, layerNames, layers, type Memory, plasticSynapses, sizeOf, synapsesOf } from "./model.ts"

const box = { width: 164, height: 44 }
const [cueLine, contentLine] = [92, 262]
const column = (i: number): number => 16 + box.width / 2 + i * 196

/** Centres of the boxes. */
const places: Readonly<Record<Layer, readonly [x: number, y: number]>> = {
  InCue: [column(0), cueLine],
  InCont: [column(0), contentLine],
  CueCue: [column(1), cueLine],
  ContCue: [column(1), contentLine],
  ContCond: [column(2), contentLine],
  ContCondInt: [column(2), contentLine + 84],
  CueCont: [column(3), cueLine],
  ContCont: [column(3), contentLine],
  MergeCue: [column(4), cueLine],
  MergeCont: [column(4), contentLine],
  OutCue: [column(5), cueLine],
  OutCont: [column(5), contentLine],
}

interface Connection {
  readonly from: Layer
  readonly to: Layer
  readonly kind: "excitatory" | "inhibitory" | "plastic"
  readonly title: string
}

/** What would run through another box, or along another line, goes round: by how much, downwards. */
const detours: Readonly<Record<string, number>> = {
  "excitatory CueCue MergeCue": -86,
  "excitatory ContCue MergeCont": 172,
  "inhibitory CueCue CueCont": 34,
}

/** The circuit as SVG. Arrows excite, bars inhibit, thick arrows learn; each says its weight and delay where the pointer rests. */
export function drawMemory(memory: Memory): string {
  const connections: Connection[] = [
    ...synapsesOf(memory).map(({ from, to, sign, wiring, weightNA, delayMs }) => ({
      ...{ from, to, kind: sign },
      title: `${sign}, ${wiring}, ${weightNA} nA, ${delayMs} ms`,
    })),
    ...Object.values(plasticSynapses).map(({ from, to }) => ({
      ...{ from, to, kind: "plastic" as const },
      title: `plastic, all to all, 0 to ${memory.maximumNA} nA, ${memory.delayMs} ms`,
    })),
  ]
  const width = column(5) + box.width / 2 + 16
  const height = contentLine + 84 + box.height / 2 + 54
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="The circuit of the memory: ten populations and what connects them">
<defs>${marker("excites", light.ink, "M0 0L8 4L0 8z")}${marker("learns", light.stain, "M0 0L8 4L0 8z")}${marker("inhibits", light.ink, "M6 0h2v8h-2z")}</defs>
${layerNames.map((name) => drawBox(name, sizeOf(name, memory))).join("\n")}
${connections.map(connectionPath).join("\n")}
${legend(16, height - 18)}
</svg>
`
}

const marker = (id: string, colour: string, shape: string): string =>
  `<marker id="${id}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="${shape}" fill="${colour}"/></marker>`

const looks = {
  excitatory: `stroke="${light.ink}" stroke-width="1" marker-end="url(#excites)"`,
  inhibitory: `stroke="${light.ink}" stroke-width="1" stroke-dasharray="4 3" marker-end="url(#inhibits)"`,
  plastic: `stroke="${light.stain}" stroke-width="2.5" marker-end="url(#learns)"`,
}

function connectionPath({ from, to, kind, title }: Connection): string {
  return `<path d="${route(from, to, kind)}" fill="none" ${looks[kind]}><title>${from} to ${to}: ${title}</title></path>`
}

function route(from: Layer, to: Layer, kind: Connection["kind"]): string {
  const [[x0, y0], [x1, y1]] = [places[from], places[to]]
  const [w, h] = [box.width / 2, box.height / 2]
  // A loop above its own box.
  if (from === to) return `M${x0 + 24} ${y0 - h}c0 -24 -48 -24 -48 0`
  const detour = detours[`${kind} ${from} ${to}`]
  if (detour !== undefined) {
    const side = Math.sign(detour) * h
    const level = y0 + detour
    return `M${x0 + 36} ${y0 + side}C${x0 + 46} ${level + side} ${x1 - 46} ${level + side} ${x1 - 36} ${y1 + side}`
  }
  if (x0 === x1) return `M${x0} ${y0 + Math.sign(y1 - y0) * h}V${y1 - Math.sign(y1 - y0) * h}`
  if (y0 === y1) return `M${x0 + w} ${y0}H${x1 - w}`
  // Down to the next column: from the lower corner to the upper edge, or to the side.
  return kind === "inhibitory" ? `M${x0 + 60} ${y0 + h}L${x1 - 30} ${y1 - h}` : `M${x0 + 60} ${y0 + h}L${x1 - w} ${y1}`
}

function drawBox(name: Layer, size: number): string {
  const [x, y] = places[name]
  return `<rect x="${x - box.width / 2}" y="${y - box.height / 2}" width="${box.width}" height="${box.height}" rx="2" fill="${light.paper}" stroke="${light.ink}" stroke-width="0.75"/>${words(x, y - 3, layers[name].title, 13, light.ink, serif, "middle")}${words(x, y + 13, `${name}, ${size}`, 10, light.quiet, mono, "middle")}`
}

const legend = (x: number, y: number): string =>
  (["excitatory", "inhibitory", "plastic"] as const)
    .map(
      (kind, i) =>
        `<path d="M${x + i * 130} ${y}h28" fill="none" ${looks[kind]}/>${words(x + 36 + i * 130, y + 4, kind, 12, light.quiet, serif)}`,
    )
    .join("")

const words = (x: number, y: number, text: string, size: number, colour: string, font: string, anchor = "start") =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" font-family='${font}' font-size="${size}" fill="${colour}">${text}</text>`
