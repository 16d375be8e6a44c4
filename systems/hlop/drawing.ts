/** Pictures that are no charts: rows of lateral weights as images, and the circuit of a layer with its lateral neurons. */
import type { Tensor } from "../../src/engine/index.ts"
import { dataColours, light, mono, serif } from "../../src/view/index.ts"

const side = 28
const cell = 3
/** Shades of each sign: a path each, so that a picture stays small. */
const shades = 4

/** The first rows of lateral weights `[rows, 784]` as images, a line each, their pixels put back in order. */
export function drawRows(lines: readonly Tensor[], order: Int32Array, columns = 6): string {
  const step = side * cell + 10
  const pictures = lines.flatMap((rows, line) => {
    const weights = rows.array()
    return Array.from({ length: Math.min(columns, rows.shape[0]) }, (_, i) => {
      const image = new Float32Array(side * side)
      order.forEach((from, j) => {
        image[from] = weights[i * order.length + j]
      })
      return `<g transform="translate(${i * step} ${line * step})">${drawImage(image)}</g>`
    })
  })
  const [width, height] = [columns * step - 10, lines.length * step - 10]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 ${width + 2} ${height + 2}" width="${width + 2}" height="${height + 2}" role="img" aria-label="Lateral weights as images">
${pictures.join("\n")}
</svg>
`
}

/** An image in shades of two colours, one for each sign. */
function drawImage(image: Float32Array): string {
  const largest = image.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-12)
  const levels = Array.from(image, (x) => Math.round((shades * x) / largest))
  const paths: string[] = []
  for (let level = -shades; level <= shades; level++) {
    if (level === 0) continue
    let d = ""
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; ) {
        let end = x
        while (end < side && levels[y * side + end] === level) end++
        if (end > x) d += `M${x * cell} ${y * cell}h${(end - x) * cell}v${cell}H${x * cell}z`
        x = Math.max(end, x + 1)
      }
    const colour = dataColours[level > 0 ? 0 : 1]
    if (d !== "") paths.push(`<path d="${d}" fill="${colour}" fill-opacity="${Math.abs(level) / shades}"/>`)
  }
  const frame = side * cell
  return `<rect width="${frame}" height="${frame}" fill="${light.paper}" stroke="${light.hairline}" stroke-width="0.5"/>${paths.join("")}`
}

/** Images, and below each what it was read as; what was read wrong is underlined in the stain colour. */
export function drawRead(
  images: Float32Array,
  labels: readonly number[],
  readings: readonly { readonly name: string; readonly read: readonly number[] }[],
): string {
  const [left, step] = [100, 56]
  const scale = 46 / (side * cell)
  const digits = labels.map((_, i) => {
    const image = images.slice(i * side * side, (i + 1) * side * side)
    const floor = image.reduce((a, b) => Math.min(a, b), 0) // the background of normalised pixels
    const drawn = drawImage(image.map((x) => x - floor))
    return `<g transform="translate(${left + i * step} 1) scale(${scale})">${drawn}</g>`
  })
  const lines = readings.map(({ name, read }, line) => {
    const y = 68 + line * 24
    const title = `<text x="0" y="${y}" font-family='${serif}' font-size="13" fill="${light.quiet}">${name}</text>`
    return (
      title +
      read
        .map((digit, i) => {
          const x = left + i * step + 23
          const isRight = digit === labels[i]
          const mark = isRight ? "" : `<path d="M${x - 9} ${y + 5}h18" stroke="${light.stain}" stroke-width="2"/>`
          return `<text x="${x}" y="${y}" text-anchor="middle" font-family='${mono}' font-size="14" fill="${isRight ? light.ink : light.stain}">${digit}</text>${mark}`
        })
        .join("")
    )
  })
  const [width, height] = [left + labels.length * step, 60 + readings.length * 24]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Digits, and what they were read as">
${digits.join("\n")}
${lines.join("\n")}
</svg>
`
}

/** A layer and the lateral neurons on its presynaptic side: those of earlier tasks take away what is known, the fresh ones learn. */
export function drawLateral(old: number, fresh: number, inputs: number): string {
  const boxes = [
    { x: 20, y: 150, label: "presynaptic", detail: `${inputs} traces x` },
    { x: 400, y: 150, label: "layer", detail: "spikes" },
    { x: 60, y: 30, label: "old lateral", detail: old === 0 ? "none yet" : `${old}, frozen` },
    { x: 230, y: 30, label: "fresh lateral", detail: `${fresh}, learning` },
  ]
  const words = (x: number, y: number, text: string, size = 11, colour: string = light.quiet, font = serif) =>
    `<text x="${x}" y="${y}" font-family='${font}' font-size="${size}" fill="${colour}">${text}</text>`
  const arrow = (d: string, colour: string, look: string, head: string) =>
    `<path d="${d}" fill="none" stroke="${colour}" ${look} marker-end="url(#hlop-${head})"/>`
  const marker = (id: string, colour: string, shape: string) =>
    `<marker id="hlop-${id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="${shape}" fill="${colour}"/></marker>`
  const plain = 'stroke-width="1"'
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 250" width="560" height="250" role="img" aria-label="A layer with lateral neurons">
<defs>${marker("excites", light.ink, "M0 0L8 4L0 8z")}${marker("learns", light.stain, "M0 0L8 4L0 8z")}${marker("inhibits", light.ink, "M6 0h2v8h-2z")}</defs>
${arrow("M150 172H398", light.ink, plain, "excites")}
${arrow("M80 150V76", light.ink, plain, "excites")}
${arrow("M110 74V148", light.ink, 'stroke-width="1" stroke-dasharray="4 3"', "inhibits")}
${arrow("M140 150L250 76", light.stain, 'stroke-width="2.5"', "learns")}
${arrow("M290 74L152 160", light.stain, 'stroke-width="2.5" stroke-dasharray="4 3"', "learns")}
${boxes
  .map(
    ({ x, y, label, detail }) =>
      `<rect x="${x}" y="${y}" width="130" height="44" rx="2" fill="${light.paper}" stroke="${light.ink}" stroke-width="0.75"/>${words(x + 10, y + 19, label, 13, light.ink)}${words(x + 10, y + 35, detail, 10, light.quiet, mono)}`,
  )
  .join("\n")}
${words(56, 116, "H", 12, light.ink)}${words(116, 116, "- Hᵀ", 12, light.ink)}
${words(268, 122, "Hebb: + y x, - y x̂", 12, light.stain)}
${words(166, 166, "W s: the spikes are carried as they are", 11)}${words(166, 190, "learning: error times z = r - Hᵀ H r", 11)}
${words(20, 232, "Full lines excite, dashed ones inhibit, thick ones learn. No label reaches the lateral neurons.", 11)}
</svg>
`
}
