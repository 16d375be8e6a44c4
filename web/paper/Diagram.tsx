import { type PointerEvent, useEffect, useRef, useState } from "react"
import type { ParameterValues, System } from "../../src/run/index.ts"
import { inPageColours } from "../run/draw.ts"
import type { Settings } from "../run/protocol.ts"
import { valuesOf } from "./settings.ts"

interface View {
  readonly x: number
  readonly y: number
  readonly scale: number
}
const start: View = { x: 0, y: 0, scale: 1 }

/** The neural circuit diagram: drag to move, the buttons (or the wheel with Ctrl) to come nearer. */
export function Diagram({ system, settings }: { system: System; settings: Settings }) {
  const [svg, setSvg] = useState<string>()
  const [view, setView] = useState(start)
  const box = useRef<HTMLDivElement>(null)
  const held = useRef<{ x: number; y: number } | undefined>(undefined)
  const { preset } = settings
  useEffect(() => {
    let isWanted = true
    const values = valuesOf(system, { slug: system.slug, preset, seed: 0, parameters: {} })
    Promise.resolve(system.draw?.(values as ParameterValues<System["parameters"]>)).then(
      (drawn) => isWanted && setSvg(drawn === undefined ? undefined : inPageColours(drawn)),
      () => undefined,
    )
    return () => {
      isWanted = false
    }
  }, [system, preset])

  const zoom = (by: number): void => setView((now) => ({ ...now, scale: Math.min(8, Math.max(0.25, now.scale * by)) }))
  useEffect(() => {
    const own = box.current
    if (own === null) return
    const wheel = (event: WheelEvent): void => {
      if (!event.ctrlKey) return
      event.preventDefault()
      zoom(Math.exp(-event.deltaY / 300))
    }
    own.addEventListener("wheel", wheel, { passive: false })
    return () => own.removeEventListener("wheel", wheel)
  })
  const down = (event: PointerEvent): void => {
    held.current = { x: event.clientX - view.x, y: event.clientY - view.y }
    event.currentTarget.setPointerCapture(event.pointerId)
  }
  const move = (event: PointerEvent): void => {
    const from = held.current
    if (from !== undefined) setView((now) => ({ ...now, x: event.clientX - from.x, y: event.clientY - from.y }))
  }
  return (
    <section className="diagram">
      <div className="head">
        <h2>Its circuit</h2>
        <span>
          <button type="button" onClick={() => zoom(1.25)} aria-label="nearer">
            +
          </button>
          <button type="button" onClick={() => zoom(0.8)} aria-label="farther">
            −
          </button>
          <button type="button" onClick={() => setView(start)}>
            whole
          </button>
        </span>
      </div>
      <div
        ref={box}
        className="pan"
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={() => {
          held.current = undefined
        }}
      >
        <Drawn svg={svg ?? ""} view={view} />
      </div>
    </section>
  )
}

/** The page has a switch of its own for light and dark: colours follow that. */
const forDarkSystems = /@media\s*\(prefers-color-scheme:\s*dark\)\s*\{[^{}]*\{[^{}]*\}\s*\}/g
const pageColours = ".ncd { --ncd-green: var(--green); --ncd-tint: var(--tint); background: none }"

/** A drawing with a style of its own, which a page's policy does not let stand in the drawing: it is adopted, and reaches nothing else. */
function Drawn({ svg, view: { x, y, scale } }: { svg: string; view: View }) {
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (host.current === null) return
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" })
    const sheet = new CSSStyleSheet()
    const styles = [...svg.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, text]) => text.replace(forDarkSystems, ""))
    sheet.replaceSync(`svg { max-width: 100%; height: auto } ${styles.join(" ")} ${pageColours}`)
    root.adoptedStyleSheets = [sheet]
    root.innerHTML = svg.replaceAll(/<style>[\s\S]*?<\/style>/g, "")
  }, [svg])
  const transform = `translate(${x}px, ${y}px) scale(${scale})`
  return <div ref={host} style={{ transform, transformOrigin: "0 0" }} />
}
