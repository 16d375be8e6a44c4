import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { grad, jit, stopGradient, type Tensor, tensor, valueAndGrad, vmap } from "../index.ts"
import { allDevices, checkGradient, expectClose, randomTensor } from "../testing.ts"

useDevice("reference")

class Layer {
  weight: Tensor
  bias: Tensor
  readonly name: string
  constructor(inputs: number, outputs: number, seed: number) {
    this.weight = randomTensor([inputs, outputs], seed)
    this.bias = randomTensor([outputs], seed + 1)
    this.name = `${inputs} to ${outputs}`
  }
  apply(x: Tensor): Tensor {
    return x.matmul(this.weight).add(this.bias)
  }
}

class Network {
  layers = [new Layer(3, 4, 1), new Layer(4, 2, 3)]
  scale = tensor(2, { dtype: "f64" })
  readonly activation = (x: Tensor): Tensor => x.tanh()
  logits(x: Tensor): Tensor {
    return this.layers[1].apply(this.activation(this.layers[0].apply(x))).mul(this.scale)
  }
}

describe("grad", () => {
  test("nested: the derivatives of a polynomial and of sin", () => {
    const cube = (x: Tensor): Tensor => x.pow(3)
    const at = tensor(2, { dtype: "f64" })
    expect(grad(cube)(at).item()).toBe(12)
    expect(grad(grad(cube))(at).item()).toBe(12)
    expect(grad(grad(grad(cube)))(at).item()).toBe(6)
    let f = (x: Tensor): Tensor => x.sin()
    for (const expected of [Math.cos, (x: number) => -Math.sin(x), (x: number) => -Math.cos(x), Math.sin, Math.cos]) {
      f = grad(f)
      expect(f(at).item()).toBeCloseTo(expected(2), 12)
      expect(jit(f)(at).item()).toBeCloseTo(expected(2), 12)
    }
  })

  test("one argument of several", () => {
    const f = (x: Tensor, y: Tensor): Tensor => x.mul(y).mul(y)
    const [x, y] = [tensor(2), tensor(5)]
    expect(grad(f)(x, y).item()).toBe(25)
    expect(grad(f, { argument: 1 })(x, y).item()).toBe(20)
    expect(grad(grad(f, { argument: 1 }))(x, y).item()).toBe(10)
  })

  test("a value used twice collects both cotangents", () => {
    const f = (x: Tensor): Tensor => {
      const y = x.exp()
      return y.mul(y).add(y).add(x).sum()
    }
    checkGradient(f, [randomTensor([3], 1)], { order: 2 })
  })

  test("perturbations of two gradients are not confused", () => {
    // d/dx (x · d/dy (x + y)) = 1; confusing them gives 2.
    const f = (x: Tensor): Tensor => x.mul(grad((y: Tensor) => x.add(y))(tensor(1)))
    expect(grad(f)(tensor(3)).item()).toBe(1)
    const g = (x: Tensor): Tensor => x.mul(grad((y: Tensor) => x.mul(y).mul(y))(x))
    expect(grad(g)(tensor(3)).item()).toBe(2 * 3 * 9) // x · 2 x² has the derivative 6 x²
  })

  test("what does not depend on the input has a zero gradient", () => {
    expect(grad((_: Tensor) => tensor(3))(tensor([1, 2])).toList()).toEqual([0, 0])
    const g = grad((tree: { x: Tensor; n: Tensor; flag: Tensor }) => tree.x.sum())({
      x: tensor([1]),
      n: tensor([7], { dtype: "i32" }),
      flag: tensor([true]),
    })
    expect(g.x.toList()).toEqual([1])
    expect(g.n.dtype).toBe("i32")
    expect(g.flag.dtype).toBe("bool")
  })

  test("stopGradient", () => {
    expect(grad((x: Tensor) => x.mul(stopGradient(x)))(tensor(3)).item()).toBe(3)
    expect(grad((x: Tensor) => stopGradient(x.mul(x)))(tensor(3)).item()).toBe(0)
    const hessian = grad(grad((x: Tensor) => x.mul(x).mul(stopGradient(x))))
    expect(hessian(tensor(3)).item()).toBe(6)
  })

  test("models keep their class, methods, static fields and order", () => {
    const net = new Network()
    const x = randomTensor([5, 3], 9)
    const loss = (n: Network): Tensor => n.logits(x).square().mean()
    for (const g of [grad(loss)(net), jit(grad(loss))(net)] as Network[]) {
      expect(g).toBeInstanceOf(Network)
      expect(g.layers).toBeInstanceOf(Array)
      expect(g.layers[1]).toBeInstanceOf(Layer)
      expect(g.layers[1].name).toBe("4 to 2")
      expect(g.activation).toBe(net.activation)
      expect(Object.keys(g)).toEqual(Object.keys(net))
      expect(g.layers[0].weight.shape).toEqual([3, 4])
      expect(g.logits(x).shape).toEqual([5, 2])
    }
    checkGradient(
      (w, b, s) => {
        const n = new Network()
        n.layers[0].weight = w
        n.layers[1].bias = b
        n.scale = s
        return loss(n)
      },
      [net.layers[0].weight, net.layers[1].bias, net.scale],
      { order: 2 },
    )
  })

  test("two leaves that are one tensor get the sum between them, each its own part", () => {
    const x = tensor([1, 2])
    const g = grad((pair: Tensor[]) => pair[0].mul(3).add(pair[1].mul(5)).sum())([x, x])
    expect(g.map((t: Tensor) => t.toList())).toEqual([
      [3, 3],
      [5, 5],
    ])
  })

  test("per-example gradients: vmap of grad", () => {
    const w = randomTensor([3], 1)
    const xs = randomTensor([4, 3], 2)
    const one = (v: Tensor, x: Tensor): Tensor => v.mul(x).sum().tanh()
    const each = vmap(grad(one), { axes: [null, 0] })(w, xs)
    expect(each.shape).toEqual([4, 3])
    for (let i = 0; i < 4; i++) expectClose(each.at(i), grad(one)(w, xs.at(i)), { relative: 1e-12 })
    expectClose(each.sum(0), grad((v: Tensor) => vmap(one, { axes: [null, 0] })(v, xs).sum())(w), { relative: 1e-12 })
  })
})

describe("valueAndGrad", () => {
  test("with further results", () => {
    const f = (x: Tensor): [Tensor, { square: Tensor; label: string }] => [
      x.square().sum(),
      { square: x.square(), label: "kept" },
    ]
    for (const g of [valueAndGrad(f), jit(valueAndGrad(f))]) {
      const [[loss, others], gradient] = g(tensor([1, 2])) as [ReturnType<typeof f>, Tensor]
      expect(loss.item()).toBe(5)
      expect(others.square.toList()).toEqual([1, 4])
      expect(others.label).toBe("kept")
      expect(gradient.toList()).toEqual([2, 4])
    }
  })

  test("further results of an inner gradient are differentiated too", () => {
    const inner = valueAndGrad((x: Tensor): [Tensor, Tensor] => [x.square().sum(), x.exp().sum()])
    const outer = (x: Tensor): Tensor => {
      const [[loss, other], g] = inner(x) as [[Tensor, Tensor], Tensor]
      return loss.add(other).add(g.square().sum())
    }
    checkGradient(outer, [randomTensor([3], 1)], { order: 2 })
  })

  test("inside a function that was being traced, outside values are captured", () => {
    const y = tensor([3, 4])
    const f = jit((x: Tensor) => valueAndGrad((v: Tensor) => v.mul(y).mul(x).sum())(x))
    const [value, g] = f(tensor([1, 2]))
    expect(value.item()).toBe(3 * 1 + 4 * 4)
    expect(g.toList()).toEqual([3, 8])
  })
})

test.each(allDevices)("a training step on %s lowers the loss", (device) => {
  useDevice(device, () => {
    const w0 = randomTensor([6, 3], 1, { dtype: "f32" })
    const x = randomTensor([16, 6], 2, { dtype: "f32" })
    const y = x.matmul(randomTensor([6, 3], 3, { dtype: "f32" }))
    const step = jit((w: Tensor) => {
      const [loss, g] = valueAndGrad((v: Tensor) => x.matmul(v).sub(y).square().mean())(w)
      return [w.sub(g.mul(1.5)), loss]
    })
    let w = w0
    const losses: number[] = []
    for (let i = 0; i < 60; i++) {
      const [next, loss] = step(w)
      w = next
      losses.push(loss.item())
    }
    expect(losses[59]).toBeLessThan(losses[0] / 1000)
  })
})

describe("errors", () => {
  test("a loss that is not one float", () => {
    expect(() => grad((x: Tensor) => x.mul(2))(tensor([1, 2]))).toThrow(
      /grad needs a function that returns a loss of one float, not f32 \[2\]/,
    )
    expect(() => grad((x: Tensor) => x.sum().cast("i32"))(tensor([1, 2]))).toThrow(/not i32 \[\]/)
    expect(() => grad((_: Tensor) => 3)(tensor([1, 2]))).toThrow(/loss of one float/)
  })
})

test("leaves that are not floats stay in the gradient as they are", () => {
  const model = { weight: tensor([1, 2]), index: tensor([3, 4], { dtype: "i32" }) }
  const found = grad((m: typeof model) => m.weight.mul(m.index.cast("f32")).sum())(model)
  expect(found.weight.toList()).toEqual([3, 4])
  expect(found.index.dtype).toBe("i32")
  expect(found.index.toList()).toEqual([3, 4])
})
