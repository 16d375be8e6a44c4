import { type ToggleEvent, useEffect, useState } from "react"
import type { ParameterValues } from "../../src/run/index.ts"
import { drawTerm } from "../../src/view/ncd/index.ts"
import { systems } from "../../systems/index.ts"
import { valuesOf } from "../paper/settings.ts"
import { paperOf } from "../papers.ts"
import { Drawn } from "./Drawing.tsx"

interface Drawing {
  readonly slug: string
  readonly title: string
  readonly svg: string
}

/** Its traced program where it gives one, else what it draws of itself. */
async function drawingOf(slug: string): Promise<string | undefined> {
  const { default: system } = await systems[slug]()
  const values = valuesOf(system, { slug, preset: "quick", seed: 0, parameters: {} }) as ParameterValues<
    typeof system.parameters
  >
  const program = await system.circuit?.(values)
  return program === undefined ? system.draw?.(values) : drawTerm(program.term)
}

/** The circuits of all systems side by side, each from its own program, drawn one after the other when the sheet is opened. */
export function Sheet() {
  const [isOpen, setOpen] = useState(false)
  const [drawings, setDrawings] = useState<readonly Drawing[]>([])
  const slugs = Object.keys(systems)
  useEffect(() => {
    if (!isOpen) return
    let isWanted = true
    const draw = async (): Promise<void> => {
      const done: Drawing[] = []
      for (const slug of Object.keys(systems)) {
        const svg = await drawingOf(slug).catch(() => undefined)
        if (!isWanted) return
        if (svg === undefined) continue
        done.push({ slug, title: paperOf(slug)?.title ?? slug, svg })
        setDrawings([...done])
        // The page answers between two drawings.
        await new Promise((resolve) => setTimeout(resolve))
      }
    }
    void draw()
    return () => {
      isWanted = false
    }
  }, [isOpen])
  return (
    <details
      className="contacts"
      onToggle={(event: ToggleEvent<HTMLDetailsElement>) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <h3>All systems, drawn from their programs</h3>{" "}
        <span className="quiet small">
          {isOpen ? `${drawings.length} of ${slugs.length}` : `${slugs.length} systems`}
        </span>
      </summary>
      <ul>
        {drawings.map(({ slug, title, svg }) => (
          <li key={slug}>
            <a href={`#/${slug}`}>
              <span className="miniature">
                <Drawn svg={svg} />
              </span>
              <span className="small">{title}</span>
            </a>
          </li>
        ))}
      </ul>
    </details>
  )
}
