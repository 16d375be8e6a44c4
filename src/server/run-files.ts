/** What a run leaves, for download. */
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import fs from "node:fs/promises"
import path from "node:path"
import { Readable } from "node:stream"
import type { Context } from "hono"
import { Refusal } from "./refusal.ts"

/** The files of a run that have a name of their own in the interface. */
export const runFiles = { result: "result.json", metrics: "metrics.jsonl", events: "events.jsonl" } as const
const jsonLines = "application/jsonl; charset=utf-8"

/** @throws Refusal when the run has no such file (yet) */
export async function fileAnswer(c: Context, folder: string, name: keyof typeof runFiles): Promise<Response> {
  const file = path.join(folder, runFiles[name])
  const found = await fs.stat(file).catch(() => undefined)
  if (found === undefined) throw new Refusal(404, `the run has no ${name} yet`)
  c.header("Content-Type", name === "result" ? "application/json" : jsonLines)
  c.header("Cache-Control", "no-cache")
  if (c.req.method === "HEAD" || found.size === 0) return c.body(null, 200)
  // A file that grows meanwhile ends where it ended when it was asked for.
  return c.body(Readable.toWeb(createReadStream(file, { end: found.size - 1 })) as ReadableStream<Uint8Array>)
}

/** The report, as a document of its own: it may neither run scripts nor load anything; the styles it holds are named by their digest. */
export async function reportAnswer(c: Context, folder: string): Promise<Response> {
  const text = await fs.readFile(path.join(folder, "report.html"), "utf8").catch(() => undefined)
  if (text === undefined) throw new Refusal(404, "the run has no report yet")
  const digests = [...text.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(
    ([, style = ""]) => `'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  )
  const styles = digests.length === 0 ? "'none'" : [...new Set(digests)].join(" ")
  c.header(
    "Content-Security-Policy",
    `default-src 'none'; img-src data:; style-src ${styles}; sandbox; frame-ancestors 'none'`,
  )
  c.header("Cache-Control", "no-cache")
  return c.html(text)
}

/** Names of the figures that a run has drawn: `.svg`, or `.vl.json` for a Vega-Lite specification. */
export const figuresOf = (folder: string): Promise<string[]> =>
  fs.readdir(path.join(folder, "figures")).then(
    (names) => names.filter((name) => /\.(svg|vl\.json)$/.test(name)).sort(),
    () => [],
  )

/** @throws Refusal when the run has no such figure */
export async function figureAnswer(c: Context, folder: string, name: string): Promise<Response> {
  if (!(await figuresOf(folder)).includes(name)) throw new Refusal(404, "the run has no such figure")
  const bytes = await fs.readFile(path.join(folder, "figures", name))
  c.header("Content-Type", name.endsWith(".svg") ? "image/svg+xml" : "application/json")
  c.header("Content-Security-Policy", "default-src 'none'; sandbox")
  c.header("Cache-Control", "no-cache")
  return c.body(new Uint8Array(bytes))
}
