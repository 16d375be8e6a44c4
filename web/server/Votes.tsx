import { useState } from "react"
import { useServer, vote } from "../api.ts"

/** `▲ 12` beside a paper of the list; nothing without a server or a vote. */
export function VoteCount({ slug }: { slug: string }) {
  const votes = useServer().interest[slug]?.votes ?? 0
  return votes === 0 ? null : (
    <span className="number">
      <span aria-hidden="true">▲ </span>
      {votes} <span className="unseen">{votes === 1 ? "vote" : "votes"}</span>
    </span>
  )
}

/** Gives this browser's vote for a paper, or takes it back. */
export function VoteButton({ slug }: { slug: string }) {
  const { isHere, interest } = useServer()
  const [problem, setProblem] = useState<string>()
  if (!isHere) return null
  const { votes, voted } = interest[slug] ?? { votes: 0, voted: false }
  const press = (): void =>
    void vote(slug, !voted).then(
      () => setProblem(undefined),
      (error: Error) => setProblem(error.message),
    )
  return (
    <>
      {" · "}
      <button
        type="button"
        className="plain number"
        aria-pressed={voted}
        aria-label={`${votes} ${votes === 1 ? "vote" : "votes"}; ${voted ? "take yours back" : "vote for this paper"}`}
        onClick={press}
      >
        {voted ? "▲" : "△"} {votes}
      </button>
      {problem !== undefined && <span role="alert"> {problem}</span>}
    </>
  )
}
