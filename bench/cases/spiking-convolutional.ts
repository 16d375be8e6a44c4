import { conv2d, maxPool2d, scan } from "../../src/engine/index.ts"
import { crossEntropy } from "../../src/learn/index.ts"
import { leaky, lifState } from "../../src/neuro/index.ts"
import { labelsFor, normals } from "../harness/arrays.ts"
import type { Case } from "../harness/case.ts"
import { descending } from "../harness/work.ts"

const batch = 32

/**
 * One training step of a spiking convolutional network on images of CIFAR-10's shape, batch 32, 4 steps. The image is the current of the first
 * convolution at every step, computed once; then LIF, 2x2 maximum, 3x3 convolution from 32 to 64 channels, LIF, 2x2 maximum, linear to 10 classes.
 * Neuron, readout and loss as in spiking.ts.
 */
const spikingConvolutional: Case = {
  work: "spiking-convolutional",
  title: "spiking convolutional network, training step",
  group: "spiking",
  unit: "ms",
  parameters: { rate: 0.005, steps: 4 },
  inputs: () => ({
    c0: normals(1, [32, 3, 3, 3], 0.6 / Math.sqrt(27)),
    c1: normals(2, [64, 32, 3, 3], 1.2 / Math.sqrt(288)),
    w: normals(3, [4096, 10], 0.03),
    x: normals(4, [batch, 3, 32, 32], 1),
    labels: labelsFor(batch, 10),
  }),
  ours: ({ x, labels, ...model }, { rate, steps }) =>
    descending(
      (m, images, classes) => {
        const drive = conv2d(images, m.c0, { padding: 1 })
        const [, votes] = scan(
          (states) => {
            const [first, s] = leaky(states[0], drive, { decay: 0.9 })
            const [second, r] = leaky(states[1], conv2d(maxPool2d(s, 2), m.c1, { padding: 1 }), { decay: 0.9 })
            return [[first, second], maxPool2d(r, 2).reshape([batch, 4096]).matmul(m.w)]
          },
          [lifState([batch, 32, 32, 32]), lifState([batch, 64, 16, 16])],
          undefined,
          { length: steps },
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

export default [spikingConvolutional]
