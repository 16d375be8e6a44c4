import { CajalError } from "../../errors.ts"

const pageBytes = 65536
/** Memory that all WebAssembly here may have: a little under 4 GiB. */
export const mostPages = 65535
/** Blocks start and end at multiples of a cache line. */
const alignment = 64

/** The memory that all tensors and programs of the device share, and who owns which part of it. */
export class Heap {
  readonly memory: WebAssembly.Memory
  /** Free blocks by address, none touching another. */
  readonly #free: { start: number; bytes: number }[] = []
  readonly #sizes = new Map<number, number>()
  #end = alignment
  #used = 0

  /** @param shared whether threads beside this one work in it too */
  constructor(shared = false) {
    this.memory = new WebAssembly.Memory({ initial: 256, maximum: mostPages, shared })
  }

  /** Bytes handed out and not freed. */
  get usedBytes(): number {
    return this.#used
  }

  /** The address of a block of at least `bytes` bytes, aligned to a cache line. */
  allocate(bytes: number): number {
    const size = Math.max(alignment, Math.ceil(bytes / alignment) * alignment)
    const at = this.#bestFit(size) ?? this.#extend(size)
    this.#sizes.set(at, size)
    this.#used += size
    return at
  }

  free(start: number): void {
    const bytes = this.#sizes.get(start)
    if (bytes === undefined) return
    this.#sizes.delete(start)
    this.#used -= bytes
    const i = this.#indexAfter(start)
    const before = this.#free[i - 1]
    const after = this.#free[i]
    const joinsBefore = before !== undefined && before.start + before.bytes === start
    const joinsAfter = after !== undefined && start + bytes === after.start
    if (joinsBefore && joinsAfter) {
      before.bytes += bytes + after.bytes
      this.#free.splice(i, 1)
    } else if (joinsBefore) before.bytes += bytes
    else if (joinsAfter) {
      after.start = start
      after.bytes += bytes
    } else this.#free.splice(i, 0, { start, bytes })
  }

  #bestFit(size: number): number | undefined {
    let best = -1
    for (let i = 0; i < this.#free.length; i++) {
      const { bytes } = this.#free[i]
      if (bytes >= size && (best < 0 || bytes < this.#free[best].bytes)) best = i
    }
    if (best < 0) return undefined
    const block = this.#free[best]
    const at = block.start
    if (block.bytes === size) this.#free.splice(best, 1)
    else {
      block.start += size
      block.bytes -= size
    }
    return at
  }

  #extend(size: number): number {
    const at = this.#end
    const pages = Math.ceil((at + size) / pageBytes)
    const missing = pages - this.memory.buffer.byteLength / pageBytes
    if (missing > 0) {
      const spare = Math.min(Math.max(missing, Math.ceil(pages / 8)), mostPages - pages + missing)
      try {
        this.memory.grow(Math.max(missing, spare))
      } catch {
        throw new CajalError(`out of memory: ${format(size)} more were asked for, ${format(this.#used)} are in use`, {
          hint: "use a smaller batch or network, checkpoint(fn) for long programs, or dispose of tensors that are no longer needed",
        })
      }
    }
    this.#end = at + size
    return at
  }

  /** The first free block that starts after `start`. */
  #indexAfter(start: number): number {
    let low = 0
    let high = this.#free.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#free[middle].start < start) low = middle + 1
      else high = middle
    }
    return low
  }
}

const format = (bytes: number): string =>
  bytes < 2 ** 20 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`
