import { type Context, Hono } from "hono"
import { checkPaper } from "./asking.ts"
import { browserOf, knownBrowser, type Newcomers } from "./browser-id.ts"
import type { Interest, Votes } from "./votes.ts"

const nobody: Interest = { votes: 0, voted: false, trending: 0 }

/**
 * Under `/api/papers`: `GET /` gives votes and trending of the papers that have any, by slug; `PUT /:slug/vote` and `DELETE /:slug/vote`
 * give this browser's vote and take it back, and answer with the paper's `{votes, voted, trending}`.
 */
export function routesOfPapers(votes: Votes, newcomers: Newcomers): Hono {
  const app = new Hono()
  app.get("/", (c) => c.json(votes.interest(browserOf(c))))
  const vote = (change: "give" | "takeBack") => (c: Context) => {
    const slug = c.req.param("slug") ?? ""
    checkPaper(slug)
    const browser = knownBrowser(c, newcomers)
    votes[change](browser, slug)
    return c.json(votes.interest(browser)[slug] ?? nobody)
  }
  app.put("/:slug/vote", vote("give"))
  app.delete("/:slug/vote", vote("takeBack"))
  return app
}
