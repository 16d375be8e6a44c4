import { asEvents, scan, type Tensor, zeros } from "../../src/engine/index.ts"
import { crossEntropy } from "../../src/learn/index.ts"
import { leaky, lifState } from "../../src/neuro/index.ts"
import { labelsFor, normals, spikes } from "../harness/arrays.ts"
import type { Case } from "../harness/case.ts"
import { descending } from "../harness/work.ts"

const density = 0.03
const batch = 64

/**
 * One training step of a recurrent network, 700 inputs at 3 % density, 256 LIF neurons, 20 classes, batch 64, 100 steps:
 *   I[t] = x[t] · w0 + s[t-1] · r;   neuron, readout and loss as in spiking.ts.
 */
const recurrent: Case = {
  work: "recurrent",
  title: "recurrent LIF 700-256-20, training step",
  group: "spiking",
  unit: "ms",
  parameters: { rate: 0.1, density },
  inputs: () => ({
    w0: normals(1, [700, 256], 0.3 / Math.sqrt(700 * density)),
    r: normals(2, [256, 256], 0.3 / Math.sqrt(256)),
    w1: normals(3, [256, 20], 0.3),
    x: spikes(4, [100, batch, 700], density),
    labels: labelsFor(batch, 20),
  }),
  ours: ({ x, labels, ...model }, { rate }) =>
    descending(
      (m, input, classes) => {
        const [, votes] = scan(
          (carry, now: Tensor) => {
            const current = now.matmul(m.w0).add(carry.s.matmul(m.r))
            const [state, s] = leaky(carry.state, current, { decay: 0.9 })
            return [{ state, s }, s.matmul(m.w1)]
          },
          { state: lifState([batch, 256]), s: asEvents(zeros([batch, 256])) },
          asEvents(input),
        )
        return crossEntropy(votes.mean(0), classes)
      },
      rate,
      model,
      x,
      labels,
    ),
  compared: 3,
  tolerance: 1e-2,
}

export default [recurrent]
