import { randomUUID } from "node:crypto"
import { getConnInfo } from "@hono/node-server/conninfo"
import type { Context } from "hono"
import { getCookie, setCookie } from "hono/cookie"
import { Refusal } from "./refusal.ts"

const name = "cajal-browser"
const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** The random number by which a browser's votes are told from another's; undefined before its first. */
export function browserOf(c: Context): string | undefined {
  const id = getCookie(c, name)
  return id !== undefined && form.test(id) ? id : undefined
}

const hourMs = 3600 * 1000
/** So many browsers behind one address may vote for the first time within an hour. */
const mostAnHour = 60

/** New browsers by the address that they come from: who throws the cookie away does not vote without end. */
export class Newcomers {
  #since = 0
  readonly #counts = new Map<string, number>()

  /** @throws Refusal when too many came from there within the hour */
  admit(address: string, now = Date.now()): void {
    if (now - this.#since > hourMs) {
      this.#counts.clear()
      this.#since = now
    }
    const count = (this.#counts.get(address) ?? 0) + 1
    if (count > mostAnHour) {
      const retryAfterSeconds = Math.ceil((this.#since + hourMs - now) / 1000)
      throw new Refusal(429, "too many new browsers voted from this address", { retryAfterSeconds })
    }
    this.#counts.set(address, count)
  }
}

/** The same, given now where there is none. No script can read it, and no other site can make a browser send it. @throws Refusal */
export function knownBrowser(c: Context, newcomers: Newcomers): string {
  const known = browserOf(c)
  if (known !== undefined) return known
  newcomers.admit(getConnInfo(c).remote.address ?? "")
  const id = randomUUID()
  setCookie(c, name, id, { httpOnly: true, sameSite: "Strict", path: "/", maxAge: 365 * 24 * 3600 })
  return id
}
