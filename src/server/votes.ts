import type { DatabaseSync } from "node:sqlite"

/** What readers make of a paper. */
export interface Interest {
  readonly votes: number
  /** Whether this browser has voted for it. */
  readonly voted: boolean
  /** Runs and votes, each worth 1 at first and 1/e after a week. */
  readonly trending: number
}

const weekMs = 7 * 24 * 3600 * 1000

/** Votes for papers, one a browser and paper, and what is trending. */
export class Votes {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** Once is enough: a second vote of the same browser changes nothing. */
  give(browser: string, slug: string): void {
    this.#db.prepare("INSERT OR IGNORE INTO votes (browser, slug, at) VALUES (?, ?, ?)").run(browser, slug, Date.now())
  }

  takeBack(browser: string, slug: string): void {
    this.#db.prepare("DELETE FROM votes WHERE browser = ? AND slug = ?").run(browser, slug)
  }

  /** By slug; a paper that nobody ran or voted for is not in it. @param browser who asks */
  interest(browser: string | undefined, now = Date.now()): Record<string, Interest> {
    const rows = this.#db
      .prepare(
        `SELECT slug, sum(vote) AS votes, sum(own) AS voted, sum(exp((at - :now) / :week)) AS trending FROM (
           SELECT slug, at, 1 AS vote, browser = :browser AS own FROM votes
           UNION ALL SELECT system, asked_at, 0, 0 FROM runs
         ) GROUP BY slug`,
      )
      .all({ now, week: weekMs, browser: browser ?? "" })
    return Object.fromEntries(
      rows.map(({ slug, votes, voted, trending }) => [
        slug as string,
        { votes: votes as number, voted: voted === 1, trending: Number((trending as number).toPrecision(6)) },
      ]),
    )
  }
}
