import { CajalError } from "../engine/errors.ts"
import { resolveParameters } from "../run/index.ts"
import { writeWhole } from "../run/store.ts"
import { loadSystem } from "./registry.ts"

/** `cajal draw <slug>`: the neural circuit diagram of a system, as SVG, on standard output or into a file. */
export async function drawCommand(name: string, { out }: { out?: string }): Promise<void> {
  const system = await loadSystem(name)
  if (system.draw === undefined) throw new CajalError(`${system.slug} has no circuit to draw`)
  const svg = await system.draw(resolveParameters(system, "quick", {}))
  if (out === undefined) {
    process.stdout.write(svg)
    return
  }
  writeWhole(out, svg)
  console.log(out)
}
