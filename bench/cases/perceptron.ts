import { crossEntropy } from "../../src/learn/index.ts"
import { labelsFor, normals, zerosOf } from "../harness/arrays.ts"
import type { Case } from "../harness/case.ts"
import { descending } from "../harness/work.ts"

/** One training step of a 784-512-512-10 perceptron with ReLU, batch 128: cross-entropy, all gradients, plain gradient descent. */
const perceptron: Case = {
  work: "perceptron",
  title: "MLP 784-512-512-10, training step",
  group: "dense",
  unit: "ms",
  parameters: { rate: 0.1 },
  inputs: () => ({
    w0: normals(1, [784, 512], Math.sqrt(2 / 784)),
    b0: zerosOf([512]),
    w1: normals(2, [512, 512], Math.sqrt(2 / 512)),
    b1: zerosOf([512]),
    w2: normals(3, [512, 10], Math.sqrt(2 / 512)),
    b2: zerosOf([10]),
    x: normals(4, [128, 784], 1),
    labels: labelsFor(128, 10),
  }),
  ours: ({ x, labels, ...model }, { rate }) =>
    descending(
      (m, images, classes) => {
        const first = images.matmul(m.w0).add(m.b0).relu()
        const second = first.matmul(m.w1).add(m.b1).relu()
        return crossEntropy(second.matmul(m.w2).add(m.b2), classes)
      },
      rate,
      model,
      x,
      labels,
    ),
  compared: 3,
  tolerance: 1e-3,
}

export default [perceptron]
