import { describe, expect, test } from "vitest"
import { legendreReading, legendreStates, legendreSystem } from "./legendre.ts"
import { matrixExponential } from "./matrix-exponential.ts"

describe("the exponential of a matrix", () => {
  test("of rotations, of nilpotent and of large matrices in closed form", () => {
    const turn = matrixExponential(Float64Array.of(0, -2, 2, 0), 2)
    expect([...turn]).toEqual([Math.cos(2), -Math.sin(2), Math.sin(2), Math.cos(2)].map((x) => expect.closeTo(x, 12)))
    expect([...matrixExponential(Float64Array.of(0, 3, 0, 0), 2)]).toEqual(
      [1, 3, 0, 1].map((x) => expect.closeTo(x, 12)),
    )
    expect(matrixExponential(Float64Array.of(-30), 1)[0] / Math.exp(-30)).toBeCloseTo(1, 8)
    expect([...matrixExponential(new Float64Array(4), 2)]).toEqual([1, 0, 0, 1])
  })

  test("what is no square of numbers is refused", () => {
    expect(() => matrixExponential(new Float64Array(3), 2)).toThrow(/3 numbers are no matrix of 2 x 2/)
    expect(() => matrixExponential(Float64Array.of(Number.NaN), 1)).toThrow(/not finite/)
  })
})

describe("a Legendre memory", () => {
  test("of order 2 over 4 steps, as the specification prints it", () => {
    const { a, b } = legendreSystem(2, 4)
    expect([...a]).toEqual([0.717509, -0.148493, 0.44548, 0.420522].map((x) => expect.closeTo(x, 6)))
    expect([...b]).toEqual([0.282491, -0.44548].map((x) => expect.closeTo(x, 6)))
    expect([...legendreSystem(2, 4, { transposed: true }).a]).toEqual(
      [0.717509, 0.44548, -0.148493, 0.420522].map((x) => expect.closeTo(x, 6)),
    )
  })

  test("of a constant input holds just that: the first coefficient is 1, the others fade", () => {
    const last = legendreStates(legendreSystem(6, 20), Array(200).fill(1)).at(-1)!
    expect([...last]).toEqual([1, 0, 0, 0, 0, 0].map((x) => expect.closeTo(x, 6)))
  })

  /** Error of what is read of a sine of period 40, `delay · theta` steps ago, over its size. */
  const error = (order: number, theta: number, transposed = false): number => {
    const wave = Array.from({ length: 400 }, (_, t) => Math.sin((2 * Math.PI * t) / 40))
    const states = legendreStates(legendreSystem(order, theta, { transposed }), wave)
    const weights = legendreReading(order, 1)
    let [off, size] = [0, 0]
    for (let t = 100; t < 400; t++) {
      const read = states[t].reduce((sum, m, i) => sum + m * weights[i], 0)
      off += (read - wave[t - theta]) ** 2
      size += wave[t - theta] ** 2
    }
    return Math.sqrt(off / size)
  }

  test("gives the input of a window ago, and with the transposed matrix it does not", () => {
    expect(error(4, 10)).toBeCloseTo(0.079, 2)
    expect(error(6, 20)).toBeCloseTo(0.075, 2)
    expect(error(4, 10, true)).toBeGreaterThan(0.4)
    expect(error(6, 20, true)).toBeGreaterThan(0.4)
  })

  test("is read by shifted Legendre polynomials", () => {
    expect([...legendreReading(4, 0)]).toEqual([1, -1, 1, -1])
    expect([...legendreReading(4, 1)]).toEqual([1, 1, 1, 1])
    expect([...legendreReading(4, 0.5)]).toEqual([1, 0, -0.5, 0].map((x) => expect.closeTo(x, 12)))
  })

  test("errors", () => {
    expect(() => legendreSystem(0, 4)).toThrow(/order 1 or more, not 0/)
    expect(() => legendreSystem(4, 0.5)).toThrow(/1 step or more, not 0.5/)
    expect(() => legendreReading(4, 1.1)).toThrow(/0\.\.1, not 1.1/)
  })
})
