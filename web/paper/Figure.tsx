import { type HTMLAttributes, type Ref, useEffect, useRef, useState } from "react"
import type { FigureEvent } from "../../src/run/index.ts"
import { draw, inPageColours } from "../run/draw.ts"

interface FigureProps {
  event: FigureEvent | undefined
  /** Unique on the page. */
  name: string
  label?: string | undefined
  /** Of the box that holds the picture. */
  box?: HTMLAttributes<HTMLDivElement> & { ref?: Ref<HTMLDivElement> }
  /** Called when a picture stands in its box. */
  onDrawn?: () => void
}

/** A figure and its caption. */
export function Figure({ event, name, label, box, onDrawn }: FigureProps) {
  const svg = usePicture(event, name)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the picture is what has been drawn
  useEffect(() => onDrawn?.(), [svg, onDrawn])
  return (
    <figure>
      {label !== undefined && <p className="quiet small">{label}</p>}
      {/* biome-ignore lint/security/noDangerouslySetInnerHtml: SVG that a system of this page has drawn */}
      <div className="picture-box" {...box} dangerouslySetInnerHTML={{ __html: svg ?? "" }} />
      {event !== undefined && (
        <figcaption>
          <b>{event.title}</b>
          {event.caption !== undefined && <>. {event.caption}</>}
        </figcaption>
      )}
    </figure>
  )
}

/** The picture of a figure: the last one stays until the next is drawn; of those that come meanwhile only the last is drawn. */
function usePicture(event: FigureEvent | undefined, name: string): string | undefined {
  const [svg, setSvg] = useState<string>()
  const wanted = useRef<FigureEvent>(undefined)
  const isBusy = useRef(false)
  useEffect(() => {
    wanted.current = event
    if (isBusy.current) return
    isBusy.current = true
    void (async () => {
      let drawn: FigureEvent | undefined
      while (wanted.current !== drawn) {
        drawn = wanted.current
        setSvg(await pictureOf(drawn, name))
      }
      isBusy.current = false
    })()
  }, [event, name])
  return svg
}

async function pictureOf(event: FigureEvent | undefined, name: string): Promise<string | undefined> {
  if (event === undefined) return undefined
  if (event.svg !== undefined) return inPageColours(event.svg)
  return draw(event.spec, name).then(inPageColours, (error: Error) => `<text>${error.message}</text>`)
}
