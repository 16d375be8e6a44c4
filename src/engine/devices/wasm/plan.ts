import type { Buffer } from "./views.ts"

const alignment = 64

/**
 * Places the buffers of an arena so that those alive at the same time do not overlap: the largest first, each at the lowest
 * address that is free while it lives.
 * @returns the bytes of the arena
 */
export function planArena(buffers: readonly Buffer[]): number {
  const placed: Buffer[] = []
  let end = 0
  const bySize = buffers
    .filter((b) => b.parameter === undefined && b.first >= 0)
    .sort((a, b) => b.bytes - a.bytes || a.first - b.first)
  for (const buffer of bySize) {
    const rivals = placed
      .filter((other) => other.first <= buffer.last && buffer.first <= other.last)
      .sort((a, b) => a.offset - b.offset)
    let at = 0
    for (const other of rivals) {
      if (at + buffer.bytes <= other.offset) break
      at = Math.max(at, align(other.offset + other.bytes))
    }
    buffer.offset = at
    placed.push(buffer)
    end = Math.max(end, align(at + buffer.bytes))
  }
  return end
}

/** Bytes up to the next line of the cache. */
export const align = (n: number): number => Math.ceil(n / alignment) * alignment
