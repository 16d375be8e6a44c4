import { CajalError } from "../engine/errors.ts"
import { drawingOf, drawingsOf, resolveParameters, type System } from "../run/index.ts"
import { writeWhole } from "../run/store.ts"
import { html, raw } from "../view/html.ts"
import { dark, light } from "../view/theme.ts"
import { loadSystem } from "./registry.ts"

/**
 * `cajal draw <slug>`: the neural circuit diagram of a system, made of its traced program where it has one. As SVG on standard output
 * or into a file; a file that ends in `.html` becomes a page.
 */
export async function drawCommand(name: string, { out }: { out?: string }): Promise<void> {
  const system = await loadSystem(name)
  const svg = await pictureOf(system)
  if (out === undefined) {
    process.stdout.write(svg)
    return
  }
  writeWhole(out, /\.html?$/.test(out) ? pageOf(system.card.title, svg) : svg)
  console.log(out)
}

async function pictureOf(system: System): Promise<string> {
  const [name] = drawingsOf(system)
  if (name === undefined) throw new CajalError(`${system.slug} has no circuit to draw`)
  const { svg, diagram } = await drawingOf(system, name, resolveParameters(system, "quick", {}))
  if (diagram !== undefined)
    console.error(
      `${diagram.boxes} boxes, ${diagram.opaque === 0 ? "none" : diagram.opaque} of them only known by name`,
    )
  return svg
}

const pageOf = (title: string, svg: string): string =>
  html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>:root{color-scheme:light dark}body{margin:0;background:${light.paper}}@media(prefers-color-scheme:dark){body{background:${dark.paper}}}</style>
${raw(svg)}
</html>
`.text
