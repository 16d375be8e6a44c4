import type { Diagram } from "../view/index.ts"
import type { ParameterSchema, ParameterValues } from "./parameters.ts"
import type { System } from "./system.ts"

/** What may be drawn of a system: the diagram of its traced program, and a sketch by hand of its parts. */
export type DrawingName = "program" | "sketch"

/** The drawings that a system has. */
export const drawingsOf = ({ circuit, draw }: System): DrawingName[] => [
  ...(circuit === undefined ? [] : (["program"] as const)),
  ...(draw === undefined ? [] : (["sketch"] as const)),
]

/** A drawing as SVG; of a program also what it was drawn from. @throws Error when the system has no such drawing */
export async function drawingOf(
  system: System,
  name: DrawingName,
  values: ParameterValues<ParameterSchema>,
): Promise<{ svg: string; diagram?: Diagram }> {
  if (name === "sketch" && system.draw !== undefined) return { svg: await system.draw(values) }
  if (name === "sketch" || system.circuit === undefined) throw new Error(`${system.slug} has no ${name} to draw`)
  // Loaded when something is drawn: most of what imports this room draws nothing.
  const { drawTerm } = await import("../view/ncd/draw.ts")
  const diagram = await system.circuit(values)
  return { svg: drawTerm(diagram.term, { title: system.card.title }), diagram }
}
