/** The server behind the page, where there is one: a static host has none, and then nothing of it is shown. */
import { useSyncExternalStore } from "react"
import { CajalError } from "../src/engine/errors.ts"
import type { Interest as PaperInterest } from "../src/server/votes.ts"

/** The present state: what the server has told so far. */
export interface Server {
  readonly isHere: boolean
  /** Votes and trending by slug; papers that nobody ran or voted for are not in it. */
  readonly interest: Readonly<Record<string, PaperInterest>>
}

let present: Server = { isHere: false, interest: {} }
let isAsked = false
const listeners = new Set<() => void>()

function change(next: Partial<Server>): void {
  present = { ...present, ...next }
  for (const changed of listeners) changed()
}

/** What the page knows of its server; asked for once. */
export function useServer(): Server {
  return useSyncExternalStore(subscribe, () => present)
}

function subscribe(changed: () => void): () => void {
  listeners.add(changed)
  if (!isAsked) {
    isAsked = true
    void look()
  }
  return () => listeners.delete(changed)
}

async function look(): Promise<void> {
  try {
    const { name } = await ask<{ name?: string }>("health")
    if (name === "cajal") change({ isHere: true, interest: await ask("papers") })
  } catch {
    // No server: the page does without.
  }
}

export const addressOf = (path: string): string => new URL(`api/${path}`, document.baseURI).href

/**
 * Asks the server.
 * @throws CajalError with what it answered, or that it did not
 */
export async function ask<T>(path: string, method = "GET", body?: unknown): Promise<T> {
  const response = await fetch(addressOf(path), {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
  }).catch((cause) => {
    throw new CajalError("the server does not answer", { cause })
  })
  const answer = await response.json().catch(() => ({}))
  if (response.ok) return answer as T
  const { error = `the server answered ${response.status}`, hint } = answer as { error?: string; hint?: string }
  throw new CajalError(error, hint === undefined ? {} : { hint })
}

/** Gives this browser's vote, or takes it back. */
export async function vote(slug: string, isFor: boolean): Promise<void> {
  const own = await ask<PaperInterest>(`papers/${slug}/vote`, isFor ? "PUT" : "DELETE")
  change({ interest: { ...present.interest, [slug]: own } })
}

/** How much papers are run and voted for, by slug, for the order "trending". */
export const trendingOf = ({ interest }: Server): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(interest).map(([slug, { trending }]) => [slug, trending]))
