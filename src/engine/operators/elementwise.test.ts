import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import * as ops from "../index.ts"
import { scalar, type Tensor, tensor } from "../index.ts"
import { allDevices, checkGradient, checkVmap, examples, randomTensor } from "../testing.ts"
import { elementwisePrimitives } from "./elementwise.ts"

useDevice("reference")

type Function = (...inputs: Tensor[]) => Tensor
/** Operator, range of each input, and where it is smooth twice. */
const smooth: readonly [string, Function, ...(readonly [number, number])[]][] = [
  ["neg", ops.neg, [-2, 2]],
  ["abs", ops.abs, [0.1, 2]],
  ["abs of negatives", ops.abs, [-2, -0.1]],
  ["exp", ops.exp, [-2, 2]],
  ["expm1", ops.expm1, [-2, 2]],
  ["log", ops.log, [0.2, 3]],
  ["log1p", ops.log1p, [-0.5, 3]],
  ["sqrt", ops.sqrt, [0.2, 3]],
  ["sin", ops.sin, [-4, 4]],
  ["cos", ops.cos, [-4, 4]],
  ["tanh", ops.tanh, [-2, 2]],
  ["sigmoid", ops.sigmoid, [-4, 4]],
  ["erf", ops.erf, [-2, 2]],
  ["add", ops.add, [-2, 2], [-2, 2]],
  ["sub", ops.sub, [-2, 2], [-2, 2]],
  ["mul", ops.mul, [-2, 2], [-2, 2]],
  ["div", ops.div, [-2, 2], [0.5, 3]],
  ["div by negatives", ops.div, [-2, 2], [-3, -0.5]],
  ["pow", ops.pow, [0.3, 3], [-2, 3]],
  ["minimum", ops.minimum, [-2, 0], [0.1, 2]],
  ["minimum, mixed", ops.minimum, [-2, 2], [-2, 2]],
  ["maximum, mixed", ops.maximum, [-2, 2], [-2, 2]],
  ["relu", ops.relu, [-2, 2]],
  ["clip", (x) => ops.clip(x, -0.5, 0.5), [-2, 2]],
  ["gelu", ops.gelu, [-3, 3]],
  ["silu", ops.silu, [-3, 3]],
  ["softplus", ops.softplus, [-3, 3]],
  ["square", ops.square, [-2, 2]],
  ["x^2", (x) => ops.pow(x, 2), [-2, 2]],
  ["x^-1.5", (x) => ops.pow(x, -1.5), [0.3, 3]],
  ["2^x", (x) => ops.pow(2, x), [-2, 2]],
  ["where", (a, b) => ops.where(a.gt(b), a.mul(a), b), [-2, 2], [-2, 2]],
  ["cast to f64", (x) => x.cast("f64").mul(x), [-2, 2]],
]

describe("gradients against finite differences, twice", () => {
  test.each(smooth)("%s", (_, fn, ...ranges) => {
    const inputs = ranges.map(([from, to], i) => randomTensor([2, 4], 11 + i, { from, to }))
    checkGradient(fn, inputs, { order: 2 })
    if (inputs.length === 2) {
      checkGradient(fn, [inputs[0], randomTensor([4], 21, { from: ranges[1][0], to: ranges[1][1] })], { order: 2 })
      checkGradient(fn, [randomTensor([2, 1], 22, { from: ranges[0][0], to: ranges[0][1] }), inputs[1]])
      checkGradient(fn, [randomTensor([], 23, { from: ranges[0][0], to: ranges[0][1] }), inputs[1]])
    }
  })

  test("an operator whose inputs are the same tensor", () => {
    const x = randomTensor([5], 3, { from: 0.5, to: 2 })
    checkGradient((a) => a.mul(a).mul(a), [x], { order: 3 })
    checkGradient((a) => a.div(a.add(1)).pow(a), [x], { order: 2 })
    checkGradient((a) => ops.where(a.gt(1), a, a.mul(3)), [x])
  })

  test("every operator of the table is in this file", () => {
    const tried = new Set<string>()
    for (const [, fn, ...ranges] of smooth) {
      const { graph } = ops.evalShape(
        (...xs: Tensor[]) => fn(...xs),
        ...ranges.map(([from, to], i) => randomTensor([3], i, { from, to })),
      )
      for (const node of graph.nodes) tried.add(node.primitive.name)
    }
    const without = [
      "sign",
      "floor",
      "ceil",
      "round",
      "not",
      "eq",
      "lt",
      "le",
      "and",
      "or",
      "xor",
      "shiftLeft",
      "shiftRight",
    ]
    for (const [name, { gradient }] of elementwisePrimitives) {
      if (without.includes(name)) expect(gradient?.({ cotangents: [scalar(1)] } as never), name).toEqual([])
      else expect(tried, name).toContain(name)
    }
  })

  test("steps pass no gradient", () => {
    for (const step of [ops.sign, ops.floor, ops.ceil, ops.round]) {
      const gradient = ops.grad((x: Tensor) => step(x).mul(x).sum())(tensor([1.25, -2.75]))
      expect(gradient.toList()).toEqual(step(tensor([1.25, -2.75])).toList())
    }
  })
})

describe("vmap against a loop", () => {
  test.each(smooth)("%s", (_, fn, ...ranges) => {
    checkVmap(
      fn,
      ranges.map(([from, to], i) => examples(3, (seed) => randomTensor([2, 4], seed, { from, to }), 10 * i)),
    )
  })

  test("operands of different ranks", () => {
    checkVmap((a, b) => a.add(b), [randomTensor([3, 4], 1), randomTensor([3, 2, 4], 2)])
    checkVmap((a, b) => a.mul(b).add(2), [randomTensor([3], 1), randomTensor([3, 2], 2)])
    checkVmap(
      (c, a, b) => ops.where(c.gt(0), a, b),
      [randomTensor([3, 2, 1], 1), randomTensor([3, 5], 2), randomTensor([3], 3)],
    )
  })
})

describe.each(allDevices)("values on %s", (device) => {
  const run = <T>(body: () => T): T => useDevice(device, body)
  const x = () => tensor([-1.5, -0.5, 0, 0.5, 1.5, 2.5, -2.5, 3])

  test("float functions against Math", () => {
    run(() => {
      const values = Array.from({ length: 64 }, (_, i) => Math.fround((i - 31.5) / 7.3))
      const t = tensor(values)
      const check = (y: Tensor, f: (v: number) => number) => {
        y.array().forEach((got, i) => {
          const want = f(values[i])
          if (Number.isNaN(want)) expect(got).toBeNaN()
          else
            expect(Math.abs(got - want), `${values[i]} -> ${got}, not ${want}`).toBeLessThanOrEqual(
              2e-6 * Math.max(1, Math.abs(want)),
            )
        })
      }
      check(t.exp(), Math.exp)
      check(t.expm1(), Math.expm1)
      check(t.log(), Math.log)
      check(t.log1p(), Math.log1p)
      check(t.sqrt(), Math.sqrt)
      check(t.sin(), Math.sin)
      check(t.cos(), Math.cos)
      check(t.tanh(), Math.tanh)
      check(t.sigmoid(), (v) => 1 / (1 + Math.exp(-v)))
      check(t.relu(), (v) => Math.max(v, 0))
      check(t.softplus(), (v) => Math.log1p(Math.exp(v)))
      check(t.pow(2), (v) => v * v)
      check(t.abs().pow(1.7), (v) => Math.abs(v) ** 1.7)
      check(t.div(3).mul(2).sub(1), (v) => (v / 3) * 2 - 1)
      check(t.neg().abs().sign(), (v) => Math.sign(Math.abs(v)))
    })
  })

  test("erf at points of a table", () => {
    // Abramowitz and Stegun, table 7.1.
    const table = [
      [0, 0],
      [0.1, 0.1124629],
      [0.5, 0.5204999],
      [1, 0.8427008],
      [1.5, 0.9661051],
      [2, 0.9953223],
      [3, 0.9999779],
    ]
    run(() => {
      const y = tensor(table.flatMap(([v]) => [v, -v]))
        .erf()
        .array()
      table.forEach(([, want], i) => {
        expect(y[2 * i]).toBeCloseTo(want, 5)
        expect(y[2 * i + 1]).toBeCloseTo(-want, 5)
      })
    })
  })

  test("the ends of the number line", () => {
    run(() => {
      const t = tensor([Number.NEGATIVE_INFINITY, -200, -100, 0, 100, 200, Number.POSITIVE_INFINITY, Number.NaN])
      const close = (y: Tensor, want: readonly number[]) => {
        y.array().forEach((got, i) => {
          if (Number.isNaN(want[i])) expect(got, `${i}`).toBeNaN()
          else if (Number.isFinite(want[i])) expect(got, `${i}`).toBeCloseTo(want[i], 5)
          else expect(got, `${i}`).toBe(want[i])
        })
      }
      const { POSITIVE_INFINITY: inf, NaN: nan } = Number
      close(t.exp(), [0, 0, 0, 1, inf, inf, inf, nan])
      close(t.sigmoid(), [0, 0, 0, 0.5, 1, 1, 1, nan])
      close(t.tanh(), [-1, -1, -1, 0, 1, 1, 1, nan])
      close(t.softplus(), [0, 0, 0, Math.LN2, 100, 200, inf, nan])
      close(t.log(), [nan, nan, nan, -inf, Math.log(100), Math.log(200), inf, nan])
      close(t.sqrt(), [nan, nan, nan, 0, 10, Math.sqrt(200), inf, nan])
      close(t.maximum(1), [1, 1, 1, 1, 100, 200, inf, nan])
      close(t.minimum(1), [-inf, -200, -100, 0, 1, 1, 1, nan])
      expect(t.eq(t).toList()).toEqual([1, 1, 1, 1, 1, 1, 1, 0])
    })
  })

  test("rounding, halves to even", () => {
    run(() => {
      expect(x().round().toList()).toEqual([-2, -0, 0, 0, 2, 2, -2, 3])
      expect(x().floor().toList()).toEqual([-2, -1, 0, 0, 1, 2, -3, 3])
      expect(x().ceil().toList()).toEqual([-1, -0, 0, 1, 2, 3, -2, 3])
      expect(x().sign().toList()).toEqual([-1, -1, 0, 1, 1, 1, -1, 1])
    })
  })

  test("comparisons and logic", () => {
    run(() => {
      const [a, b] = [tensor([1, 2, 3]), tensor([2, 2, 2])]
      expect(a.eq(b).toList()).toEqual([0, 1, 0])
      expect(a.ne(b).toList()).toEqual([1, 0, 1])
      expect(a.lt(b).toList()).toEqual([1, 0, 0])
      expect(a.le(b).toList()).toEqual([1, 1, 0])
      expect(a.gt(b).toList()).toEqual([0, 0, 1])
      expect(a.ge(b).toList()).toEqual([0, 1, 1])
      const [p, q] = [tensor([true, true, false, false]), tensor([true, false, true, false])]
      expect(p.and(q).toList()).toEqual([1, 0, 0, 0])
      expect(p.or(q).toList()).toEqual([1, 1, 1, 0])
      expect(p.xor(q).toList()).toEqual([0, 1, 1, 0])
      expect(p.not().toList()).toEqual([0, 0, 1, 1])
      expect(ops.where(p, tensor([1, 2, 3, 4]), -1).toList()).toEqual([1, 2, -1, -1])
      expect(ops.where(p, 7, tensor([1, 2, 3, 4], { dtype: "i32" })).dtype).toBe("i32")
    })
  })

  test("integers wrap, shift and compare by their signs", () => {
    run(() => {
      const i = tensor([2147483647, -2147483648, -7, 5], { dtype: "i32" })
      expect(i.add(1).toList()).toEqual([-2147483648, -2147483647, -6, 6])
      expect(i.mul(3).toList()).toEqual([2147483645, -2147483648, -21, 15])
      expect(ops.shiftRight(i, 1).toList()).toEqual([1073741823, -1073741824, -4, 2])
      expect(ops.shiftLeft(i, 1).toList()).toEqual([-2, 0, -14, 10])
      expect(i.neg().toList()).toEqual([-2147483647, -2147483648, 7, -5])
      expect(i.abs().slice(0, 2).toList()).toEqual([7, 5])
      expect(i.lt(0).toList()).toEqual([0, 1, 1, 0])
      expect(i.maximum(0).toList()).toEqual([2147483647, 0, 0, 5])
      const u = tensor([4294967295, 1, 2147483648], { dtype: "u32" })
      expect(u.add(1).toList()).toEqual([0, 2, 2147483649])
      expect(u.mul(u).toList()).toEqual([1, 1, 0])
      expect(ops.shiftRight(u, 31).toList()).toEqual([1, 0, 1])
      expect(u.lt(2).toList()).toEqual([0, 1, 0])
      expect(u.minimum(7).toList()).toEqual([7, 1, 7])
      expect(u.and(3).toList()).toEqual([3, 1, 0])
      expect(u.xor(1).toList()).toEqual([4294967294, 0, 2147483649])
    })
  })

  test("casts", () => {
    run(() => {
      const t = tensor([-2.7, -0.2, 0, 0.9, 3.5, 3e9, -3e9, Number.NaN])
      expect(t.cast("i32").toList()).toEqual([-2, 0, 0, 0, 3, 2147483647, -2147483648, 0])
      expect(t.cast("u32").toList()).toEqual([0, 0, 0, 0, 3, 3000000000, 0, 0])
      expect(t.cast("bool").toList()).toEqual([1, 1, 0, 1, 1, 1, 1, 1])
      expect(tensor([-1, 7], { dtype: "i32" }).cast("u32").toList()).toEqual([4294967295, 7])
      expect(tensor([4294967295, 7], { dtype: "u32" }).cast("i32").toList()).toEqual([-1, 7])
      expect(tensor([4294967295, 7], { dtype: "u32" }).cast("f64").toList()).toEqual([4294967295, 7])
      expect(tensor([true, false]).cast("f32").toList()).toEqual([1, 0])
      expect(
        tensor(new Uint8Array([0, 128, 255]))
          .cast("f32")
          .toList(),
      ).toEqual([0, 128, 255])
      expect(tensor([1.1]).cast("f64").array()[0]).toBe(Math.fround(1.1))
      expect(tensor([1.1], { dtype: "f64" }).cast("f32").array()[0]).toBe(Math.fround(1.1))
    })
  })

  test("f64 keeps its digits", () => {
    run(() => {
      const t = tensor([0.1, 1e-12, 12345.678], { dtype: "f64" })
      expect(t.mul(3).sub(0.3).array()[0]).toBe(0.1 * 3 - 0.3)
      expect(t.exp().array()[0]).toBeCloseTo(Math.exp(0.1), 14)
      expect(t.log1p().array()[1]).toBeCloseTo(Math.log1p(1e-12), 24)
      expect(t.sin().array()[2]).toBeCloseTo(Math.sin(12345.678), 11)
    })
  })
})

describe("errors", () => {
  test("shapes that do not broadcast, dtypes that differ or do not fit", () => {
    expect(() => tensor([1, 2]).add(tensor([1, 2, 3]))).toThrow(/\[2\].*\[3\]/)
    expect(() => tensor([1, 2]).add(tensor([1, 2], { dtype: "i32" }))).toThrow(/f32 and i32/)
    expect(() => tensor([1, 2], { dtype: "i32" }).exp()).toThrow(/exp does not take i32/)
    expect(() => tensor([1, 2]).and(1)).toThrow(/and does not take f32/)
    expect(() => tensor([1, 2]).not()).toThrow(/not does not take f32/)
  })
})

describe.each(allDevices)("edges on %s", (name) => {
  const on = <T>(body: () => T): T => useDevice(name, body)

  test("softplus has slope 1/2 and curvature 1/4 at 0", () => {
    on(() => {
      const slope = ops.grad((x: Tensor) => x.softplus().sum())
      expect(slope(tensor([0])).toList()).toEqual([0.5])
      expect(
        ops
          .grad((x: Tensor) => slope(x).sum())(tensor([0]))
          .toList(),
      ).toEqual([0.25])
      expect(tensor([-Infinity, Infinity, Number.NaN]).softplus().toList()).toEqual([0, Infinity, Number.NaN])
    })
  })
  test("powers have a finite slope where base or exponent is 0", () => {
    on(() => {
      expect(
        ops
          .grad((x: Tensor) => x.pow(0).sum())(tensor([0, 2]))
          .toList(),
      ).toEqual([0, 0])
      expect(
        ops
          .grad((x: Tensor) => tensor([0, 0]).pow(x).sum())(tensor([1, 2]))
          .toList(),
      ).toEqual([0, 0])
    })
  })
  test("relu lets NaN through and has no slope at 0", () => {
    on(() => {
      expect(tensor([Number.NaN, -1, 2]).relu().toList()).toEqual([Number.NaN, 0, 2])
      expect(
        ops
          .grad((x: Tensor) => x.relu().sum())(tensor([0, -1, 2]))
          .toList(),
      ).toEqual([0, 0, 1])
    })
  })
  test("floats become u8 by way of i32", () => {
    on(() => {
      const x = tensor([0, 1.9, 255, 256, -1, Infinity, -Infinity, Number.NaN])
      expect(x.cast("u8").toList()).toEqual([0, 1, 255, 0, 255, 255, 0, 0])
    })
  })
})

test("a fraction beside whole numbers and comparisons of u8 are refused", () => {
  expect(() => ops.range(3).mul(0.5)).toThrow(/mul: 0.5 is no whole number, the tensor beside it is i32/)
  expect(() => ops.range(3).lt(1.5)).toThrow(/1.5/)
  expect(() => ops.range(3).mean()).toThrow(/whole number/)
  expect(ops.range(3).mul(2).toList()).toEqual([0, 2, 4])
  expect(() => tensor(new Uint8Array(2)).gt(0)).toThrow(/does not take u8/)
})
