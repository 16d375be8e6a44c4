/** The source of data files in Node: the `CAJAL_DATA` folder, then the cache, then a download that is checked and kept. */
import { createHash } from "node:crypto"
import { readFile, stat } from "node:fs/promises"
import { homedir } from "node:os"
import { join, resolve } from "node:path"
import { CajalError } from "../engine/errors.ts"
import { download } from "./download.ts"
import type { DataFile, FileSource, FoundFile, ReadOptions } from "./files.ts"
import { DataUnavailable, damaged } from "./files.ts"

export interface NodeFilesOptions {
  /** The user's data folder. Default: the environment variable `CAJAL_DATA`. */
  dataFolder?: string | undefined
  /** Where downloads are kept. Default: {@link cacheFolder}. */
  cacheFolder?: string
  /** Never use the network. Default: whether the environment variable `CAJAL_OFFLINE` is set to something but `0`. */
  offline?: boolean
  /** The `fetch` to use; the global one by default. */
  fetcher?: typeof fetch
  /** How long a download may stand still, in milliseconds. Default 10,000. */
  idleTimeoutMs?: number
}

type Environment = Record<string, string | undefined>

/** Where downloads are kept: `CAJAL_CACHE`, else `cajal` in `XDG_CACHE_HOME`, else `~/.cache/cajal`. */
export function cacheFolder(environment: Environment = process.env): string {
  if (environment.CAJAL_CACHE) return resolve(environment.CAJAL_CACHE)
  return join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "cajal")
}

/** The data files of this machine. */
export function nodeFiles(options: NodeFilesOptions = {}): FileSource {
  const dataFolder = "dataFolder" in options ? options.dataFolder : process.env.CAJAL_DATA || undefined
  const cache = options.cacheFolder ?? cacheFolder()
  const offline = options.offline ?? !["", "0", undefined].includes(process.env.CAJAL_OFFLINE)

  const locate: FileSource["locate"] = async (file) => {
    if (dataFolder !== undefined) {
      await checkDataFolder(dataFolder)
      const where = join(dataFolder, file.path)
      if (await isFile(where)) return { origin: "file", where }
    }
    const where = join(cache, file.path)
    return (await isFile(where)) ? { origin: "cache", where } : undefined
  }

  const read = async (file: DataFile, readOptions: ReadOptions = {}): Promise<FoundFile> => {
    readOptions.signal?.throwIfAborted()
    const place = await locate(file)
    if (place === undefined) {
      if (file.urls.length === 0) throw unavailable(file, dataFolder, cache, "it has no official download")
      if (offline) throw unavailable(file, dataFolder, cache, "downloads are switched off")
      const target = join(cache, file.path)
      const { fetcher = fetch, idleTimeoutMs = 10_000 } = options
      const failures = await download(file, target, { ...readOptions, fetcher, idleTimeoutMs })
      if (failures !== undefined) throw unavailable(file, dataFolder, cache, failures)
      return { bytes: await readWhole(target), origin: "download", where: target }
    }
    const bytes = await readWhole(place.where)
    if (place.origin === "cache") checkCached(file, bytes, place.where)
    return { bytes, ...place }
  }

  return { locate, read }
}

const unavailable = (file: DataFile, dataFolder: string | undefined, cache: string, reason: string) =>
  new DataUnavailable(`the data file ${file.path} is not on this machine, and ${reason}`, {
    where: [dataFolder && `CAJAL_DATA ${dataFolder}`, `cache ${cache}`].filter(Boolean).join(", "),
    hint: `connect to the network, or put the file at ${join(dataFolder ?? "FOLDER", file.path)}${dataFolder === undefined ? " and set CAJAL_DATA=FOLDER" : ""}`,
  })

// The cache is ours: what lies there was whole when it was put there, so anything else is damage.
function checkCached(file: DataFile, bytes: Uint8Array, where: string): void {
  if (file.bytes !== undefined && bytes.length !== file.bytes) {
    throw damaged(where, `${file.bytes} bytes`, `${bytes.length} bytes`)
  }
  if (file.sha256 === undefined) return
  const sha256 = createHash("sha256").update(bytes).digest("hex")
  if (sha256 !== file.sha256) throw damaged(where, `SHA-256 ${file.sha256}`, sha256)
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new CajalError(`cannot read a data file: ${(error as Error).message}`, { where: path, cause: error })
  }
}

const isFile = async (path: string) => (await stat(path).catch(() => undefined))?.isFile() ?? false

async function checkDataFolder(folder: string): Promise<void> {
  if ((await stat(folder).catch(() => undefined))?.isDirectory()) return
  throw new CajalError("CAJAL_DATA does not name a folder", {
    where: folder,
    hint: "set it to a folder that holds mnist/, cifar10/ and the like, or unset it",
  })
}
