/** One window as it passes through a network. */
import { classNames } from "./figures.ts"
import { activity, type L2mu, type Population, populations } from "./model.ts"
import type { Passing } from "./pictures.ts"
import { batchOf, type Examples } from "./windows.ts"

/** Signal and spikes of a window, and the class that fires most. */
export function passingOf(net: L2mu, examples: Examples, row: number): { passing: Passing; told: number } {
  const { windows } = batchOf(examples, [row])
  const spikes = activity(net, windows)
  const rows = (x: ArrayLike<number>, width: number): number[][] =>
    Array.from({ length: x.length / width }, (_, t) => Array.from({ length: width }, (_, i) => x[t * width + i]))
  const all = Object.fromEntries(
    populations.map((name) => [name, rows(spikes[name].array(), spikes[name].shape[2])]),
  ) as Record<Population, number[][]>
  const votes = Array.from({ length: net.shape.classes }, (_, i) => all.out.reduce((sum, step) => sum + step[i], 0))
  return {
    passing: { signal: rows(windows.array(), windows.shape[2]), spikes: all, classes: classNames },
    told: votes.indexOf(Math.max(...votes)),
  }
}
