import { describe, expect, test } from "vitest"
import { grad, hostRandom, key, normal, type Tensor, tensor } from "../../engine/index.ts"
import { inside, matmulLearning, outside, projectGradient, residualEnergy } from "./projection.ts"
import { orthonormal, principalDirections, randomDirections } from "./projection-basis.ts"

type Matrix = number[][]
const largest = (x: Tensor): number => x.abs().max().item()
const identity = (n: number): Tensor =>
  tensor(Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => Number(i === j))))

describe("projection", () => {
  const rows = randomDirections(3, 10, hostRandom(1))
  const x = normal(key(1), [6, 10])

  test("inside and outside make the whole, and stay where they are", () => {
    expect(largest(inside(x, rows).add(outside(x, rows)).sub(x))).toBeLessThan(1e-6)
    expect(largest(outside(x, rows).matmul(rows.T))).toBeLessThan(1e-5)
    expect(largest(inside(inside(x, rows), rows).sub(inside(x, rows)))).toBeLessThan(1e-5)
  })

  test("residual energy by hand", () => {
    const flat = tensor([[1, 0, 0]])
    expect(residualEnergy(tensor([[3, 4, 0]]), flat).item()).toBeCloseTo(16 / 25, 6)
    expect(residualEnergy(tensor([[2, 0, 0]]), flat).item()).toBe(0)
  })

  test("a projected gradient is that of projected inputs, and leaves the answers to old inputs alone", () => {
    const error = normal(key(2), [6, 4])
    const gradient = x.T.matmul(error)
    const projected = projectGradient(gradient, rows)
    expect(largest(projected.sub(outside(x, rows).T.matmul(error)))).toBeLessThan(1e-4)
    const old = normal(key(3), [5, 3]).matmul(rows)
    expect(largest(old.matmul(projected))).toBeLessThan(1e-4)
    expect(largest(old.matmul(gradient))).toBeGreaterThan(1)
  })

  test("a product learns from the presynaptic signal it is given, and passes its error on as ever", () => {
    const weight = normal(key(4), [10, 4])
    const z = normal(key(5), [6, 10])
    const scale = normal(key(6), [6, 4])
    const loss = (x: Tensor, w: Tensor, z: Tensor): Tensor => matmulLearning(x, w, z).mul(scale).sum()
    expect(largest(matmulLearning(x, weight, z).sub(x.matmul(weight)))).toBe(0)
    const ofWeight = grad((w: Tensor) => loss(x, w, z))(weight)
    const ofInput = grad((x: Tensor) => loss(x, weight, z))(x)
    const ofSignal = grad((z: Tensor) => loss(x, weight, z))(z)
    expect(largest(ofWeight.sub(z.T.matmul(scale)))).toBeLessThan(1e-5)
    expect(largest(ofSignal)).toBe(0)
    // With the input itself it is the ordinary product: finite differences.
    const plain = grad((w: Tensor) => loss(x, w, x))(weight)
    const at = (w: number, b: number): Tensor => {
      const moved = weight.toList() as Matrix
      moved[w][b] += 0.5
      const back = weight.toList() as Matrix
      back[w][b] -= 0.5
      return loss(x, tensor(moved), x).sub(loss(x, tensor(back), x))
    }
    expect(at(2, 1).item()).toBeCloseTo((plain.toList() as Matrix)[2][1], 3)
    const input = x.toList() as Matrix
    const nudged = (by: number) =>
      loss(tensor(input.map((r, i) => r.map((v, j) => (i === 1 && j === 2 ? v + by : v)))), weight, z)
    expect(nudged(0.5).sub(nudged(-0.5)).item()).toBeCloseTo((ofInput.toList() as Matrix)[1][2], 3)
  })
})

describe("bases", () => {
  test("rows are made orthonormal, in order, and orthogonal to others", () => {
    const rows = normal(key(7), [4, 9])
    const basis = orthonormal(rows)
    expect(largest(basis.matmul(basis.T).sub(identity(4)))).toBeLessThan(1e-6)
    // The first two rows span what the first two given rows span.
    expect(residualEnergy(rows.slice(0, 0, 2), basis.slice(0, 0, 2)).item()).toBeLessThan(1e-10)
    const more = randomDirections(5, 9, hostRandom(2), basis)
    expect(largest(more.matmul(basis.T))).toBeLessThan(1e-6)
    expect(() => randomDirections(6, 9, hostRandom(2), basis)).toThrow(/no 10 orthogonal directions among 9 inputs/)
    expect(() =>
      orthonormal(
        tensor([
          [1, 2],
          [0, 0],
        ]),
      ),
    ).toThrow(/row 1 lies in the span of the others/)
  })

  test("principal directions: of data with known axes, these, in order; best among many random bases", () => {
    const axes = randomDirections(3, 12, hostRandom(3))
    // Each coefficient alone, so that the second moments are known: 25, 9 and 1 along the axes, nothing else.
    const x = tensor([
      [5, 0, 0],
      [0, 3, 0],
      [0, 0, 1],
    ]).matmul(axes)
    const found = principalDirections(x, 2)
    for (let i = 0; i < 2; i++) expect(Math.abs(found.at(i).mul(axes.at(i)).sum().item())).toBeCloseTo(1, 5)
    expect(residualEnergy(x, found).item()).toBeCloseTo(1 / 35, 5)
    // There are three directions in the data: the fourth is one that they do not have.
    const more = principalDirections(x, 4)
    expect(largest(more.matmul(more.T).sub(identity(4)))).toBeLessThan(1e-5)
    expect(residualEnergy(x, more).item()).toBeLessThan(1e-6)
    for (let seed = 0; seed < 20; seed++)
      expect(residualEnergy(x, randomDirections(2, 12, hostRandom(seed))).item()).toBeGreaterThan(1 / 35)
  })
})
