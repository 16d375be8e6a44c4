/** One training step of each learning rule, on the network that backpropagation trains beside it: 784-500-500-10, batch 128. */
import { type HostArray, key, Tensor, type Tree } from "../../src/engine/index.ts"
import {
  backpropagation,
  directFeedback,
  feedbackMatrix,
  forwardForward,
  type Headed,
  Identity,
  Linear,
  LocalClassifier,
  learnSubspace,
  monoForward,
  monoForwardAll,
  orthonormal,
  paintLabels,
  projectGradient,
  Rectified,
  readoutAlone,
  SubspaceNeurons,
  wrongLabels,
} from "../../src/learn/index.ts"
import { labelsFor, normals, zerosOf } from "../harness/arrays.ts"
import type { Case, Inputs, Tensors } from "../harness/case.ts"
import { descended, stepping } from "../harness/work.ts"

const [pixels, width, classes, batch, directions] = [784, 500, 10, 128, 100]
const rate = 0.01

const orthonormalRows = (seed: number, inputs: number): HostArray =>
  orthonormal(Tensor.from(normals(seed, [directions, inputs], 1))).host()

const inputs = (): Inputs => ({
  w0: normals(1, [pixels, width], Math.sqrt(2 / pixels)),
  b0: zerosOf([width]),
  w1: normals(2, [width, width], Math.sqrt(2 / width)),
  b1: zerosOf([width]),
  w2: normals(3, [width, classes], Math.sqrt(2 / width)),
  b2: zerosOf([classes]),
  // Readouts of the input and of the first layer, the feedback to it.
  m0: normals(4, [pixels, classes], 1 / 28),
  m1: normals(5, [width, classes], 0.04),
  feedback: feedbackMatrix(key(6), classes, width).host(),
  // Lateral weights at each layer's presynaptic side.
  h0: orthonormalRows(7, pixels),
  h1: orthonormalRows(8, width),
  x: normals(9, [batch, pixels], 1),
  // What the first layer gives, where it is kept.
  kept: normals(10, [batch, width], 1),
  labels: labelsFor(batch, classes),
})

const networkOf = (t: Tensors): Headed<Rectified> => ({
  blocks: [new Rectified(new Linear(t.w0, t.b0)), new Rectified(new Linear(t.w1, t.b1))],
  head: new Linear(t.w2, t.b2),
})

/** The network cut into parts with readouts of their own, the input's first. */
function partsOf(t: Tensors): LocalClassifier[] {
  const { blocks, head } = networkOf(t)
  return [
    new LocalClassifier(new Identity(), new Linear(t.m0)),
    new LocalClassifier(blocks[0], new Linear(t.m1)),
    new LocalClassifier(blocks[1], head),
  ]
}

const sumOf = (losses: readonly Tensor[]): Tensor => losses.reduce((a, b) => a.add(b))

/** @param given the inputs that a step is given, besides what it learns */
const learning = <M extends Tree>(
  title: string,
  given: readonly string[],
  model: (t: Tensors) => M,
  learn: (model: M, t: Tensors) => [next: M, loss: Tensor],
): Case => ({
  work: title,
  title,
  group: "rules",
  unit: "ms",
  parameters: {},
  inputs,
  ours: (t) => stepping(learn, model(t), Object.fromEntries(given.map((name) => [name, t[name]]))),
  compared: 1,
  tolerance: 0,
})

/** Plain gradient descent along what a rule calls the gradient. */
const descending = <M extends Tree>(
  title: string,
  given: readonly string[],
  model: (t: Tensors) => M,
  rule: (model: M, t: Tensors) => readonly [loss: Tensor, gradient: M],
): Case =>
  learning(title, given, model, (from, t) => {
    const [loss, gradient] = rule(from, t)
    return [descended(from, gradient, rate), loss]
  })

const rules: readonly Case[] = [
  descending("backpropagation", ["x", "labels"], networkOf, (network, t) => backpropagation(network, t.x, t.labels)),
  descending(
    "Mono-Forward, readout of the input",
    ["x", "labels"],
    (t) => partsOf(t)[0],
    (part, t) => monoForward(part, t.x, t.labels),
  ),
  descending(
    "Mono-Forward, layer 1",
    ["x", "labels"],
    (t) => partsOf(t)[1],
    (part, t) => monoForward(part, t.x, t.labels),
  ),
  descending(
    "Mono-Forward, layer 2",
    ["kept", "labels"],
    (t) => partsOf(t)[2],
    (part, t) => monoForward(part, t.kept, t.labels),
  ),
  descending("Mono-Forward, all at the same time", ["x", "labels"], partsOf, (parts, t) => {
    const { losses, gradients } = monoForwardAll(parts, t.x, t.labels)
    return [sumOf(losses), [...gradients]]
  }),
  descending(
    "Forward-Forward",
    ["x", "labels"],
    (t) => ({ layers: networkOf(t).blocks.map(({ linear }) => linear), head: new Linear(t.w2) }),
    ({ layers, head }, { x, labels }) => {
      const [right, wrong] = [labels, wrongLabels(key(1), labels, classes)].map((y) => paintLabels(x, y, classes))
      const running = layers.map(({ bias }) => bias!.mul(0).add(0.5))
      const found = forwardForward(layers, right, wrong, running)
      const [loss, gradient] = readoutAlone(head, found.activities[1], labels)
      return [sumOf([...found.losses, loss]), { layers: [...found.gradients], head: gradient }]
    },
  ),
  descending("direct feedback alignment", ["x", "labels", "feedback"], networkOf, (network, t) => {
    const [loss, { blocks, head }] = directFeedback(network, [t.feedback], t.x, t.labels)
    return [loss, { blocks: [...blocks], head }]
  }),
  descending(
    "Cascaded-Forward, all predictors",
    ["x", "labels", "w0", "b0", "w1", "b1", "w2"],
    (t) => [new Linear(t.m1), new Linear(t.w2, t.b2)],
    (readouts, t) => {
      const { blocks } = networkOf(t)
      const first = blocks[0].apply(t.x)
      const found = [first, blocks[1].apply(first)].map((x, i) => readoutAlone(readouts[i], x, t.labels))
      return [sumOf(found.map(([loss]) => loss)), found.map(([, gradient]) => gradient)]
    },
  ),
  descending("backpropagation, projected", ["x", "labels", "h0", "h1"], networkOf, (network, t) => {
    const [loss, { blocks, head }] = backpropagation(network, t.x, t.labels)
    const outside = ({ weight, bias }: Linear, rows: Tensor): Linear => new Linear(projectGradient(weight, rows), bias)
    const hidden = blocks.map(({ linear }, i) => new Rectified(outside(linear, i === 0 ? t.h0 : t.h1)))
    return [loss, { blocks: hidden, head: outside(head, t.h1) }]
  }),
  learning(
    "Hebbian subspaces of both layers",
    ["x", "kept"],
    (t) => [t.h0, t.h1].map((rows) => new SubspaceNeurons(undefined, rows)),
    (groups, t) => {
      const next = groups.map((own, i) => learnSubspace(own, i === 0 ? t.x : t.kept, { rate: 1e-3 }))
      return [next, next[0].velocity.square().sum()]
    },
  ),
]

export default rules
