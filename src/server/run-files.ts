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

/** Folders of a run and the types of what lies in them: figures as SVG or Vega-Lite specifications, models as safetensors. */
const types = {
  figures: { ".svg": "image/svg+xml", ".json": "application/json" },
  models: { ".safetensors": "application/octet-stream" },
} as const satisfies Record<string, Record<string, string>>

export type RunFolder = keyof typeof types
export const runFolders = Object.keys(types) as RunFolder[]

const typeIn = (kind: RunFolder, name: string): string | undefined =>
  (types[kind] as Record<string, string>)[path.extname(name)]

/** Names of the files in one of a run's folders. */
export const filesIn = (folder: string, kind: RunFolder): Promise<string[]> =>
  fs.readdir(path.join(folder, kind)).then(
    (names) => names.filter((name) => typeIn(kind, name) !== undefined).sort(),
    () => [],
  )

/** @throws Refusal when the run has no such file */
export async function partAnswer(c: Context, folder: string, kind: RunFolder, name: string): Promise<Response> {
  if (!(await filesIn(folder, kind)).includes(name))
    throw new Refusal(404, `there is no such file in ${kind} of the run`)
  const bytes = await fs.readFile(path.join(folder, kind, name))
  c.header("Content-Type", typeIn(kind, name)!)
  c.header("Content-Security-Policy", "default-src 'none'; sandbox")
  c.header("Cache-Control", "no-cache")
  return c.body(new Uint8Array(bytes))
}
