/** What the linear memory reads of a sine, a window ago. */
import { legendreReading, legendreStates, legendreSystem } from "../../src/neuro/index.ts"

const period = 40
const [steps, skipped] = [400, 100]

export interface Held {
  /** Root mean square of what is read less what was, over the size of what was. */
  readonly error: number
  readonly read: number[]
  readonly input: number[]
}

export function held(order: number, theta: number, transposed: boolean): Held {
  const input = Array.from({ length: steps }, (_, t) => Math.sin((2 * Math.PI * t) / period))
  const weights = legendreReading(order, 1)
  const read = legendreStates(legendreSystem(order, theta, { transposed }), input).map((m) =>
    m.reduce((sum, x, i) => sum + x * weights[i], 0),
  )
  const delay = Math.round(theta)
  let [off, size] = [0, 0]
  for (let t = skipped; t < steps; t++) {
    off += (read[t] - input[t - delay]) ** 2
    size += input[t - delay] ** 2
  }
  return { error: Math.sqrt(off / size), read, input }
}
