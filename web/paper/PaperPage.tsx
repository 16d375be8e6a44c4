import { useEffect, useState } from "react"
import type { System } from "../../src/run/index.ts"
import { systems } from "../../systems/index.ts"
import { bylineOf, dateOf, type Paper } from "../papers.ts"
import { VoteButton } from "../server/Votes.tsx"
import { useTitle } from "../shell/title.ts"
import { Laboratory } from "./Laboratory.tsx"
import "./paper.css"

/** A paper: what it is and, where it runs, its laboratory. */
export default function PaperPage({ paper, query }: { paper: Paper; query: URLSearchParams }) {
  const { slug, title, link, arxiv, runs, summary, tags } = paper
  useTitle(`${title} · Cajal`)
  const [loaded, setLoaded] = useState<System | Error>()
  useEffect(() => {
    if (!runs) return
    systems[slug]().then(
      (module) => setLoaded(module.default),
      (error: Error) => setLoaded(error),
    )
  }, [slug, runs])
  return (
    <main className="page paper">
      <a href="#/" className="small">
        ← all papers
      </a>
      <header>
        <h1>{title}</h1>
        <p className="quiet small">
          {bylineOf(paper)} · {dateOf(paper)}
          {link !== undefined && (
            <>
              {" · "}
              <a href={link}>{arxiv === undefined ? "the paper" : `arXiv ${arxiv}`}</a>
            </>
          )}
          <VoteButton slug={slug} />
        </p>
      </header>
      {!runs && (
        <>
          <p className="about">{summary}</p>
          <p className="quiet">This paper does not run here yet.</p>
        </>
      )}
      {loaded instanceof Error && <p role="alert">The system could not be loaded: {loaded.message}</p>}
      {runs && !(loaded instanceof Error) && <Laboratory paper={paper} system={loaded} query={query} />}
      <p className="quiet small tags">{tags.join(" · ")}</p>
    </main>
  )
}
