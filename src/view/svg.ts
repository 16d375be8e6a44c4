import type { TopLevelSpec } from "vega-lite"
import type { VegaLiteSpec } from "./spec.ts"
import { figureConfig } from "./theme.ts"

/**
 * Draws a Vega-Lite specification as SVG, in the look of the house, without a browser.
 * @param name makes the ids inside the drawing its own, so that several fit into one page
 * @throws Error when the specification is not valid
 */
export async function toSvg(spec: VegaLiteSpec, name = "figure"): Promise<string> {
  // Loaded only when something is drawn: they are large, and most of what imports this room draws nothing.
  // The interpreter stands for functions made from text, which a page may forbid.
  const [{ compile }, { parse, View }, { expressionInterpreter }] = await Promise.all([
    import("vega-lite"),
    import("vega"),
    import("vega-interpreter"),
  ])
  const { spec: vega } = compile(spec as unknown as TopLevelSpec, { config: figureConfig as object, logger: silent })
  const view = new View(parse(vega, undefined, { ast: true }), { expr: expressionInterpreter, renderer: "none" })
  try {
    return withOwnIds(await view.toSVG(), name)
  } finally {
    view.finalize()
  }
}

const withOwnIds = (svg: string, name: string): string => {
  const prefix = name.replaceAll(/[^a-zA-Z0-9]+/g, "-")
  return svg
    .replaceAll(/\bid="((?:clip|gradient)[^"]*)"/g, `id="${prefix}-$1"`)
    .replaceAll(/url\(#([^)]+)\)/g, `url(#${prefix}-$1)`)
}

/** Vega-Lite warns about matters of taste; what is really wrong it throws. */
const silent = {
  level: () => silent,
  warn: () => silent,
  info: () => silent,
  debug: () => silent,
  error: (...reasons: readonly unknown[]) => {
    throw new Error(reasons.map(String).join(" "))
  },
} as never
