import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import {
  asEvents,
  cond,
  conv1d,
  conv2d,
  count,
  countWith,
  cumsum,
  fft,
  grad,
  maxPool2d,
  scan,
  sort,
  type Tensor,
  take,
  tensor,
  zeros,
} from "../index.ts"
import { onEachDevice, randomTensor } from "../testing.ts"

useDevice("reference")

const none = { multiplyAdds: 0, accumulates: 0, other: 0 }

describe("known answers", () => {
  test("a product, and what it moves", () => {
    const c = count((a: Tensor, b: Tensor) => a.matmul(b), zeros([3, 5]), zeros([5, 7]))
    expect(c).toMatchObject({
      ...none,
      multiplyAdds: 3 * 5 * 7,
      bytesRead: 4 * (15 + 35),
      bytesWritten: 4 * 21,
      parameters: 0,
    })
    expect(c.nodes).toMatchObject([{ operator: "matmul", result: "f32 [3, 7]", times: 1, multiplyAdds: 105 }])
    const batched = count((a: Tensor, b: Tensor) => a.matmul(b), zeros([2, 3, 5]), zeros([2, 5, 7]))
    expect(batched.multiplyAdds).toBe(2 * 105)
  })

  test("a convolution: out x kernel x channels for each position; its two gradients cost the same", () => {
    const [x, w] = [zeros([2, 4, 9, 9]), zeros([6, 4, 3, 3])]
    const once = 2 * 6 * 4 * 9 * (4 * 4)
    const forward = (a: Tensor, k: Tensor): Tensor => conv2d(a, k, { stride: 2 })
    expect(count(forward, x, w)).toMatchObject({ ...none, multiplyAdds: once })
    const both = (a: Tensor, k: Tensor) =>
      grad((t: { a: Tensor; k: Tensor }) => forward(t.a, t.k).square().sum())({ a, k })
    expect(count(both, x, w).multiplyAdds).toBe(3 * once)
    expect(count((a: Tensor, k: Tensor) => conv2d(a, k, { groups: 4 }), x, zeros([8, 1, 3, 3])).multiplyAdds).toBe(
      2 * 8 * 9 * 49,
    )
    expect(count((a: Tensor, k: Tensor) => conv1d(a, k), zeros([1, 2, 10]), zeros([3, 2, 4])).multiplyAdds).toBe(
      3 * 2 * 4 * 7,
    )
  })

  test("a perceptron: products, bias, activation", () => {
    class Layer {
      weight = zeros([20, 30])
      bias = zeros([30])
    }
    const c = count((l: Layer, x: Tensor) => x.matmul(l.weight).add(l.bias).tanh(), new Layer(), zeros([8, 20]))
    expect(c).toMatchObject({ ...none, multiplyAdds: 8 * 20 * 30, other: 2 * 8 * 30, parameters: 630 })
    // The product, then the sum (which reads the bias once, not for every row), then the tanh.
    expect(c.bytesRead).toBe(4 * (160 + 600 + (240 + 30) + 240))
    expect(c.bytesWritten).toBe(4 * 3 * 240)
  })

  test("a scan counts each step, one in another the product of their lengths", () => {
    const w = zeros([5, 5])
    const inner = (x: Tensor): Tensor => scan((c: Tensor) => [c.matmul(w), undefined], x, undefined, { length: 3 })[0]
    const outer = (x: Tensor): Tensor =>
      scan((c: Tensor) => [inner(c).add(1), undefined], x, undefined, { length: 7 })[0]
    const c = count(outer, zeros([2, 5]))
    expect(c).toMatchObject({ ...none, multiplyAdds: 7 * 3 * 50, other: 7 * 10, parameters: 25 })
    expect(c.nodes.find((n) => n.operator === "matmul")).toMatchObject({ times: 21, multiplyAdds: 21 * 50 })
  })

  test("reductions, sorts, transforms, pooling; moving costs nothing", () => {
    const x = zeros([4, 8])
    const other = (f: (t: Tensor) => unknown, t = x): number => count(f, t).other
    expect(other((t) => t.sum(1))).toBe(32)
    expect(other((t) => t.max())).toBe(32)
    expect(other((t) => cumsum(t))).toBe(32)
    expect(other((t) => sort(t))).toBe(4 * 8 * 3)
    expect(other((t) => fft({ re: t, im: t }))).toBe(5 * 32 * 3)
    expect(other((t) => maxPool2d(t, 2), zeros([1, 3, 4, 6]))).toBe(3 * 2 * 3 * 4)
    expect(count((t: Tensor) => take(t.T.reshape([2, 16]), tensor([1, 1], { dtype: "i32" })), x)).toMatchObject(none)
  })

  test("the dearer branch of a cond", () => {
    const c = count(
      (x: Tensor) =>
        cond(
          x.sum().gt(0),
          () => x.matmul(x),
          () => x.mul(2),
        ),
      zeros([6, 6]),
    )
    expect(c).toMatchObject({ multiplyAdds: 216, other: 36 + 1 })
  })
})

describe("spike tensors", () => {
  const spikes = asEvents(randomTensor([8, 50], 3, { dtype: "f32", from: 0, to: 1 }).lt(0.3).cast("f32"))
  const events = spikes.sum().item()
  const product = (s: Tensor, w: Tensor): Tensor => s.matmul(w).tanh()
  const w = zeros([50, 20])

  test("dense by default, at a given density, or as they happened", () => {
    expect(count(product, spikes, w)).toMatchObject({ multiplyAdds: 0, accumulates: 8 * 50 * 20, other: 160 })
    expect(countWith({ density: 0.1 }, product, spikes, w).accumulates).toBe(800)
    onEachDevice(() => {
      const c = countWith({ measure: true }, product, spikes, w)
      expect(c.accumulates).toBe(events * 20)
      expect(c.nodes.find((n) => n.operator === "matmul")?.density).toBeCloseTo(events / 400, 12)
    })
    expect(() => countWith({ density: 2 }, product, spikes, w)).toThrow(/a density is from 0 to 1/)
  })

  test("measured in a scan, in its gradient and in a branch", () => {
    const net = (weight: Tensor, inputs: Tensor): Tensor =>
      scan(
        (u: Tensor, x: Tensor) => {
          const next = u.mul(0.5).add(asEvents(x).matmul(weight))
          return [next, undefined]
        },
        zeros([2, 4]),
        inputs,
      )[0]
        .square()
        .sum()
    const inputs = randomTensor([4, 2, 50], 5, { dtype: "f32", from: 0, to: 1 }).lt(0.2).cast("f32")
    const happened = inputs.sum().item()
    const weight = zeros([50, 4])
    onEachDevice(() => {
      expect(countWith({ measure: true }, net, weight, inputs).accumulates).toBe(happened * 4)
      const both = countWith({ measure: true }, (a: Tensor, b: Tensor) => grad(net)(a, b), weight, inputs)
      expect(both.accumulates).toBe(2 * happened * 4) // forwards, and for the weight's gradient
      const branch = (on: boolean) => (s: Tensor) =>
        cond(
          tensor(on),
          () => s.matmul(w),
          () => s.matmul(w.mul(2)).add(1),
        )
      for (const on of [true, false])
        expect(countWith({ measure: true }, branch(on), spikes).accumulates).toBe(events * 20)
    })
  })
})

test("what the compiler merges counts once, as it was written twice", () => {
  const f = (x: Tensor): Tensor => x.exp().add(x.exp()).mul(1)
  expect(count(f, zeros([10])).other).toBe(20)
  expect(countWith({ simplified: false }, f, zeros([10])).other).toBe(40)
})

test("parameters: models and what is closed over, each once; or those that are named", () => {
  const w = zeros([3, 3])
  const net = { first: w, again: w, steps: tensor([1], { dtype: "i32" }) }
  const f = (n: typeof net, x: Tensor): Tensor => x.matmul(n.first).matmul(n.again)
  expect(count(f, net, zeros([1, 3])).parameters).toBe(9)
  expect(count((x: Tensor) => f(net, fft(x).re), zeros([1, 3])).parameters).toBe(9)
  expect(countWith({ parameters: [1] }, f, net, zeros([1, 3])).parameters).toBe(3)
})

test("the table", () => {
  const c = count((a: Tensor, b: Tensor) => a.matmul(b).tanh().tanh(), zeros([30, 50]), zeros([50, 70]))
  expect(`${c}`).toBe(
    [
      "operator  result        times  multiply-adds  accumulates  other  bytes read  bytes written  spikes",
      "matmul    f32 [30, 70]      1        105,000                          20,000          8,400",
      "tanh      f32 [30, 70]      2                              4,200      16,800         16,800",
      "total                                105,000               4,200      36,800         25,200",
      "parameters  0",
    ].join("\n"),
  )
})
