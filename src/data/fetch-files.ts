/** A source of data files for the browser: files served over HTTP under one address. */
import type { DataFile, FileSource, FoundFile, ReadOptions } from "./files.ts"
import { DataUnavailable } from "./files.ts"

/**
 * Files served under `baseUrl`, e.g. `/data/` of the page's own server. The browser's HTTP cache is the cache.
 * @param fetcher the `fetch` to use; the global one by default
 */
export function fetchFiles(baseUrl: string, fetcher: typeof fetch = fetch): FileSource {
  const addressOf = (file: DataFile) => `${baseUrl.replace(/\/$/, "")}/${file.path}`
  return {
    async locate(file) {
      const where = addressOf(file)
      const response = await fetcher(where, { method: "HEAD" }).catch(() => undefined)
      return response?.ok ? { origin: "file", where } : undefined
    },
    async read(file, options: ReadOptions = {}): Promise<FoundFile> {
      const where = addressOf(file)
      try {
        const response = await fetcher(where, { signal: options.signal ?? null })
        if (!response.ok)
          throw new DataUnavailable(`the server has no ${file.path} (HTTP ${response.status})`, { where })
        return { bytes: new Uint8Array(await response.arrayBuffer()), origin: "file", where }
      } catch (error) {
        options.signal?.throwIfAborted()
        if (error instanceof DataUnavailable) throw error
        throw new DataUnavailable(`could not fetch ${file.path}: ${(error as Error).message}`, { where, cause: error })
      }
    },
  }
}
