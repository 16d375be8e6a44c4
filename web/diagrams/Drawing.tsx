import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef, useState } from "react"
import type { Placed, Probe } from "../../src/view/ncd/index.ts"
import { inPageColours } from "../run/draw.ts"
import "./drawing.css"

interface View {
  readonly x: number
  readonly y: number
  readonly scale: number
}
const start: View = { x: 0, y: 0, scale: 1 }

interface DrawingProps {
  svg: string
  /** What a screen reader calls it. */
  name: string
  /** Stands left of the buttons. */
  head: ReactNode
  /** More about the place that is pointed at, behind its shapes. */
  about?: (probe: Probe) => string | undefined
  /** A drawing without wires has no shapes to tell. */
  isPlain?: boolean
}

/** What reads drawings comes when the first one is pointed at. */
const reader = () => import("../../src/view/ncd/probe-drawing.ts")

/** A drawing: drag to move, the buttons (or the wheel with Ctrl) to come nearer, pointing or arrow keys for the shapes at a place. */
export function Drawing({ svg, name, head, about, isPlain = false }: DrawingProps) {
  const [view, setView] = useState(start)
  const [pointed, setPointed] = useState<{ svg: string; at: Probe | undefined }>()
  const at = pointed?.svg === svg ? pointed.at : undefined
  const setAt = (next: Probe | undefined): void => setPointed({ svg, at: next })
  const box = useRef<HTMLDivElement>(null)
  const host = useRef<HTMLDivElement>(null)
  const held = useRef<{ x: number; y: number } | undefined>(undefined)
  const byKeys = useRef(false)
  const placed = usePlaced(isPlain ? "" : svg)

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
    const { clientX, clientY } = event
    if (from === undefined) void look(event)
    else setView((now) => ({ ...now, x: clientX - from.x, y: clientY - from.y }))
  }
  const look = async ({ clientX, clientY }: PointerEvent): Promise<void> => {
    byKeys.current = false
    const matrix = drawnIn(host.current)?.getScreenCTM()
    const found = await placed()
    if (found === undefined || matrix === null || matrix === undefined) return
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(matrix.inverse())
    setAt((await reader()).probe(found, x, y))
  }
  /** The arrow keys go through boxes and sections, and through the wires of a section. */
  const press = async (event: KeyboardEvent): Promise<void> => {
    const { key } = event
    if (key === "Escape") return setAt(undefined)
    if (key === "+" || key === "-") return zoom(key === "+" ? 1.25 : 0.8)
    if (!key.startsWith("Arrow")) return
    event.preventDefault()
    byKeys.current = true
    const found = await placed()
    if (found === undefined) return
    const { stopsOf, wiresOf } = await reader()
    const across = key === "ArrowLeft" || key === "ArrowRight"
    const list = across ? stopsOf(found) : at?.path === undefined ? [] : wiresOf(found, at.path)
    const here = list.findIndex((p) => p.text === at?.text && p.left === at?.left && p.top === at?.top)
    const isStop = here >= 0 || !across || at === undefined
    const now = isStop ? here : list.findIndex((p) => p.path === at?.path)
    const by = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1
    const next = list[now < 0 ? (by > 0 ? 0 : list.length - 1) : now + by]
    if (next !== undefined) setAt(next)
  }
  useEffect(() => {
    const mark = markProbe(drawnIn(host.current), at)
    const [outer, inner] = [box.current?.getBoundingClientRect(), mark?.getBoundingClientRect()]
    // What the keyboard reaches comes into sight.
    if (outer === undefined || inner === undefined || !byKeys.current) return
    const into = (low: number, high: number, from: number, to: number): number =>
      low < from ? from - low + 24 : high > to ? Math.max(to - high - 24, from - low + 24) : 0
    const [dx, dy] = [
      into(inner.left, inner.right, outer.left, outer.right),
      into(inner.top, inner.bottom, outer.top, outer.bottom),
    ]
    if (dx !== 0 || dy !== 0) setView((now) => ({ ...now, x: now.x + dx, y: now.y + dy }))
  }, [at])
  const said = at === undefined ? undefined : [at.text, about?.(at)].filter(Boolean).join(" · ")
  return (
    <>
      <div className="head">
        {head}
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
      {/* biome-ignore lint/a11y/useSemanticElements: a drawing that is gone through by keys is no set of fields */}
      <div
        ref={box}
        className="pan"
        role="group"
        aria-label={isPlain ? name : `${name}: arrow keys tell the shapes along it`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys go through it
        tabIndex={0}
        onPointerDown={down}
        onPointerMove={move}
        onPointerLeave={() => setAt(undefined)}
        onPointerUp={(event) => {
          held.current = undefined
          // A finger does not move over a drawing: it taps.
          void look(event)
        }}
        onKeyDown={(event) => void press(event)}
      >
        <Drawn host={host} svg={svg} view={view} />
      </div>
      {!isPlain && (
        <p className="small probed" aria-live="polite">
          {said ?? (
            <span className="quiet">Point at a wire, a box or a space between them to see the shapes there.</span>
          )}
        </p>
      )}
    </>
  )
}

/** A function that reads the drawing once, when somebody asks; undefined for what is no neural circuit diagram. */
function usePlaced(svg: string): () => Promise<Placed | undefined> {
  const kept = useRef<{ svg: string; placed: Promise<Placed | undefined> } | undefined>(undefined)
  return () => {
    if (kept.current?.svg !== svg)
      kept.current = {
        svg,
        placed:
          svg === ""
            ? Promise.resolve(undefined)
            : reader()
                .then(({ readDrawing }) => readDrawing(svg))
                .catch(() => undefined),
      }
    return kept.current.placed
  }
}

const drawnIn = (host: HTMLElement | null): SVGSVGElement | null => host?.shadowRoot?.querySelector("svg") ?? null

/** Draws what is pointed at: the wires of an array in colour, a frame around a box or a section. */
function markProbe(svg: SVGSVGElement | null, at: Probe | undefined): Element | undefined {
  svg?.querySelector(".probe")?.remove()
  if (svg === null || at === undefined) return undefined
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path")
  path.setAttribute("class", `probe ${at.kind}`)
  const { left, right, top, bottom } = at
  const lines = at.wires.map((points) => `M${points.map(([x, y]) => `${x} ${y}`).join("L")}`)
  path.setAttribute("d", at.kind === "wire" ? lines.join("") : `M${left} ${top}H${right}V${bottom}H${left}Z`)
  svg.append(path)
  return path
}

/** The page has a switch of its own for light and dark: colours follow that. */
const forDarkSystems = /@media\s*\(prefers-color-scheme:\s*dark\)\s*\{[^{}]*\{[^{}]*\}\s*\}/g
const pageColours = `.ncd { --ncd-green: var(--green); --ncd-tint: var(--tint); background: none }
.probe { fill: var(--stain); fill-opacity: 0.08; stroke: var(--stain); stroke-width: 1 }
.probe.wire { fill: none; stroke-width: 3; stroke-opacity: 0.6 }`

interface DrawnProps {
  svg: string
  view?: View
  host?: React.RefObject<HTMLDivElement | null>
}

/** A drawing with a style of its own, which a page's policy does not let stand in the drawing: it is adopted, and reaches nothing else. */
export function Drawn({ svg, view: { x, y, scale } = start, host }: DrawnProps) {
  const own = useRef<HTMLDivElement>(null)
  const place = host ?? own
  useEffect(() => {
    if (place.current === null) return
    const root = place.current.shadowRoot ?? place.current.attachShadow({ mode: "open" })
    const sheet = new CSSStyleSheet()
    const inPage = inPageColours(svg)
    const styles = [...inPage.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, text]) =>
      text.replace(forDarkSystems, ""),
    )
    sheet.replaceSync(`svg { max-width: 100%; height: auto; display: block } ${styles.join(" ")} ${pageColours}`)
    root.adoptedStyleSheets = [sheet]
    root.innerHTML = inPage.replaceAll(/<style>[\s\S]*?<\/style>/g, "")
  }, [svg, place])
  const transform = `translate(${x}px, ${y}px) scale(${scale})`
  return <div ref={place} style={{ transform, transformOrigin: "0 0" }} />
}
