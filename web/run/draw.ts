/** Pictures of figures, drawn by a worker of the page, one at a time. */
import type { VegaLiteSpec } from "../../src/view/spec.ts"
import { light } from "../../src/view/theme.ts"
import type { DrawAnswer, DrawRequest } from "./draw-worker.ts"

let worker: Worker | undefined
let last = 0
const waiting = new Map<number, { resolve: (svg: string) => void; reject: (why: Error) => void }>()

/** Draws a Vega-Lite specification as SVG. @param name unique on the page */
export function draw(spec: VegaLiteSpec, name: string): Promise<string> {
  worker ??= startWorker()
  const key = ++last
  const request: DrawRequest = { key, name, spec }
  worker.postMessage(request)
  return new Promise((resolve, reject) => waiting.set(key, { resolve, reject }))
}

function startWorker(): Worker {
  const made = new Worker(new URL("./draw-worker.ts", import.meta.url), { type: "module" })
  made.addEventListener("message", ({ data: { key, svg, error } }: MessageEvent<DrawAnswer>) => {
    const own = waiting.get(key)
    waiting.delete(key)
    if (svg !== undefined) own?.resolve(svg)
    else own?.reject(new Error(error))
  })
  return made
}

const roles = ["paper", "ink", "quiet", "hairline", "stain"] as const

/** A picture in the colours of the page, light or dark: the colours of paper and ink become those of the style sheet. */
export const inPageColours = (svg: string): string =>
  roles.reduce((text, role) => text.replaceAll(new RegExp(light[role], "gi"), `var(--${role})`), svg)
