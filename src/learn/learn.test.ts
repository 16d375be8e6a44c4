import { expect, test } from "vitest"
import {
  flatten,
  type HostArray,
  jit,
  key,
  mapTree,
  normal,
  scalar,
  type Tensor,
  tensor,
  valueAndGrad,
} from "../engine/index.ts"
import { fromArrays, toArrays } from "./checkpoint.ts"
import { embedding } from "./layers/embedding.ts"
import { type Linear, linear } from "./layers/linear.ts"
import { batchNorm, layerNorm, rmsNorm, runningStatistics, updateStatistics } from "./layers/norm.ts"
import { accuracy, binaryCrossEntropy, crossEntropy, meanSquaredError } from "./losses.ts"
import { adamState, adamw, clipByGlobalNorm } from "./optimisers/adam.ts"
import { sgd, sgdState } from "./optimisers/sgd.ts"
import { cosineRate, linearRate, steppedRate } from "./schedules.ts"
import { type Snapshot, type TrainingEvent, type TrainingPlan, train } from "./training.ts"

test("cross entropy and accuracy against numbers worked out by hand", () => {
  const logits = tensor([
    [2, 0, 1],
    [0, 3, 0],
  ])
  const labels = tensor([0, 2], { dtype: "i32" })
  const by = (row: number[], i: number) => Math.log(row.reduce((s, x) => s + Math.exp(x), 0)) - row[i]
  expect(crossEntropy(logits, labels).item()).toBeCloseTo((by([2, 0, 1], 0) + by([0, 3, 0], 2)) / 2, 5)
  expect(accuracy(logits, labels).item()).toBe(0.5)
  expect(crossEntropy(tensor([[1000, 0]]), tensor([1], { dtype: "i32" })).item()).toBeCloseTo(1000)
  expect(() => crossEntropy(logits, tensor([1], { dtype: "i32" }))).toThrow(/\[batch, classes\]/)
  const y = [0.3, -2]
  const expected = (-Math.log(1 / (1 + Math.exp(-y[0]))) - Math.log(1 - 1 / (1 + Math.exp(-y[1])))) / 2
  expect(binaryCrossEntropy(tensor(y), tensor([1, 0])).item()).toBeCloseTo(expected, 5)
})

test("norms give mean 0 and variance 1 over their axes", () => {
  const x = normal(key(1), [8, 6, 5]).mul(3).add(2)
  const check = (y: Tensor, axes: number | number[]) => {
    for (const m of y.mean(axes).array()) expect(m).toBeCloseTo(0, 4)
    for (const v of y.variance(axes).array()) expect(v).toBeCloseTo(1, 2)
  }
  check(layerNorm(5).apply(x), -1)
  check(batchNorm(6).apply(x), [0, 2])
  for (const v of rmsNorm(5).apply(x).square().mean(-1).array()) expect(v).toBeCloseTo(1, 4)
  const running = updateStatistics(runningStatistics(6), batchNorm(6).statistics(x), 1)
  check(batchNorm(6).apply(x, running), [0, 2])
})

test("embedding takes rows, linear layers say what they were given", () => {
  const e = embedding(5, 3, key(1))
  expect(e.apply(tensor([[4, 0]], { dtype: "i32" })).toList()).toEqual([
    [e.table.at(4).toList(), e.table.at(0).toList()],
  ])
  expect(() => e.apply(tensor([1.5]))).toThrow(/tokens of i32/)
  expect(() => linear(784, 10, key(1)).apply(normal(key(2), [4, 28, 28]))).toThrow(
    /784 inputs .* was given f32 \[4, 28, 28\]/,
  )
})

test("SGD with momentum, Nesterov and weight decay, three steps by hand", () => {
  for (const nesterov of [false, true]) {
    let [w, v] = [2, 0]
    let model = { w: tensor([2]) }
    let state = sgdState(model)
    for (let i = 0; i < 3; i++) {
      const g = 2 * w
      ;[model, state] = sgd(model, { w: tensor([g]) }, state, { rate: 0.1, momentum: 0.9, nesterov, weightDecay: 0.01 })
      const d = g + 0.01 * w
      v = 0.9 * v + d
      w -= 0.1 * (nesterov ? 0.9 * v + d : v)
      expect(model.w.item()).toBeCloseTo(w, 5)
    }
  }
})

test("AdamW, three steps by hand; clipping keeps the direction", () => {
  let [w, m, v] = [2, 0, 0]
  let model = { w: tensor([2]) }
  let state = adamState(model)
  for (let t = 1; t <= 3; t++) {
    const g = w - 1
    ;[model, state] = adamw(model, { w: tensor([g]) }, state, { rate: scalar(0.1), weightDecay: 0.02 })
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    w -= 0.1 * (m / (1 - 0.9 ** t) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8) + 0.02 * w)
    expect(model.w.item()).toBeCloseTo(w, 4)
  }
  const clipped = clipByGlobalNorm({ a: tensor([3, 0]), b: tensor([4]) }, 1)
  expect([clipped.a.toList(), clipped.b.toList()]).toEqual([[expect.closeTo(0.6), 0], [expect.closeTo(0.8)]])
  expect(clipByGlobalNorm({ a: tensor([0.3]) }, 1).a.item()).toBeCloseTo(0.3)
})

test("schedules start, pass and end where they should", () => {
  const cosine = cosineRate(0.1, { warmup: 10, end: 0.01 })
  expect([cosine(0, 110), cosine(9, 110), cosine(10, 110), cosine(60, 110), cosine(110, 110)]).toEqual(
    [0.01, 0.1, 0.1, 0.055, 0.01].map((x) => expect.closeTo(x)),
  )
  expect([0, 50, 80].map((s) => steppedRate(1, [0.5, 0.75])(s, 100))).toEqual([1, 0.1, expect.closeTo(0.01)])
  expect(linearRate(1)(25, 100)).toBeCloseTo(0.75)
})

class Regression {
  readonly hidden: Linear
  readonly out: Linear
  constructor(hidden: Linear, out: Linear) {
    this.hidden = hidden
    this.out = out
  }
  apply(x: Tensor): Tensor {
    return this.out.apply(this.hidden.apply(x).tanh())
  }
}
type Batch = { x: Tensor; y: Tensor }

function plan(overrides: Partial<TrainingPlan<Regression, ReturnType<typeof adamState<Regression>>, Batch>> = {}) {
  const model = new Regression(linear(2, 16, key(1)), linear(16, 1, key(2)))
  return {
    model,
    optimiser: adamState(model),
    epochs: 4,
    batchesPerEpoch: 10,
    rate: cosineRate(0.02),
    *batches(epoch: number, first: number) {
      for (let i = first; i < 10; i++) {
        const x = normal(key(100 * epoch + i), [32, 2])
        yield { x, y: x.slice(1, 0, 1).mul(x.slice(1, 1)) }
      }
    },
    step: jit(
      (m: Regression, s: ReturnType<typeof adamState<Regression>>, { x, y }: Batch, rate: Tensor) => {
        const [loss, g] = valueAndGrad((n: Regression) => meanSquaredError(n.apply(x), y))(m)
        return [...adamw(m, g, s, { rate }), loss] as const
      },
      { donate: [0, 1] },
    ),
    validate: (m: Regression) => ({ weight: m.hidden.weight.sum().item() }),
    snapshotEveryMs: 0,
    ...overrides,
  }
}

async function collect(p: ReturnType<typeof plan>, stopAt?: number) {
  const events: TrainingEvent[] = []
  const running = train(p as never)
  for (;;) {
    const next = await running.next()
    if (next.done) return { events, model: next.value as Regression }
    events.push(next.value)
    if (next.value.type === "snapshot" && next.value.snapshot.step === stopAt) return { events, model: undefined }
  }
}
const losses = (events: TrainingEvent[]) => events.flatMap((e) => (e.type === "step" ? [e.loss] : []))

test("a training learns, and taken up from any snapshot ends with the very same numbers", async () => {
  const whole = await collect(plan())
  const all = losses(whole.events)
  expect(all).toHaveLength(40)
  expect(all[39]).toBeLessThan(all[0] / 2)
  for (const at of [1, 7, 10, 23]) {
    const first = await collect(plan(), at)
    const last = first.events[first.events.length - 1] as { snapshot: Snapshot }
    const rest = await collect(plan({ resume: last.snapshot }))
    expect([...losses(first.events), ...losses(rest.events)]).toEqual(all)
    expect(rest.model?.hidden.weight.array()).toEqual(whole.model?.hidden.weight.array())
  }
})

test("a loss that is not finite names step, batch and learning rate", async () => {
  const broken = plan({ rate: () => 1e30 })
  await expect(collect(broken)).rejects.toThrow(
    /loss became (NaN|Infinity) at step \d+ of 40 \(epoch 1, batch \d+\) with learning rate 1e\+30/,
  )
})

test("a checkpoint holds the tensors by path and refuses another model", () => {
  const { model } = plan()
  const arrays = toArrays(model)
  expect(Object.keys(arrays)).toEqual(["hidden.weight", "hidden.bias", "out.weight", "out.bias"])
  const zero = mapTree((x) => x.mul(0), model)
  const back = fromArrays(zero, arrays)
  expect(back).toBeInstanceOf(Regression)
  expect(flatten(back).leaves.map((x) => x.array())).toEqual(flatten(model).leaves.map((x) => x.array()))
  const { "out.bias": _, ...less } = arrays
  expect(() => fromArrays(model, less)).toThrow(/another model: it lacks out.bias/)
  expect(() => fromArrays(model, { ...arrays, extra: arrays["out.bias"] })).toThrow(/it has extra/)
  const wrong: HostArray = { dtype: "f32", shape: [2, 17], data: new Float32Array(34) }
  expect(() => fromArrays(model, { ...arrays, "hidden.weight": wrong })).toThrow(
    /hidden.weight is f32 \[2, 17\], the model has f32 \[2, 16\]/,
  )
})

test("optimisers train the floats of a model and leave indices and masks alone", () => {
  const model = { weight: tensor([1, 2]), rows: tensor([0, 1], { dtype: "i32" }), mask: tensor([true, false]) }
  const [, gradients] = valueAndGrad((m: typeof model) => m.weight.take(m.rows).square().sum())(model)
  const [a] = sgd(model, gradients, sgdState(model), { rate: 0.1, momentum: 0.9, weightDecay: 0.01 })
  const [b] = adamw(model, clipByGlobalNorm(gradients, 1), adamState(model), { rate: 0.1, weightDecay: 0.01 })
  for (const trained of [a, b]) {
    expect(trained.rows.toList()).toEqual([0, 1])
    expect(trained.mask.dtype).toBe("bool")
    expect(trained.weight.toList()).not.toEqual([1, 2])
  }
})

test("a model of f64 trains", () => {
  const model = { weight: tensor([1, -2], { dtype: "f64" }) }
  const gradients = { weight: tensor([0.5, -0.5], { dtype: "f64" }) }
  for (const rate of [0.1, scalar(0.1)]) {
    const [adam] = adamw(model, clipByGlobalNorm(gradients, 1), adamState(model), { rate })
    expect(adam.weight.dtype).toBe("f64")
    expect(adam.weight.array()[0]).toBeCloseTo(0.9, 5)
    const [plain] = sgd(model, gradients, sgdState(model), { rate })
    expect(plain.weight.array()[0]).toBeCloseTo(0.95, 6)
  }
  const labels = tensor([1], { dtype: "u32" })
  const logits = tensor([[0, 0]], { dtype: "f64" })
  expect(crossEntropy(logits, labels).item()).toBeCloseTo(Math.log(2), 12)
  expect(accuracy(logits, labels).item()).toBe(0)
})

test("a training that gets no batches ends with an error", async () => {
  const empty: TrainingPlan<Tensor, Tensor, never> = {
    model: scalar(0),
    optimiser: scalar(0),
    epochs: 1,
    batchesPerEpoch: 3,
    batches: () => [],
    step: (model, optimiser) => [model, optimiser, scalar(0)],
    rate: () => 1,
  }
  await expect(train(empty).next()).rejects.toThrow(/no batches from batch 1 of epoch 1/)
})

test("cross entropy takes logits of -infinity, and refuses labels that are no class", () => {
  const masked = tensor([[1, Number.NEGATIVE_INFINITY, 2]])
  expect(crossEntropy(masked, tensor([0], { dtype: "i32" })).item()).toBeCloseTo(Math.log(1 + Math.E), 5)
  expect(() => crossEntropy(masked, tensor([3], { dtype: "i32" }))).toThrow(/label 0 is 3, and there are 3 classes/)
})
