/** A download to a file: streamed to a temporary name, its length and checksum verified, then renamed. Node only. */
import { createHash, randomUUID } from "node:crypto"
import { mkdir, open, rename, rm } from "node:fs/promises"
import { dirname, join } from "node:path"
import { CajalError } from "../engine/errors.ts"
import type { DataFile, ReadOptions } from "./files.ts"

interface DownloadOptions extends ReadOptions {
  fetcher: typeof fetch
  /** How long the connection may stand still, in milliseconds. */
  idleTimeoutMs: number
}

/**
 * Downloads `file` to `target`, trying its addresses in order.
 * @returns undefined when the file is there, else why no address could be reached
 * @throws CajalError when an address served something else than the official file, or `target` cannot be written
 */
export async function download(file: DataFile, target: string, options: DownloadOptions): Promise<string | undefined> {
  const failures: string[] = []
  for (const url of file.urls) {
    const failure = await downloadFrom(url, file, target, options)
    if (failure === undefined) return undefined
    failures.push(failure)
  }
  return `it could not be downloaded (${failures.join("; ")})`
}

async function downloadFrom(
  url: string,
  file: DataFile,
  target: string,
  options: DownloadOptions,
): Promise<string | undefined> {
  const idle = new AbortController()
  let timer = setTimeout(() => idle.abort(), options.idleTimeoutMs)
  const stillAlive = () => {
    clearTimeout(timer)
    timer = setTimeout(() => idle.abort(), options.idleTimeoutMs)
  }
  const signal = options.signal === undefined ? idle.signal : AbortSignal.any([idle.signal, options.signal])
  try {
    const response = await options.fetcher(url, { signal })
    if (!response.ok || response.body === null) return `${url}: HTTP ${response.status}`
    stillAlive()
    await writeVerified(response.body, url, file, target, { ...options, onChunk: stillAlive })
    return undefined
  } catch (error) {
    options.signal?.throwIfAborted()
    if (error instanceof CajalError) throw error
    if (idle.signal.aborted) return `${url}: no answer within ${options.idleTimeoutMs / 1000} s`
    const cause = (error as Error).cause
    return `${url}: ${cause instanceof Error ? cause.message : (error as Error).message}`
  } finally {
    clearTimeout(timer)
  }
}

async function writeVerified(
  body: ReadableStream<Uint8Array>,
  url: string,
  file: DataFile,
  target: string,
  options: ReadOptions & { onChunk: () => void },
): Promise<void> {
  const temporary = join(dirname(target), `.${randomUUID()}.part`)
  const hash = createHash("sha256")
  let received = 0
  const out = await writing(target, async () => {
    await mkdir(dirname(target), { recursive: true })
    return open(temporary, "wx")
  })
  try {
    for await (const chunk of body) {
      options.onChunk()
      received += chunk.length
      if (file.bytes !== undefined && received > file.bytes) break
      hash.update(chunk)
      await writing(target, () => out.writeFile(chunk))
      options.onProgress?.(`downloading ${file.path}`, received, file.bytes)
    }
    if (file.bytes !== undefined && received !== file.bytes) {
      throw wrongFile(url, `${file.bytes} bytes`, received > file.bytes ? "more" : `${received} bytes`)
    }
    const sha256 = hash.digest("hex")
    if (file.sha256 !== undefined && sha256 !== file.sha256) throw wrongFile(url, `SHA-256 ${file.sha256}`, sha256)
    await writing(target, async () => {
      await out.sync()
      await out.close()
      await rename(temporary, target)
    })
  } catch (error) {
    await out.close().catch(() => undefined)
    await rm(temporary, { force: true })
    throw error
  }
}

async function writing<T>(target: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw new CajalError(`cannot write to the cache: ${(error as Error).message}`, {
      where: target,
      hint: "free some space, or name another folder with CAJAL_CACHE",
      cause: error,
    })
  }
}

const wrongFile = (url: string, expected: string, found: string) =>
  new CajalError(`the download is not the official file: expected ${expected}, found ${found}`, {
    where: url,
    hint: "try again; if it stays, get the file from its official page and put it in the folder CAJAL_DATA names",
  })
