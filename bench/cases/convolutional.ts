import { conv2d, maxPool2d } from "../../src/engine/index.ts"
import { crossEntropy } from "../../src/learn/index.ts"
import { labelsFor, normals, zerosOf } from "../harness/arrays.ts"
import type { Case } from "../harness/case.ts"
import { descending } from "../harness/work.ts"

/**
 * One training step on images of CIFAR-10's shape, batch 32: 3x3 convolution to 32 channels, ReLU, 2x2 maximum; the same to 64 channels; linear
 * to 10 classes. Same padding, cross-entropy, plain gradient descent.
 */
const convolutional: Case = {
  work: "convolutional",
  title: "convolutional network, training step",
  group: "dense",
  unit: "ms",
  parameters: { rate: 0.005 },
  inputs: () => ({
    c0: normals(1, [32, 3, 3, 3], Math.sqrt(2 / 27)),
    d0: zerosOf([32]),
    c1: normals(2, [64, 32, 3, 3], Math.sqrt(2 / 288)),
    d1: zerosOf([64]),
    w: normals(3, [4096, 10], Math.sqrt(1 / 4096)),
    b: zerosOf([10]),
    x: normals(4, [32, 3, 32, 32], 1),
    labels: labelsFor(32, 10),
  }),
  ours: ({ x, labels, ...model }, { rate }) =>
    descending(
      (m, images, classes) => {
        const first = conv2d(images, m.c0, { padding: 1 })
          .add(m.d0.reshape([1, 32, 1, 1]))
          .relu()
        const second = conv2d(maxPool2d(first, 2), m.c1, { padding: 1 })
          .add(m.d1.reshape([1, 64, 1, 1]))
          .relu()
        return crossEntropy(maxPool2d(second, 2).reshape([32, 4096]).matmul(m.w).add(m.b), classes)
      },
      rate,
      model,
      x,
      labels,
    ),
  compared: 3,
  tolerance: 1e-3,
}

export default [convolutional]
