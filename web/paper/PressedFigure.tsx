import { type KeyboardEvent, type PointerEvent, useCallback, useRef, useState } from "react"
import { type FigureEvent, pressOf } from "../../src/run/index.ts"
import { Figure } from "./Figure.tsx"

interface PressedFigureProps {
  event: FigureEvent
  /** What a press does. */
  label: string
  onPress: (name: string, index: number) => void
}

/**
 * A figure whose marks can be pressed. Its picture may be drawn anew many times a second: what is pressed is found when the mouse goes
 * down, and by the keyboard it is one place to reach, within which the arrow keys go from mark to mark.
 */
export function PressedFigure({ event, label, onPress }: PressedFigureProps) {
  const box = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState(0)
  const [isReached, setReached] = useState(false)
  const links = (): Element[] => [...(box.current?.querySelectorAll("a") ?? [])]
  const press = (link: Element | null | undefined): void => {
    const mark = pressOf(link?.getAttribute("href") ?? "")
    if (mark !== undefined) onPress(mark.name, mark.index)
  }
  const drawn = useCallback(() => {
    for (const [i, link] of [...(box.current?.querySelectorAll("a") ?? [])].entries()) {
      link.setAttribute("tabindex", "-1")
      link.classList.toggle("at", isReached && i === at)
    }
  }, [at, isReached])
  const move = (event: KeyboardEvent): void => {
    const all = links()
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key]
    if (to !== undefined) setAt(Math.min(Math.max(to, 0), all.length - 1))
    else if (event.key === "Enter" || event.key === " ") press(all[at])
    else return
    event.preventDefault()
  }
  const mark = links()[at]?.getAttribute("aria-label")
  return (
    <>
      <Figure
        event={event}
        name={`touch-${event.id}`}
        onDrawn={drawn}
        box={{
          ref: box,
          className: "picture-box pressed",
          tabIndex: 0,
          role: "application",
          "aria-label": `${label}: arrow keys choose, Enter presses`,
          onPointerDown: ({ target }: PointerEvent) => press((target as Element).closest("a")),
          onClick: (click) => click.preventDefault(),
          onKeyDown: move,
          onFocus: () => setReached(true),
          onBlur: () => setReached(false),
        }}
      />
      <p className="unseen" aria-live="polite">
        {isReached ? mark : ""}
      </p>
    </>
  )
}
