import { expect, test } from "vitest"
import { hostRandom } from "../../engine/index.ts"
import { wristActivities, wristSizes, wristWindows } from "./wrist.ts"

const { steps, channels, hz } = wristSizes

test("windows of all classes in turn, the same for a seed", () => {
  const { windows, labels } = wristWindows(hostRandom(3), 15)
  expect(windows.shape).toEqual([15, steps, channels])
  expect([...labels.subarray(0, 8)]).toEqual([0, 1, 2, 3, 4, 5, 6, 0])
  expect(wristWindows(hostRandom(3), 15).windows.data).toEqual(windows.data)
  expect(wristWindows(hostRandom(4), 15).windows.data).not.toEqual(windows.data)
  expect(() => wristWindows(hostRandom(3), 0)).toThrow(/1 window or more/)
})

/** Power of a window's channel at a frequency. */
function power(series: readonly number[], at: number): number {
  const sum = (f: (x: number) => number) => series.reduce((s, x, t) => s + x * f((2 * Math.PI * at * t) / hz), 0)
  return (sum(Math.cos) ** 2 + sum(Math.sin) ** 2) / series.length
}

test("typing is at 6.5 Hz, writing at 3.8 Hz", () => {
  const { windows, labels } = wristWindows(hostRandom(5), 210, 0)
  for (const [name, own, other] of [
    ["typing", 6.5, 3.8],
    ["writing", 3.8, 6.5],
  ] as const) {
    const label = wristActivities.findIndex((activity) => activity.name === name)
    const ratios = [...labels].flatMap((l, i) => {
      if (l !== label) return []
      const series = Array.from({ length: steps }, (_, t) => windows.data[(i * steps + t) * channels] as number)
      return [power(series, own) / power(series, other)]
    })
    expect(ratios.filter((ratio) => ratio > 1).length).toBeGreaterThan(0.9 * ratios.length)
  }
})

test("pairs differ in which sensor leads: the first axes of both are a quarter of a turn apart, one way or the other", () => {
  const { windows, labels } = wristWindows(hostRandom(7), 420, 0)
  const turn = (name: string): number => {
    const label = wristActivities.findIndex((activity) => activity.name === name)
    let sum = 0
    for (const [i, l] of labels.entries()) {
      if (l !== label) continue
      for (let t = 1; t < steps; t++) {
        const at = (c: number, s: number): number => windows.data[(i * steps + s) * channels + c] as number
        sum += at(0, t) * (at(3, t) - at(3, t - 1)) - at(3, t) * (at(0, t) - at(0, t - 1))
      }
    }
    return Math.sign(sum)
  }
  expect(turn("writing")).toBe(-turn("brushing teeth"))
  expect(turn("dribbling")).toBe(-turn("clapping"))
})
