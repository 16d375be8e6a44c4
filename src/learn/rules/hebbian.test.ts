import { describe, expect, test } from "vitest"
import { hostRandom, jit, key, normal, type Tensor, tensor } from "../../engine/index.ts"
import { antiHebbian, decorrelating, hebbian, ojaSubspace, sanger } from "./hebbian.ts"
import { burstRate, learnSubspace, SubspaceNeurons } from "./hebbian-subspace.ts"
import { inside, outside, residualEnergy } from "./projection.ts"
import { principalDirections, randomDirections } from "./projection-basis.ts"

type Matrix = number[][]
const list = (x: Tensor): Matrix => x.toList() as Matrix
const close = (a: Matrix, b: Matrix, digits = 5): void =>
  a.forEach((row, i) => row.forEach((x, j) => expect(x).toBeCloseTo(b[i][j], digits)))

/** Data whose energy falls from direction to direction: `[count, 8]` with standard deviations 4, 3, 2, 1, 0.3, ... in a rotated space. */
function stretched(count: number) {
  const axes = randomDirections(8, 8, hostRandom(4))
  const sizes = tensor([4, 3, 2, 1, 0.3, 0.2, 0.1, 0.1])
  return { x: normal(key(3), [count, 8]).mul(sizes).matmul(axes), axes }
}

describe("rules on numbers worked out by hand", () => {
  const pre = tensor([
    [1, 2],
    [3, 0],
  ])
  const post = tensor([
    [1, 0, 2],
    [0, 1, 1],
  ])

  test("Hebb is the mean outer product, anti-Hebb its negative", () => {
    const expected = [
      [0.5, 1],
      [1.5, 0],
      [2.5, 2],
    ]
    close(list(hebbian(post, pre)), expected)
    close(list(antiHebbian(post, pre).neg()), expected)
    expect(() => hebbian(post, tensor([[1, 2]]))).toThrow(/\[batch, post\] and \[batch, pre\], not f32 \[2, 3\]/)
  })

  test("Oja: one neuron, y (x - y w)", () => {
    // y = 0.5 · 1 + 2 · 2 = 4.5; x - y w = (1 - 2.25, 2 - 9)
    const change = ojaSubspace(tensor([[0.5, 2]]), tensor([[1, 2]]))
    close(list(change), [[4.5 * -1.25, 4.5 * -7]])
  })

  test("Sanger: the first neuron as Oja's, the second hears the first too", () => {
    const w = tensor([
      [1, 0],
      [1, 1],
    ])
    // y = (2, 5); dw1 = 2 (x - 2 w1) = (0, 6); dw2 = 5 (x - 2 w1 - 5 w2) = 5 (2 - 2 - 5, 3 - 5)
    close(list(sanger(w, tensor([[2, 3]]))), [
      [0, 6],
      [-25, -10],
    ])
  })

  test("decorrelating: -y y' off the diagonal", () => {
    close(list(decorrelating(tensor([[1, 2, 3]]))), [
      [0, -2, -3],
      [-2, 0, -6],
      [-3, -6, 0],
    ])
  })
})

describe("what the rules find", () => {
  const { x, axes } = stretched(400)

  test("Oja's rows become an orthonormal basis of the principal subspace, Sanger's the components in order", () => {
    const learn = (rule: typeof ojaSubspace): Tensor => {
      const step = jit((w: Tensor, x: Tensor) => w.add(rule(w, x).mul(0.01)))
      let w = randomDirections(3, 8, hostRandom(1)).mul(0.5)
      for (let i = 0; i < 1500; i++) w = step(w, x)
      return w
    }
    const best = residualEnergy(x, principalDirections(x, 3, { rounds: 100 })).item()
    const [oja, components] = [learn(ojaSubspace), learn(sanger)]
    for (const w of [oja, components]) {
      close(
        list(w.matmul(w.T)),
        [
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
        ],
        2,
      )
      expect(residualEnergy(x, w).item()).toBeCloseTo(best, 3)
    }
    // The sample's components are near those that it was drawn with.
    for (let i = 0; i < 3; i++) expect(Math.abs(components.at(i).mul(axes.at(i)).sum().item())).toBeGreaterThan(0.97)
  })
})

describe("subspace neurons", () => {
  const { x } = stretched(64)
  const start = randomDirections(2, 8, hostRandom(2))

  test("one application as the equations say, with old rows and a clip", () => {
    const old = randomDirections(2, 8, hostRandom(5))
    const neurons = new SubspaceNeurons(old, start, tensor(list(start).map((row) => row.map(() => 0.5))))
    const options = { rate: 0.1, iterations: 1, limit: 0.4 }
    const found = learnSubspace(neurons, x, options)
    const [X, H, O] = [list(x), list(start), list(old)]
    const rows = [...O, ...H]
    const dot = (a: number[], b: number[]) => a.reduce((sum, v, i) => sum + v * b[i], 0)
    const change = H.map((h) =>
      h.map((_, n) => {
        let sum = 0
        for (const row of X) {
          const back = rows.reduce((total, r) => total + dot(row, r) * r[n], 0)
          sum += dot(row, h) * (row[n] - back)
        }
        return Math.max(-0.4, Math.min(0.4, sum / X.length))
      }),
    )
    expect(change.flat().some((d) => Math.abs(d) === 0.4)).toBe(true)
    expect(change.flat().some((d) => Math.abs(d) < 0.4)).toBe(true)
    const velocity = change.map((row) => row.map((d) => 0.9 * 0.5 + 0.1 * d))
    close(list(found.velocity), velocity)
    close(
      list(found.fresh),
      H.map((row, i) => row.map((h, j) => h + 0.1 * velocity[i][j])),
    )
    expect(list(found.old!)).toEqual(O)
    // Five iterations are one, five times.
    let repeated = neurons
    for (let i = 0; i < 5; i++) repeated = learnSubspace(repeated, x, options)
    const { iterations: _, ...five } = options
    close(list(learnSubspace(neurons, x, five).fresh), list(repeated.fresh))
  })

  test("fresh rows find what old rows leave", () => {
    const learn = jit((n: SubspaceNeurons, x: Tensor) => learnSubspace(n, x, { rate: 0.05 }))
    let neurons = new SubspaceNeurons(undefined, start)
    for (let i = 0; i < 300; i++) neurons = learn(neurons, x)
    const first = residualEnergy(x, neurons.rows).item()
    expect(first).toBeCloseTo(residualEnergy(x, principalDirections(x, 2, { rounds: 100 })).item(), 3)
    neurons = neurons.grown(randomDirections(2, 8, hostRandom(6)))
    for (let i = 0; i < 600; i++) neurons = learn(neurons, x)
    expect(residualEnergy(x, neurons.rows).item()).toBeCloseTo(
      residualEnergy(x, principalDirections(x, 4, { rounds: 100 })).item(),
      3,
    )
    const { old, fresh } = neurons
    expect(fresh.matmul(old!.T).abs().max().item()).toBeLessThan(0.01)
  })

  test("bursts: a signed number of spikes for what is within the limit", () => {
    const burst = burstRate(4, 2)
    expect(burst(tensor([-9, -2, -0.6, 0.2, 0.3, 1.3, 5])).toList()).toEqual([-2, -2, -0.5, 0, 0.5, 1.5, 2])
    expect(() => burstRate(0)).toThrow(/whole number of steps, at least 1, not 0/)
    const rows = principalDirections(x, 3)
    const fine = inside(x, rows, burstRate(4000))
    expect(fine.sub(inside(x, rows)).abs().max().item()).toBeLessThan(0.02)
    expect(outside(x, rows, burstRate(4)).sub(outside(x, rows)).abs().max().item()).toBeGreaterThan(0.1)
  })
})
