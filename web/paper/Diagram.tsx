import { useEffect, useState } from "react"
import type { ParameterValues, System } from "../../src/run/index.ts"
import { Drawing } from "../diagrams/Drawing.tsx"
import type { Settings } from "../run/protocol.ts"
import { valuesOf } from "./settings.ts"

/** The neural circuit diagram of a system's program. */
export function Diagram({ system, settings }: { system: System; settings: Settings }) {
  const [svg, setSvg] = useState<string>()
  const { preset } = settings
  useEffect(() => {
    let isWanted = true
    const values = valuesOf(system, { slug: system.slug, preset, seed: 0, parameters: {} })
    Promise.resolve(system.draw?.(values as ParameterValues<System["parameters"]>)).then(
      (drawn) => isWanted && setSvg(drawn),
      () => undefined,
    )
    return () => {
      isWanted = false
    }
  }, [system, preset])
  return (
    <section className="diagram">
      <Drawing
        svg={svg ?? ""}
        name="circuit diagram"
        head={<h2>Its circuit</h2>}
        isPlain={system.circuit === undefined}
      />
    </section>
  )
}
