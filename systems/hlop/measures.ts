/** What is measured of a learner: what it knows, how well its lateral neurons describe a task, where its updates go. */
import { eye, jit, Tensor } from "../../src/engine/index.ts"
import { inside, Linear, outside, residualEnergy } from "../../src/learn/index.ts"
import { type Batch, gradientOf, type Learner, type Setting, SpikingNetwork, votes } from "./model.ts"
import { batchOf, type Examples, inverseOf } from "./tasks.ts"

/** The share of test images, all or no more than `most`, that a network recognises when their pixels are in some order, per cent. */
export function evaluator(setting: Setting, examples: Examples, size = 1000) {
  const count = examples.labels.shape[0]
  const batches = Array.from({ length: Math.ceil(count / size) }, (_, i) => {
    const rows = Int32Array.from({ length: Math.min(size, count - i * size) }, (_, j) => i * size + j)
    return batchOf(examples, rows)
  })
  const run = jit(({ layers: [first, ...above] }: SpikingNetwork, { images, labels }: Batch, inverse: Tensor) => {
    // Images in another order through a layer are the images through the layer whose rows are put back in order.
    const network = new SpikingNetwork([new Linear(first.weight.take(inverse)), ...above])
    return votes(network, images, setting).argmax().eq(labels).cast("f32").sum()
  })
  return (network: SpikingNetwork, order: Int32Array, most = count): number => {
    const inverse = Tensor.from({ dtype: "i32", shape: [order.length], data: inverseOf(order) })
    const used = batches.slice(0, Math.ceil(most / size))
    const right = used.reduce((sum, batch) => sum + run(network, batch, inverse).item(), 0)
    return (100 * right) / Math.min(count, used.length * size)
  }
}

/** The share of the energy of examples `[count, inputs]` that rows leave outside, per cent. */
export const residualPercent = jit((x: Tensor, rows: Tensor) => residualEnergy(x, rows).mul(100))

/** How far rows are from orthonormal: max |H Hᵀ - I|. */
export const deviation = jit((rows: Tensor) => rows.matmul(rows.T).sub(eye(rows.shape[0])).abs().max())

/** Of each layer's weight update, the norms inside and outside of the old subspace: `[without projection, with it]` each. */
export const updateNorms = (setting: Setting) =>
  jit(({ network, laterals }: Learner, batch: Batch) => {
    const [, plain] = gradientOf({ network, laterals: [] }, batch, setting)
    const [, kept] = gradientOf({ network, laterals }, batch, setting)
    return laterals.map(({ old }, l) =>
      old === undefined
        ? []
        : [plain, kept].map(({ layers }) => {
            const update = layers[l].weight.T
            return { inside: inside(update, old).norm(), outside: outside(update, old).norm() }
          }),
    )
  })
