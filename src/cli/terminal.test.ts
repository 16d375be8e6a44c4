import { expect, test, vi } from "vitest"
import { screenFor } from "./terminal.ts"

/** A stream that remembers what is written. */
function stream(isTTY: boolean): { stream: NodeJS.WriteStream; written: () => string } {
  let text = ""
  const write = (part: string) => {
    text += part
    return true
  }
  return { stream: { isTTY, columns: 60, write } as unknown as NodeJS.WriteStream, written: () => text }
}

test("piped, there is a line when the label changes and then one every five seconds", () => {
  vi.useFakeTimers()
  const { stream: to, written } = stream(false)
  const screen = screenFor(to)
  for (let i = 0; i <= 100; i++) {
    screen.progress("training", i, 100)
    vi.advanceTimersByTime(100)
  }
  screen.progress("testing", 0, 1)
  screen.line("done")
  screen.end()
  vi.useRealTimers()
  expect(written().split("\n")).toEqual([
    "training:   0 %",
    "training:  50 %, 5.0 s left",
    "training: 100 %",
    "testing:   0 %",
    "done",
    "",
  ])
})

test("on a terminal one line is drawn over and over, never wider than the terminal, and is gone at the end", () => {
  vi.useFakeTimers()
  const { stream: to, written } = stream(true)
  const screen = screenFor(to)
  for (let i = 0; i <= 20; i++) {
    screen.progress("training with a rather long label that goes on", i, 20)
    vi.advanceTimersByTime(100)
  }
  screen.line("kept")
  screen.end()
  vi.useRealTimers()
  const drawn = written().split("\r\x1b[2K")
  expect(drawn.at(-1)).toBe("")
  expect(drawn.at(-2)).toBe("kept\n")
  for (const line of drawn) expect(line.length).toBeLessThanOrEqual(60)
  expect(drawn.some((line) => line.includes("━━━━") && line.includes(" 50 %") && line.includes("left"))).toBe(true)
  expect(drawn.some((line) => line.includes("100 %"))).toBe(true)
})
