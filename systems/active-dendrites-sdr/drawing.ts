import { type HostRandom, SubsetSampler } from "../../src/engine/index.ts"
import { dataColours, drawGraph, formatNumber, light, mono, serif } from "../../src/view/index.ts"
import { type NoisySetting, Pattern, swappedBits } from "./model.ts"
import { falsePositive, noisyMiss } from "./theory.ts"

/** The neuron of the paper, and the point neuron beside it. */
export function drawNeuron({ n, a, s, theta, patterns }: NoisySetting): string {
  const shown = patterns <= 3 ? Array.from({ length: patterns }, (_, i) => `${i + 1}`) : ["1", "2", `${patterns}`]
  return drawGraph({
    nodes: [
      { id: "A", label: "activity A", detail: `${a} of ${n} cells` },
      ...shown.map((m) => ({ id: `D${m}`, label: `segment D ${m}`, detail: `${s} synapses, fires at ${theta}` })),
      { id: "any", label: "neuron", detail: "any segment" },
      { id: "soma", label: "point neuron", detail: "the same synapses, one threshold" },
    ],
    edges: [
      ...shown.flatMap((m) => [
        { from: "A", to: `D${m}` },
        { from: `D${m}`, to: "any" },
      ]),
      { from: "A", to: "soma" },
    ],
  })
}

const side = 300
const gap = 40

/**
 * Activity and segment as two grids of cells, the cells they share lit, and how far the overlap is from the threshold: for the
 * stored pattern with noise above, for a random one below.
 */
export function drawGrids(setting: NoisySetting, random: HostRandom): string {
  const { n, a, s, noise } = setting
  const cells = new SubsetSampler(n)
  cells.draw(a, random)
  const pattern = new Pattern(cells.items, a)
  const segment = new Set(pattern.sample(s, random).slice(0, s))
  const v = swappedBits(noise, a)
  pattern.corrupt(v, random)
  const noisy = new Set([...pattern.active.items.slice(v), ...pattern.inactive.items.slice(0, v)])
  cells.draw(a, random)
  const other = new Set(cells.items.slice(0, a))
  const columns = Math.ceil(Math.sqrt(n * 1.6))
  const height = Math.ceil(n / columns) * (side / columns)
  const row = height + 92
  const width = 2 * side + gap + 200
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${2 * row}" width="${width}" height="${2 * row}" role="img" aria-label="Active cells and synapses, and their overlap against the threshold">
<defs><pattern id="cells" width="${side / columns}" height="${side / columns}" patternUnits="userSpaceOnUse"><circle cx="${side / columns / 2}" cy="${side / columns / 2}" r="${round(side / columns / 5)}" fill="${light.hairline}"/></pattern></defs>
${pair("the stored pattern, noisy", noisy, segment, setting, columns)}
<g transform="translate(0 ${row})">${pair("a random pattern", other, segment, setting, columns)}</g>
</svg>`
}

function pair(
  title: string,
  activity: ReadonlySet<number>,
  segment: ReadonlySet<number>,
  setting: NoisySetting,
  columns: number,
): string {
  const { n, a, s, theta } = setting
  const both = new Set([...activity].filter((cell) => segment.has(cell)))
  const x = 2 * side + 2 * gap
  return [
    words(0, 18, title, 15, light.ink, serif),
    `<g transform="translate(0 52)">${words(0, -10, `A: ${a} of ${n} cells active`)}${grid(activity, both, n, columns)}</g>`,
    `<g transform="translate(${side + gap} 52)">${words(0, -10, `D: ${s} synapses`)}${grid(segment, both, n, columns)}</g>`,
    `<g transform="translate(${x} 52)">${words(0, -10, `A . D = ${both.size}`)}${bar(both.size, s, theta)}</g>`,
  ].join("\n")
}

function grid(on: ReadonlySet<number>, both: ReadonlySet<number>, n: number, columns: number): string {
  const pitch = side / columns
  const full = Math.floor(n / columns)
  const dots = [...on].map((cell) => {
    const lit = both.has(cell)
    const [cx, cy] = [((cell % columns) + 0.5) * pitch, (Math.floor(cell / columns) + 0.5) * pitch]
    const r = Math.max(pitch * 0.45, 1.4) * (lit ? 1.5 : 1)
    const look = lit ? `fill="${dataColours[1]}" stroke="${light.ink}" stroke-width="0.75"` : `fill="${light.ink}"`
    return { lit, dot: `<circle cx="${round(cx)}" cy="${round(cy)}" r="${round(r)}" ${look}/>` }
  })
  dots.sort((p, q) => Number(p.lit) - Number(q.lit))
  return `<rect width="${side}" height="${round(full * pitch)}" fill="url(#cells)"/><rect y="${round(full * pitch)}" width="${round((n % columns) * pitch)}" height="${round(pitch)}" fill="url(#cells)"/>${dots.map(({ dot }) => dot).join("")}`
}

function bar(overlap: number, s: number, theta: number): string {
  const length = 140
  const at = (synapses: number) => round((length * synapses) / s)
  const verdict = overlap >= theta ? "fires" : "silent"
  return `<rect width="${length}" height="14" fill="none" stroke="${light.quiet}" stroke-width="0.75"/><rect width="${at(overlap)}" height="14" fill="${overlap >= theta ? dataColours[1] : light.quiet}"/><path d="M${at(theta)} -4V22" stroke="${light.ink}" stroke-width="1.5"/>${words(at(theta) - 4, 36, `theta ${theta}`)}${words(0, 60, verdict, 15, light.ink, serif)}`
}

const words = (x: number, y: number, text: string, size = 11, colour = light.quiet, font = mono): string =>
  `<text x="${x}" y="${y}" font-family='${font}' font-size="${size}" fill="${colour}">${text}</text>`

const round = (x: number): number => Math.round(x * 100) / 100

export const gridsCaption = (setting: NoisySetting): string =>
  `Cells that are both active and synaptic are lit. A segment like this fires for a random pattern with probability ${formatNumber(falsePositive(setting))}, and misses its own noisy one with ${formatNumber(noisyMiss(setting))}.`
