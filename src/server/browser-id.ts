import { randomUUID } from "node:crypto"
import type { Context } from "hono"
import { getCookie, setCookie } from "hono/cookie"

const name = "cajal-browser"
const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** The random number by which a browser's votes are told from another's; undefined before its first. */
export function browserOf(c: Context): string | undefined {
  const id = getCookie(c, name)
  return id !== undefined && form.test(id) ? id : undefined
}

/** The same, given now where there is none. No script can read it, and no other site can make a browser send it. */
export function knownBrowser(c: Context): string {
  const known = browserOf(c)
  if (known !== undefined) return known
  const id = randomUUID()
  setCookie(c, name, id, { httpOnly: true, sameSite: "Strict", path: "/", maxAge: 365 * 24 * 3600 })
  return id
}
