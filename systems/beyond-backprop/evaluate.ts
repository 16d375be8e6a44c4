/** What a model makes of examples that are too many for one batch. */
import { takeRows } from "../../src/data/index.ts"
import { disposeTree, jit, key, Tensor, type Tree } from "../../src/engine/index.ts"
import { type Applied, crossEntropy, Identity } from "../../src/learn/index.ts"
import type { Examples } from "./data.ts"
import type { Batch } from "./model.ts"

const chunk = 500

export const batchOf = ({ images, labels }: Examples, rows: Int32Array, seed = 0): Batch => ({
  images: Tensor.from(takeRows(images, rows)),
  labels: Tensor.from(takeRows(labels, rows)),
  key: key(seed),
})

/** The first examples, or all there are. */
export const firstBatch = (examples: Examples, count: number, seed = 0): Batch =>
  batchOf(examples, rowsFrom(0, Math.min(count, examples.labels.shape[0])), seed)

const rowsFrom = (from: number, to: number): Int32Array => Int32Array.from({ length: to - from }, (_, i) => from + i)

function* chunksOf(examples: Examples): Generator<Batch> {
  const count = examples.labels.shape[0]
  for (let from = 0; from < count; from += chunk) {
    const batch = batchOf(examples, rowsFrom(from, Math.min(count, from + chunk)))
    yield batch
    disposeTree(batch)
  }
}

/** Mean cross-entropy of the last, and the share in per cent that each of a model's predictions gets right. */
export function evaluator<M extends Tree>(predictions: (model: M, images: Tensor) => readonly Tensor[]) {
  const run = jit((model: M, images: Tensor, labels: Tensor) => {
    const all = predictions(model, images)
    const hits = all.map((logits) => logits.argmax().eq(labels).cast("f32").sum())
    return [crossEntropy(all[all.length - 1], labels).mul(labels.size), ...hits]
  })
  const evaluate = (model: M, examples: Examples): { loss: number; accuracies: number[] } => {
    const count = examples.labels.shape[0]
    let sums: number[] = []
    for (const { images, labels } of chunksOf(examples)) {
      const found = run(model, images, labels)
      sums = found.map((x, i) => x.item() + (sums[i] ?? 0))
      disposeTree(found)
    }
    const [loss, ...hits] = sums
    return { loss: loss / count, accuracies: hits.map((n) => (100 * n) / count) }
  }
  return Object.assign(evaluate, { dispose: run.dispose })
}

/** What each of a model's predictions gets right of the examples, per cent. */
export function accuraciesOf<M extends Tree>(
  predictions: (model: M, images: Tensor) => readonly Tensor[],
  model: M,
  examples: Examples,
): number[] {
  const evaluate = evaluator(predictions)
  const { accuracies } = evaluate(model, examples)
  evaluate.dispose()
  return accuracies
}

/** Examples as they are behind a layer. */
export function through(layer: Applied, examples: Examples): Examples {
  if (layer instanceof Identity) return examples
  const run = jit((own: Applied, x: Tensor) => own.apply(x))
  const count = examples.labels.shape[0]
  const data: Float32Array[] = []
  let shape: readonly number[] = []
  for (const { images } of chunksOf(examples)) {
    const y = run(layer, images)
    shape = y.shape.slice(1)
    data.push(y.array() as Float32Array)
    y.dispose()
  }
  run.dispose()
  const whole = new Float32Array(data.reduce((n, part) => n + part.length, 0))
  data.forEach((part, i) => {
    whole.set(part, i * data[0].length)
  })
  return { images: { dtype: "f32", shape: [count, ...shape], data: whole }, labels: examples.labels }
}
