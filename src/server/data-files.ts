import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"
import path from "node:path"
import { Readable } from "node:stream"
import type { Context } from "hono"
import { type DataFile, datasets, type FileSource } from "../data/index.ts"
import { Refusal } from "./refusal.ts"

const known: ReadonlyMap<string, DataFile> = new Map(
  datasets.flatMap(({ files, instead }) => [...files, ...instead].map((file) => [file.path, file] as const)),
)

/**
 * A file of a known dataset, from the data folder or the cache of this machine. Nothing is downloaded for a request: reading must
 * neither write here nor use the network; runs on the server download by the same rules as `cajal run`, and what they fetched is served.
 * @throws Refusal when no dataset has such a file, or it is not on this machine
 */
export async function dataAnswer(c: Context, files: FileSource, name: string): Promise<Response> {
  const file = known.get(name)
  if (file === undefined) throw new Refusal(404, `no dataset has a file ${JSON.stringify(name)}`)
  const place = await files.locate(file)
  if (place === undefined)
    throw new Refusal(404, `${file.path} is not on this server`, { hint: "cajal data get downloads it" })
  const { size, mtimeMs } = await stat(place.where)
  const etag = `"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`
  c.header("ETag", etag)
  c.header("Cache-Control", "no-cache")
  if (c.req.header("if-none-match") === etag) return c.body(null, 304)
  c.header("Content-Type", path.extname(name) === ".txt" ? "text/plain; charset=utf-8" : "application/octet-stream")
  c.header("Content-Length", String(size))
  if (c.req.method === "HEAD") return c.body(null)
  return c.body(Readable.toWeb(createReadStream(place.where)) as ReadableStream<Uint8Array>)
}
