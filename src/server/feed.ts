import fs from "node:fs/promises"
import path from "node:path"

/** How many bytes of `metrics.jsonl` and of `events.jsonl` have been read. */
export type Position = readonly [metrics: number, events: number]

const files = ["metrics.jsonl", "events.jsonl"] as const
const pieceBytes = 64 * 1024

/**
 * What a run keeps, read at the reader's own pace while the run writes it. Nothing is held between two reads, so that a slow reader
 * costs neither the run nor memory.
 */
export class Feed {
  readonly #folder: string
  #position: Position

  constructor(folder: string, position: Position = [0, 0]) {
    this.#folder = folder
    this.#position = position
  }

  get position(): Position {
    return this.#position
  }

  /** The next events as JSON, whole lines of about 64 kB of each file; empty when there are no more now. */
  async next(): Promise<string[]> {
    const [metrics, events] = await Promise.all(
      files.map((name, i) => linesAt(path.join(this.#folder, name), this.#position[i]!)),
    )
    this.#position = [this.#position[0] + metrics!.bytes, this.#position[1] + events!.bytes]
    return [...metrics!.lines, ...events!.lines]
  }
}

interface Piece {
  readonly lines: string[]
  readonly bytes: number
}
const nothing: Piece = { lines: [], bytes: 0 }

/** Whole lines from `start` on: about a piece, or one line where it is longer. */
async function linesAt(file: string, start: number): Promise<Piece> {
  const handle = await fs.open(file).catch(() => undefined)
  if (handle === undefined) return nothing
  try {
    const { size } = await handle.stat()
    for (let bytes = pieceBytes; start < size; bytes *= 4) {
      const buffer = Buffer.alloc(Math.min(bytes, size - start))
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, start)
      const end = buffer.subarray(0, bytesRead).lastIndexOf("\n") + 1
      if (end > 0) return { lines: buffer.toString("utf8", 0, end - 1).split("\n"), bytes: end }
      if (start + bytesRead >= size || bytesRead === 0) return nothing
    }
    return nothing
  } finally {
    await handle.close()
  }
}
