import { useState } from "react"
import { writeSafetensors } from "../../src/data/index.ts"
import type { Claim } from "../../src/run/index.ts"
import type { Paper } from "../papers.ts"
import { draw } from "../run/draw.ts"
import type { Seen } from "../run/followed.ts"
import { pngOf, save } from "./saving.ts"

interface DownloadsProps {
  paper: Paper
  claims: readonly Claim[]
  seen: Seen
}

/** What can be taken away from a finished run. */
export function Downloads({ paper, claims, seen }: DownloadsProps) {
  const { slug } = paper
  const { result, events, startedAt, figures, models } = seen
  const [problem, setProblem] = useState<string>()
  if (result === undefined) return null
  const attempt = (work: () => Promise<void>) => (): void =>
    void work().then(
      () => setProblem(undefined),
      (error: Error) => setProblem(error.message),
    )
  const report = attempt(async () => {
    // Only here: it brings the drawing of figures with it.
    const { reportOf } = await import("../../src/run/report.ts")
    const version = __CAJAL_VERSION__
    save(`${slug}.html`, await reportOf({ card: paper, claims, events, result, startedAt, version }), "text/html")
  })
  const csv = (): void => {
    const rows = events.flatMap((e) =>
      e.type === "metric" ? [[e.name, e.step ?? "", e.value, e.unit ?? ""].join(",")] : [],
    )
    save(`${slug}.csv`, ["name,step,value,unit", ...rows, ""].join("\n"), "text/csv")
  }
  const pictures = (kind: "svg" | "png") =>
    attempt(async () => {
      for (const [id, { svg, spec }] of figures) {
        const name = `${slug}-${id.replaceAll(/[^\w.-]+/g, "-")}.${kind}`
        const drawn = svg ?? (await draw(spec, id))
        if (kind === "svg") save(name, drawn, "image/svg+xml")
        else save(name, await pngOf(drawn), "image/png")
      }
    })
  return (
    <section className="downloads">
      <h2>Take it with you</h2>
      <div className="buttons">
        <button type="button" onClick={report}>
          Report (HTML)
        </button>
        <button type="button" onClick={pictures("svg")}>
          Figures (SVG)
        </button>
        <button type="button" onClick={pictures("png")}>
          Figures (PNG)
        </button>
        <button type="button" onClick={csv}>
          Metrics (CSV)
        </button>
        <button type="button" onClick={() => save(`${slug}.json`, JSON.stringify(result, null, 2), "application/json")}>
          Result (JSON)
        </button>
        {models.size > 0 && <Models slug={slug} models={models} />}
      </div>
      {problem !== undefined && (
        <p role="alert" className="problem">
          {problem}
        </p>
      )}
    </section>
  )
}

/** One of the models that a run has trained. */
function Models({ slug, models }: { slug: string; models: Seen["models"] }) {
  const names = [...models.keys()]
  const [name = names[0], setName] = useState<string>()
  const take = (): void => {
    const own = models.get(name) ?? {}
    if (own instanceof URL) location.assign(own)
    else save(`${slug}-${name}.safetensors`, writeSafetensors(own) as BlobPart, "application/octet-stream")
  }
  return (
    <span className="models">
      {names.length > 1 && (
        <select aria-label="which model" value={name} onChange={(event) => setName(event.target.value)}>
          {names.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      )}
      <button type="button" onClick={take}>
        Model (safetensors)
      </button>
    </span>
  )
}
