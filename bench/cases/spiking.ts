import { asEvents, scan, type Tensor } from "../../src/engine/index.ts"
import { crossEntropy } from "../../src/learn/index.ts"
import { atan, leaky, lifState, type Surrogate, triangle } from "../../src/neuro/index.ts"
import { labelsFor, normals, spikes } from "../harness/arrays.ts"
import type { Case, Tensors } from "../harness/case.ts"
import { calling, descending } from "../harness/work.ts"

/**
 * Every network of this group is made of the same neuron:
 *   u[t] = 0.9 v[t-1] + I[t];   s[t] = (u[t] >= 1);   v[t] = u[t] - s[t];   ds/du = max(0, 1 - |u - 1|)
 * with the reset part of the gradient. The readout is linear, and the logits are its mean over time.
 */
const neuron = { decay: 0.9, threshold: 1 }

/** Weights such that the input current has about the same deviation at any density of the input. */
const inputWeights = (seed: number, from: number, to: number, density: number) =>
  normals(seed, [from, to], 0.3 / Math.sqrt(from * density))

/** The logits `[batch, classes]` of input spikes `[time, batch, inputs]`. */
function logits(m: Tensors, input: Tensor, surrogate: Surrogate): Tensor {
  const [, votes] = scan(
    (state, x: Tensor) => {
      const [next, s] = leaky(state, x.matmul(m.w0), { ...neuron, surrogate })
      return [next, s.matmul(m.w1)]
    },
    lifState([input.shape[1], m.w0.shape[1]]),
    asEvents(input),
  )
  return votes.mean(0)
}

/** Batch 128, 25 steps. */
const trainingStep = (density: number, slope?: number): Case => ({
  work: slope === undefined ? "spiking" : "spiking-arctan",
  title: `LIF 784-512-10, ${100 * density} % input${slope === undefined ? "" : ", arctangent"}, training step`,
  group: "spiking",
  unit: "ms",
  parameters: { density, rate: 0.1 },
  inputs: () => ({
    w0: inputWeights(1, 784, 512, density),
    w1: normals(2, [512, 10], 0.3),
    x: spikes(3, [25, 128, 784], density),
    labels: labelsFor(128, 10),
  }),
  ours: ({ x, labels, ...model }, { rate }) =>
    descending(
      (m, input, classes) => crossEntropy(logits(m, input, slope === undefined ? triangle() : atan(slope)), classes),
      rate,
      model,
      x,
      labels,
    ),
  compared: 3,
  // snnTorch leaves a part of the reset out of the gradient where a neuron is at twice its threshold.
  tolerance: 2e-2,
})

/** One example, 25 steps, forwards only. */
const inference: Case = {
  work: "spiking-inference",
  title: "LIF 784-512-10, 10 % input, inference of one",
  group: "spiking",
  unit: "ms",
  parameters: { density: 0.1 },
  inputs: () => ({
    w0: inputWeights(1, 784, 512, 0.1),
    w1: normals(2, [512, 10], 0.3),
    x: spikes(3, [25, 1, 784], 0.1),
  }),
  ours: ({ x, ...model }) => calling((m: Tensors, input: Tensor) => [logits(m, input, triangle())], model, x),
  compared: 1,
  tolerance: 5e-3,
}

export default [trainingStep(0.02), trainingStep(0.1), trainingStep(0.3), trainingStep(0.1, 2), inference]
