import { formatAddress } from "../address.ts"
import { bylineOf, dateOf, type Paper } from "../papers.ts"
import { VoteCount } from "../server/Votes.tsx"
import { marked } from "./listing.ts"
import { Picture } from "./Picture.tsx"

/** One paper of the list. */
export function Row({ paper, matched }: { paper: Paper; matched: readonly string[] }) {
  const { slug, title, summary, runs, recorded } = paper
  return (
    <li className={runs ? "row" : "row waits"}>
      <a href={formatAddress(slug)}>
        <Picture slug={slug} />
        <span className="words">
          <span className="title">
            <Marked text={title} words={matched} />
          </span>
          <span className="small quiet byline">
            <Marked text={`${bylineOf(paper)} · ${dateOf(paper)}`} words={matched} />
          </span>
          <span className="small summary">
            <Marked text={summary} words={matched} />
          </span>
        </span>
        <span className="small quiet state">
          <VoteCount slug={slug} />{" "}
          {recorded === undefined ? (runs ? "runs" : "not yet") : `${recorded.met}/${recorded.claims} claims met`}
        </span>
      </a>
    </li>
  )
}

const Marked = ({ text, words }: { text: string; words: readonly string[] }) =>
  marked(text, words).map(([part, isMatch], i) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text have no other name
    isMatch ? <mark key={i}>{part}</mark> : <span key={i}>{part}</span>,
  )
