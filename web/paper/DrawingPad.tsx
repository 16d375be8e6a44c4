import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react"
import type { DrawingInput } from "../../src/run/index.ts"

interface DrawingPadProps {
  input: DrawingInput
  isOn: boolean
  onGive: (ink: Float32Array) => void
}

/** Half the width of the pen, and of the soft edge around it, in pixels of the drawing. */
const pen = { ink: 0.8, edge: 0.8 }
/** What is drawn is given so often while the pen goes on. */
const pauseMs = 150

/** A sheet to draw on, with the mouse, a finger, or the keyboard: arrow keys move the pen, space sets it down and lifts it. */
export function DrawingPad({ input, isOn, onGive }: DrawingPadProps) {
  const { width, height, label, help } = input
  const canvas = useRef<HTMLCanvasElement>(null)
  const ink = useRef(new Float32Array(width * height))
  const last = useRef<readonly [number, number]>(undefined)
  const given = useRef(0)
  const [at, setAt] = useState<readonly [number, number]>([width / 2, height / 2])
  const [isDown, setDown] = useState(false)

  const show = (): void => {
    const context = canvas.current?.getContext("2d")
    if (context === undefined || context === null) return
    const image = context.createImageData(width, height)
    const [r, g, b] = colourOf(canvas.current!)
    ink.current.forEach((own, i) => image.data.set([r, g, b, 255 * own], 4 * i))
    context.putImageData(image, 0, 0)
  }
  const give = (isLast: boolean): void => {
    const now = performance.now()
    if (!isLast && now - given.current < pauseMs) return
    given.current = now
    onGive(ink.current.slice())
  }
  const stroke = (to: readonly [number, number], isLast = false): void => {
    addStroke(ink.current, width, last.current ?? to, to)
    last.current = to
    show()
    give(isLast)
  }
  const clear = (): void => {
    ink.current.fill(0)
    last.current = undefined
    setDown(false)
    show()
    give(true)
  }
  const placeOf = (event: PointerEvent<HTMLCanvasElement>): readonly [number, number] => {
    const box = event.currentTarget.getBoundingClientRect()
    return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height]
  }
  const end = (): void => {
    if (last.current !== undefined) give(true)
    last.current = undefined
  }
  const key = (event: KeyboardEvent): void => {
    if (event.key === "Escape" || event.key === "Delete") clear()
    else if (event.key === " ") {
      setDown(!isDown)
      if (isDown) end()
      else stroke(at, true)
    } else {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key]
      if (step === undefined) return
      const to = [clamp(at[0] + step[0], width), clamp(at[1] + step[1], height)] as const
      setAt(to)
      if (isDown) stroke(to, true)
    }
    event.preventDefault()
  }
  // What was drawn is shown in the colours of the page, also after they have changed.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read from the style
  useEffect(show, [])
  return (
    <div className="field pad">
      <span>
        {label}
        <button type="button" className="plain small" disabled={!isOn} onClick={clear}>
          clear
        </button>
      </span>
      <div
        className="sheet"
        role="application"
        tabIndex={isOn ? 0 : -1}
        aria-disabled={!isOn}
        aria-label={`draw ${label}: arrow keys move the pen, space sets it down and lifts it, Escape clears`}
        onKeyDown={(event) => isOn && key(event)}
      >
        <canvas
          ref={canvas}
          width={width}
          height={height}
          onPointerDown={(event) => {
            if (!isOn) return
            event.currentTarget.setPointerCapture(event.pointerId)
            stroke(placeOf(event))
          }}
          onPointerMove={(event) => {
            if (event.currentTarget.hasPointerCapture(event.pointerId)) stroke(placeOf(event))
          }}
          onPointerUp={end}
          onPointerCancel={end}
        />
        <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
          <circle cx={at[0]} cy={at[1]} r={0.8} className={isDown ? "down" : undefined} />
        </svg>
      </div>
      {help !== undefined && <span className="quiet small">{help}</span>}
    </div>
  )
}

const clamp = (x: number, size: number): number => Math.min(Math.max(x, 0.5), size - 0.5)

/** Ink along a straight line, soft at its edge. */
function addStroke(
  ink: Float32Array,
  width: number,
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
): void {
  const [dx, dy] = [x1 - x0, y1 - y0]
  const squared = dx * dx + dy * dy
  for (let i = 0; i < ink.length; i++) {
    const [x, y] = [(i % width) + 0.5, Math.floor(i / width) + 0.5]
    const along = squared === 0 ? 0 : Math.min(Math.max(((x - x0) * dx + (y - y0) * dy) / squared, 0), 1)
    const distance = Math.hypot(x - x0 - along * dx, y - y0 - along * dy)
    const own = Math.min(Math.max(1 - (distance - pen.ink) / pen.edge, 0), 1)
    if (own > ink[i]) ink[i] = own
  }
}

/** The colour of the text, as numbers. */
function colourOf(element: Element): readonly number[] {
  return (getComputedStyle(element).color.match(/[\d.]+/g) ?? ["0", "0", "0"]).slice(0, 3).map(Number)
}
