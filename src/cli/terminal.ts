import { formatDuration } from "../view/numbers.ts"

/** How wide tables and lines may be. */
export const terminalWidth = (): number => Math.max(60, Math.min(process.stdout.columns || 100, 160))

/** Where a run's progress is shown while it goes on. */
export interface Screen {
  progress(label: string, done: number, total: number): void
  /** A line that stays. */
  line(text: string): void
  /** Removes what does not stay. */
  end(): void
}

/** A live line on a terminal, one line every few seconds elsewhere. */
export const screenFor = (stream: NodeJS.WriteStream): Screen =>
  stream.isTTY && process.env.TERM !== "dumb" ? liveScreen(stream) : plainScreen(stream)

const redrawMs = 80
const barWidth = 24

function liveScreen(stream: NodeJS.WriteStream): Screen {
  const clock = new RemainingTime()
  let drawn = 0
  const clear = () => stream.write("\r\x1b[2K")
  return {
    progress(label, done, total) {
      const left = clock.left(label, done, total)
      if (performance.now() - drawn < redrawMs && done < total) return
      drawn = performance.now()
      const share = total > 0 ? Math.min(1, done / total) : 0
      const filled = Math.round(share * barWidth)
      const bar = "━".repeat(filled) + "─".repeat(barWidth - filled)
      const text = ` ${bar} ${percent(share)}  ${left}`
      clear()
      stream.write(label.slice(0, Math.max(0, (stream.columns || 80) - text.length - 1)) + text)
    },
    line(text) {
      clear()
      stream.write(`${text}\n`)
    },
    end: clear,
  }
}

const plainEveryMs = 5000

function plainScreen(stream: NodeJS.WriteStream): Screen {
  const clock = new RemainingTime()
  let lastLabel = ""
  let written = performance.now()
  return {
    progress(label, done, total) {
      const left = clock.left(label, done, total)
      if (label === lastLabel && performance.now() - written < plainEveryMs) return
      const share = total > 0 ? Math.min(1, done / total) : 0
      stream.write(`${label}: ${percent(share)}${left === "" ? "" : `, ${left}`}\n`)
      lastLabel = label
      written = performance.now()
    },
    line: (text) => void stream.write(`${text}\n`),
    end: () => {},
  }
}

const percent = (share: number): string => `${Math.floor(share * 100)} %`.padStart(5)

/** Guesses the time left from the pace since a label first showed. */
class RemainingTime {
  #label = ""
  #startedAt = 0
  #startedDone = 0

  left(label: string, done: number, total: number): string {
    const now = performance.now()
    if (label !== this.#label || done < this.#startedDone) {
      this.#label = label
      this.#startedAt = now
      this.#startedDone = done
    }
    const gained = done - this.#startedDone
    if (gained <= 0 || done >= total || now - this.#startedAt < 500) return ""
    return `${formatDuration(Math.ceil((((now - this.#startedAt) / gained) * (total - done)) / 1000) * 1000)} left`
  }
}
