/** Where the bytes of a dataset come from. The loaders know only this interface; Node and the browser each fill it. */
import { CajalError } from "../engine/errors.ts"

/** One file of a dataset. */
export interface DataFile {
  /** Its place under the data folder and under the cache, e.g. `mnist/train-images-idx3-ubyte.gz`. */
  readonly path: string
  /** Where it can be downloaded, tried in order. Empty: it is only ever found, never downloaded. */
  readonly urls: readonly string[]
  /** Length of the official file in bytes. */
  readonly bytes?: number
  /** SHA-256 of the official file, in hexadecimal. A download or a cached file must have it; a file of the user's own need not. */
  readonly sha256?: string
}

/** Where data came from: the user's data folder, the cache, a download just made, or a generator of ours. */
export type Origin = "file" | "cache" | "download" | "stand-in"

export interface FoundFile {
  readonly bytes: Uint8Array
  readonly origin: Exclude<Origin, "stand-in">
  /** The path or address it was read from: what error messages name. */
  readonly where: string
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
  /** Called during a download. `total` is undefined when the server does not tell. */
  readonly onProgress?: ((label: string, doneBytes: number, totalBytes: number | undefined) => void) | undefined
}

export interface FileSource {
  /** Where the file lies already, without reading or downloading it. */
  locate(file: DataFile): Promise<{ origin: "file" | "cache"; where: string } | undefined>
  /**
   * The whole file.
   * @throws DataUnavailable when it is nowhere and cannot be downloaded; CajalError when what was found is damaged
   */
  read(file: DataFile, options?: ReadOptions): Promise<FoundFile>
}

/** Data that is neither here nor to be had: the one error that a stand-in may answer. */
export class DataUnavailable extends CajalError {
  constructor(message: string, options: { hint?: string; where?: string; cause?: unknown } = {}) {
    super(message, options)
    this.name = "DataUnavailable"
  }
}

/** An error about a damaged file: names the file, what was expected and what was found. */
export const damaged = (where: string, expected: string, found: string, cause?: unknown): CajalError =>
  new CajalError(`damaged data file: expected ${expected}, found ${found}`, {
    where,
    hint: "delete the file and get it again (cajal data get), or point CAJAL_DATA at a folder with a whole copy",
    cause,
  })

/** The origin to report for data made of several files: the farthest one. */
export const farthestOrigin = (files: readonly FoundFile[]): Exclude<Origin, "stand-in"> =>
  (["download", "cache"] as const).find((origin) => files.some((file) => file.origin === origin)) ?? "file"
