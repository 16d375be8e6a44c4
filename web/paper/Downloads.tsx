import { writeSafetensors } from "../../src/data/index.ts"
import type { Claim } from "../../src/run/index.ts"
import type { Paper } from "../papers.ts"
import { draw } from "../run/draw.ts"
import type { Followed, Seen } from "../run/followed.ts"

interface DownloadsProps {
  paper: Paper
  claims: readonly Claim[]
  seen: Seen
  session: Followed | undefined
}

/** What can be taken away from a finished run. */
export function Downloads({ paper, claims, seen, session }: DownloadsProps) {
  const { slug } = paper
  const { result, events, startedAt, figures } = seen
  const tensors = session?.restored?.state.tensors
  if (result === undefined) return null
  const report = async (): Promise<void> => {
    // Only here: it brings the drawing of figures with it.
    const { reportOf } = await import("../../src/run/report.ts")
    const version = __CAJAL_VERSION__
    save(`${slug}.html`, await reportOf({ card: paper, claims, events, result, startedAt, version }), "text/html")
  }
  const csv = (): void => {
    const rows = events.flatMap((e) =>
      e.type === "metric" ? [[e.name, e.step ?? "", e.value, e.unit ?? ""].join(",")] : [],
    )
    save(`${slug}.csv`, ["name,step,value,unit", ...rows, ""].join("\n"), "text/csv")
  }
  const pictures = async (): Promise<void> => {
    for (const [id, { svg, spec }] of figures)
      save(`${slug}-${id.replaceAll(/[^\w.-]+/g, "-")}.svg`, svg ?? (await draw(spec, id)), "image/svg+xml")
  }
  return (
    <section className="downloads">
      <h2>Take it with you</h2>
      <div className="buttons">
        <button type="button" onClick={() => void report()}>
          Report (HTML)
        </button>
        <button type="button" onClick={() => void pictures()}>
          Figures (SVG)
        </button>
        <button type="button" onClick={csv}>
          Metrics (CSV)
        </button>
        <button type="button" onClick={() => save(`${slug}.json`, JSON.stringify(result, null, 2), "application/json")}>
          Result (JSON)
        </button>
        {tensors !== undefined && Object.keys(tensors).length > 0 && (
          <button
            type="button"
            onClick={() =>
              save(`${slug}.safetensors`, writeSafetensors(tensors) as BlobPart, "application/octet-stream")
            }
          >
            Model (safetensors)
          </button>
        )}
      </div>
    </section>
  )
}

function save(name: string, content: BlobPart, type: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }))
  const link = Object.assign(document.createElement("a"), { href: address, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
