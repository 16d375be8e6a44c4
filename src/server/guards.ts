/** What every request must pass, and what every answer carries. */
import type { Context, MiddlewareHandler } from "hono"
import { Refusal } from "./refusal.ts"

/** What the page may load and do: nothing from elsewhere, no script or style written into it. WebAssembly is what runs compile to. */
export const pagePolicy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "worker-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ")

const everywhere = {
  // Both isolate the page, so that its threads may share memory.
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "same-origin",
} as const

/** Puts the headers of `everywhere` on an answer, and the page's policy unless the answer has a stricter one. */
export function secure(headers: Headers): void {
  for (const [name, value] of Object.entries(everywhere)) headers.set(name, value)
  if (!headers.has("Content-Security-Policy")) headers.set("Content-Security-Policy", pagePolicy)
}

const loopback = ["localhost", "127.0.0.1", "[::1]"]

export const isLoopback = (host: string): boolean =>
  loopback.includes(host) || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host)

/**
 * A page elsewhere may give its own name this machine's address, and then read what is served here. A server that listens on this machine
 * only answers to its names only.
 */
export function checkHost(listensOn: string): MiddlewareHandler {
  const names = new Set([...loopback, listensOn.toLowerCase()])
  return async (c, next) => {
    const name = (c.req.header("host") ?? "").toLowerCase().replace(/:\d+$/, "")
    if (isLoopback(listensOn) && !names.has(name))
      throw new Refusal(403, "this server answers to localhost only", { hint: "cajal serve --host serves other names" })
    await next()
  }
}

/** What changes something must come from the page itself, or from a program that is no browser. */
export const checkOrigin: MiddlewareHandler = async (c, next) => {
  if (c.req.method !== "GET" && c.req.method !== "HEAD" && !isOwn(c))
    throw new Refusal(403, "a page of another site may not ask for this")
  await next()
}

function isOwn(c: Context): boolean {
  const site = c.req.header("sec-fetch-site")
  if (site !== undefined && site !== "same-origin" && site !== "none") return false
  const origin = c.req.header("origin")
  if (origin === undefined) return true
  return URL.canParse(origin) && new URL(origin).host === (c.req.header("host") ?? "").toLowerCase()
}

const mostBytes = 64 * 1024

/**
 * The body of a request as JSON. It is read piece by piece, never beyond what is allowed.
 * @throws Refusal when it is too long (413), of another type (415), or no JSON (400)
 */
export async function jsonBody(c: Context): Promise<unknown> {
  const type = c.req.header("content-type") ?? ""
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new Refusal(415, "the body must be JSON", { hint: "Content-Type: application/json" })
  const tooLong = new Refusal(413, `the body may have ${mostBytes} bytes at most`)
  if (Number(c.req.header("content-length") ?? 0) > mostBytes) throw tooLong
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of c.req.raw.body ?? []) {
    if ((bytes += piece.length) > mostBytes) throw tooLong
    pieces.push(piece)
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(pieces)))
  } catch {
    throw new Refusal(400, "the body is no valid JSON")
  }
}
