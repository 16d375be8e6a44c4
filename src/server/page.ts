/** The built page: few files, held in memory, each compressed once. What is not among them does not exist, whatever a path says. */
import { createHash } from "node:crypto"
import fs from "node:fs"
import path from "node:path"
import { promisify } from "node:util"
import { brotliCompress, constants, gzip } from "node:zlib"
import type { Context } from "hono"
import { CajalError } from "../engine/errors.ts"

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".xml": "application/atom+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
}
const compressible = new Set([".html", ".js", ".css", ".json", ".svg", ".txt"])

type Encoding = "br" | "gzip"

interface PageFile {
  readonly bytes: Buffer
  readonly type: string
  readonly etag: string
  readonly cache: string
  readonly isCompressible: boolean
  readonly packed: Map<Encoding, Promise<Buffer>>
}

const pack: Readonly<Record<Encoding, (bytes: Buffer) => Promise<Buffer>>> = {
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } }),
  gzip: (bytes) => promisify(gzip)(bytes),
}

/**
 * The files under `folder`, by address: `/` is `index.html`.
 * @throws CajalError when it holds no page
 */
export function readPage(folder: string): ReadonlyMap<string, PageFile> {
  if (!fs.existsSync(path.join(folder, "index.html")))
    throw new CajalError("there is no built page in this folder", { where: folder, hint: "npm run web builds one" })
  const names = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const files = names.map(({ parentPath, name }): [string, PageFile] => {
    const file = path.join(parentPath, name)
    const address = `/${path.relative(folder, file).replaceAll(path.sep, "/")}`
    return [address === "/index.html" ? "/" : address, readFile(file, address)]
  })
  return new Map(files)
}

function readFile(file: string, address: string): PageFile {
  const bytes = fs.readFileSync(file)
  const extension = path.extname(file)
  return {
    bytes,
    type: types[extension] ?? "application/octet-stream",
    etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 20)}"`,
    // The build names these by their content.
    cache: address.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
    isCompressible: compressible.has(extension) && bytes.length > 500,
    packed: new Map(),
  }
}

/** A file of the page as an answer. */
export async function pageAnswer(c: Context, file: PageFile): Promise<Response> {
  c.header("Cache-Control", file.cache)
  c.header("ETag", file.etag)
  c.header("Vary", "Accept-Encoding")
  if (c.req.header("if-none-match") === file.etag) return c.body(null, 304)
  c.header("Content-Type", file.type)
  const encoding = file.isCompressible ? encodingFor(c.req.header("accept-encoding") ?? "") : undefined
  if (encoding === undefined) return c.body(new Uint8Array(file.bytes))
  c.header("Content-Encoding", encoding)
  const packed = file.packed.get(encoding) ?? pack[encoding](file.bytes)
  file.packed.set(encoding, packed)
  return c.body(new Uint8Array(await packed))
}

const encodingFor = (accepted: string): Encoding | undefined =>
  (["br", "gzip"] as const).find((name) =>
    new RegExp(`(^|[\\s,])${name}\\s*(,|;(?!\\s*q=0(\\.0*)?\\s*(,|$))|$)`).test(accepted),
  )
