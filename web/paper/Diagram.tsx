import { useEffect, useState } from "react"
import { type DrawingName, drawingOf, drawingsOf, type ParameterValues, type System } from "../../src/run/index.ts"
import { Drawing } from "../diagrams/Drawing.tsx"
import type { Settings } from "../run/protocol.ts"
import { valuesOf } from "./settings.ts"

/** The circuit of a system: of its program, and as a sketch. */
export function Diagram({ system, settings }: { system: System; settings: Settings }) {
  const names = drawingsOf(system)
  const [name, setName] = useState(names[0])
  const [drawn, setDrawn] = useState<{ svg: string; isPlain: boolean }>()
  const [problem, setProblem] = useState<string>()
  const { preset } = settings
  useEffect(() => {
    let isWanted = true
    const values = valuesOf(system, { slug: system.slug, preset, seed: 0, parameters: {} })
    drawingOf(system, name, values as ParameterValues<System["parameters"]>).then(
      ({ svg, diagram }) => isWanted && setDrawn({ svg, isPlain: diagram === undefined }),
      (error: Error) => isWanted && setProblem(error.message),
    )
    return () => {
      isWanted = false
    }
  }, [system, name, preset])
  return (
    <section className="diagram">
      {problem !== undefined && (
        <p role="alert" className="problem">
          The circuit could not be drawn: {problem}
        </p>
      )}
      <Drawing
        svg={drawn?.svg ?? ""}
        name="circuit diagram"
        head={
          <span className="views">
            <h2>Its circuit</h2>
            {names.length > 1 && names.map((one) => <View key={one} name={one} chosen={name} onChoose={setName} />)}
          </span>
        }
        isPlain={drawn?.isPlain ?? true}
      />
    </section>
  )
}

interface ViewProps {
  name: DrawingName
  chosen: DrawingName
  onChoose: (name: DrawingName) => void
}

const View = ({ name, chosen, onChoose }: ViewProps) => (
  <label>
    <input type="radio" name="drawing" checked={name === chosen} onChange={() => onChoose(name)} />
    {name}
  </label>
)
