import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  concat,
  count,
  dequantise,
  grad,
  jit,
  jvp,
  matmulHalf,
  matmulQuantised,
  pad,
  type Quantised,
  quantise,
  scan,
  Tensor,
  tensor,
  useDevice,
  vmap,
  where,
} from "../index.ts"
import { allDevices, expectClose, randomTensor } from "../testing.ts"

const f32 = (shape: number[], seed: number): Tensor => randomTensor(shape, seed, { dtype: "f32" })
const bitsOf = (x: Tensor): Uint16Array => new Uint16Array(x.array().buffer)
const everyHalf = (): Tensor => {
  const bits = Uint16Array.from({ length: 65536 }, (_, i) => i)
  return Tensor.from({ dtype: "f16", shape: [65536], data: new Float16Array(bits.buffer) })
}

describe.each(allDevices)("storage types on %s", (name) => {
  const on = <T>(body: () => T): T => useDevice(name, body)

  test("every half becomes the f32 that it stands for, and comes back", () =>
    on(() => {
      const halves = everyHalf()
      const wide = halves.cast("f32")
      expect(wide.array()).toEqual(Float32Array.from(halves.array()))
      expect(wide.cast("f16").array()).toEqual(halves.array())
      expect(halves.cast("f64").array()).toEqual(Float64Array.from(halves.array()))
    }))

  test("f32 is rounded to the nearest half, ties to even", () =>
    on(() => {
      const edges = [0, -0, 2 ** -24, 2 ** -25, 2 ** -25 * 1.001, 2 ** -14, 65504, 65519.996, 65520, -1e30, 1 / 3]
      const middles = Array.from({ length: 2000 }, (_, i) => 1 + (i + 0.5) / 1024)
      const random = Array.from(f32([3000], 1).array(), (x, i) => x * 2 ** ((i % 50) - 30))
      const given = Float32Array.from([...edges, Number.POSITIVE_INFINITY, Number.NaN, ...middles, ...random])
      const expected = Float16Array.from(given)
      expect(bitsOf(tensor(given).cast("f16"))).toEqual(new Uint16Array(expected.buffer))
      const mixed = jit((x: Tensor, y: Tensor) => x.cast("f16").cast("f32").cast("f64").add(y))
      expect(mixed(tensor(given), tensor([1], { dtype: "f64" })).array()).toEqual(
        Float64Array.from(expected, (x) => x + 1),
      )
    }))

  test("i8 keeps the low eight bits, with their sign", () =>
    on(() => {
      const x = tensor([-129, -128, -1.9, 0, 1.9, 127, 128, 300])
      expect([...x.cast("i8").array()]).toEqual([127, -128, -1, 0, 1, 127, -128, 44])
      expect([...x.cast("i8").cast("f32").array()]).toEqual([127, -128, -1, 0, 1, 127, -128, 44])
      expect([...x.cast("i8").cast("f64").array()]).toEqual([127, -128, -1, 0, 1, 127, -128, 44])
    }))

  test.each(["f16", "i8"] as const)("%s is moved, joined, padded, chosen and taken from", (dtype) =>
    on(() => {
      const whole = tensor(Array.from({ length: 35 }, (_, i) => i - 17)).reshape([5, 7])
      const moves: ((x: Tensor) => Tensor)[] = [
        (x) => x.T,
        (x) => x.slice(1, 1, 6, 2).flip(0),
        (x) => concat([x, x.flip(1)], 1),
        (x) =>
          pad(
            x,
            [
              [1, 2],
              [0, 1],
            ],
            3,
          ),
        (x) => where(x.cast("f32").gt(0), x, x.flip(0)),
        (x) => x.take(tensor([4, 0, 2], { dtype: "i32" })),
        (x) => scan((_, row) => [_, row], tensor(0), x)[1] as Tensor,
      ]
      for (const move of moves) {
        const expected = move(whole).cast(dtype)
        expect(jit(move)(whole.cast(dtype)).array()).toEqual(expected.array())
        expect(move(whole.cast(dtype)).dtype).toBe(dtype)
      }
    }),
  )

  test("operators that compute do not take them", () =>
    on(() => {
      for (const dtype of ["f16", "i8"] as const) {
        const x = f32([4, 4], 1).cast(dtype)
        for (const compute of [() => x.add(x), () => x.sum(), () => x.matmul(x), () => x.argmax(), () => x.lt(x)])
          expect(compute).toThrow(dtype)
      }
    }))
})

/** Inputs of codes have 16 bits. */
const near = { relative: 1e-4, absolute: 3e-4 }

describe("quantised products", () => {
  const w = f32([24, 10], 1)
  const x = f32([3, 24], 2)

  test("quantised weights are within half a scale, zeros stay zeros", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 9 }), fc.nat(1000), (groups, n, seed) => {
        const given = f32([groups * 4, n], seed).mul(where(tensor(seed % 3).gt(0), 1, 0))
        const q = quantise(given, { groupSize: 4 })
        expect(q.scales.shape).toEqual([groups, n])
        const [a, b, scales] = [given.array(), dequantise(q).array(), q.scales.array()]
        a.forEach((value, i) => {
          const scale = scales[Math.floor(i / n / 4) * n + (i % n)]
          expect(Math.abs(value - b[i])).toBeLessThanOrEqual(scale * 0.5001)
        })
      }),
    )
  })

  test("give what the widened weights give, with any leading axes and many rows", () => {
    const q = quantise(w, { groupSize: 8 })
    const h = w.cast("f16")
    for (const shape of [[24], [24, 24], [2, 3, 24], [0, 24]]) {
      const given = f32(shape, 3)
      expectClose(matmulQuantised(given, q), given.matmul(dequantise(q)), near)
      expectClose(matmulHalf(given, h), given.matmul(h.cast("f32")), near)
    }
  })

  test("have the gradient of the product with the widened weights", () => {
    const q = quantise(w)
    const loss = (product: (x: Tensor) => Tensor) => (given: Tensor) => product(given).square().sum()
    for (const [stored, plain] of [
      [(a: Tensor) => matmulQuantised(a, q), (a: Tensor) => a.matmul(dequantise(q))],
      [(a: Tensor) => matmulHalf(a, w.cast("f16")), (a: Tensor) => a.matmul(w.cast("f16").cast("f32"))],
    ]) {
      expectClose(jit(grad(loss(stored)))(x), grad(loss(plain))(x), near)
      const [, moved] = jvp(stored, [x], [x.mul(0.5)])
      expectClose(moved, plain(x).mul(0.5), near)
      const curvature = (f: (given: Tensor) => Tensor) => grad((a: Tensor) => grad(loss(f))(a).square().sum())(x)
      expectClose(curvature(stored), curvature(plain), { relative: 1e-4, absolute: 0.03 })
    }
  })

  test("of inputs that are not finite are not finite either", () => {
    const given = tensor([
      [Number.NaN, 1],
      [Number.POSITIVE_INFINITY, 1],
      [2, 1],
    ])
    const finite = matmulQuantised(
      given,
      quantise(
        tensor([
          [1, 0.5, -1],
          [2, 0, 1],
        ]),
      ),
    ).array()
    expect(Array.from(finite, Number.isFinite)).toEqual([false, false, false, false, false, false, true, true, true])
  })

  test("are constants: differentiating through them is refused", () => {
    expect(() => grad((q: Quantised) => matmulQuantised(x, q).sum())(quantise(w))).toThrow("constants")
    expect(() => grad((h: Tensor) => matmulHalf(x, h).sum())(w.cast("f16"))).toThrow("constants")
    expect(
      grad((given: Tensor) => matmulQuantised(x, quantise(given)).sum())(w)
        .abs()
        .sum()
        .item(),
    ).toBe(0)
  })

  test("are mapped over inputs, and over weights", () => {
    const xs = f32([5, 3, 24], 4)
    const q = quantise(w, { groupSize: 12 })
    const one = (a: Tensor) => matmulQuantised(a, q)
    expectClose(vmap(one)(xs), xs.matmul(dequantise(q)), near)
    const codes = concat([q.codes.reshape([1, 24, 10]), q.codes.flip(0).reshape([1, 24, 10])])
    const both = vmap((a: Tensor, c: Tensor) => matmulQuantised(a, { codes: c, scales: q.scales }))(
      xs.slice(0, 0, 2),
      codes,
    )
    expectClose(both.at(1), matmulQuantised(xs.at(1), { codes: q.codes.flip(0), scales: q.scales }), near)
  })

  test("count the bytes that they read", () => {
    const bytes = (f: (a: Tensor) => Tensor): number => count(f, x).bytesRead
    expect(bytes((a) => matmulQuantised(a, quantised))).toBe(4 * 72 + 240 + 4 * 10)
    expect(bytes((a) => matmulHalf(a, half))).toBe(4 * 72 + 2 * 240)
  })
  const quantised = quantise(w)
  const half = w.cast("f16")

  test("say what does not fit", () => {
    expect(() => quantise(w, { groupSize: 7 })).toThrow("groups of 7 rows do not fit [24, 10]")
    expect(() => matmulHalf(f32([3, 23], 1), half)).toThrow(
      "cannot multiply f32 [3, 23] by half precision f16 [24, 10]",
    )
    expect(() => matmulQuantised(x, { codes: w, scales: w })).toThrow("do not fit")
  })
})
