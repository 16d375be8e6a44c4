import { type ToggleEvent, useEffect, useState } from "react"
import { drawingOf, drawingsOf, type ParameterValues } from "../../src/run/index.ts"
import { systems } from "../../systems/index.ts"
import { valuesOf } from "../paper/settings.ts"
import { paperOf } from "../papers.ts"
import { Drawn } from "./Drawing.tsx"

interface Drawing {
  readonly slug: string
  readonly title: string
  readonly svg: string
}

/** Its program where it gives one, else its sketch; undefined where it has neither. */
async function pictureOf(slug: string): Promise<string | undefined> {
  const { default: system } = await systems[slug]()
  const [name] = drawingsOf(system)
  if (name === undefined) return undefined
  const values = valuesOf(system, { slug, preset: "quick", seed: 0, parameters: {} })
  return (await drawingOf(system, name, values as ParameterValues<typeof system.parameters>)).svg
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
        const svg = await pictureOf(slug).catch(() => undefined)
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
