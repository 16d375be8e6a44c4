import { cobaNetwork, networkProgram } from "../../src/neuro/index.ts"
import { type Diagram, diagramWith } from "../../src/view/index.ts"
import type { Values } from "./parameters.ts"

/** Steps that the diagram stands for: one is drawn, however many there are. */
const drawnSteps = 10

/** COBA as the engine runs it: synapses that decay, neurons, and events on their way through a ring buffer. */
export function networkDiagram({ wE, wI }: Values): Diagram {
  const network = cobaNetwork({ excitatoryWeight: wE, inhibitoryWeight: wI })
  const { start, run } = networkProgram(network, { steps: drawnSteps })
  return diagramWith({ parameters: [] }, run, start)
}
