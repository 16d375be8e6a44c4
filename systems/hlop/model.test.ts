import { describe, expect, test } from "vitest"
import { hostRandom, key, mapTree, normal, randomIntegers, tensor } from "../../src/engine/index.ts"
import { burstRate, Linear, SubspaceNeurons } from "../../src/learn/index.ts"
import { sigmoidSurrogate } from "../../src/neuro/index.ts"
import { averageAccuracy, backwardTransfer, emptyLesson } from "./continual.ts"
import { evaluator } from "./measures.ts"
import {
  type Batch,
  gradientOf,
  type Learner,
  learnLaterals,
  lossOverTime,
  nextTask,
  type Setting,
  SpikingNetwork,
  spikingNetwork,
  votes,
} from "./model.ts"
import { permuted, pixelOrder } from "./tasks.ts"

const sizes = [12, 9, 7, 4]
const settingOf = (changes: Partial<Setting> = {}): Setting => ({
  rule: "ottt",
  steps: 5,
  neuron: { decay: 0.5, surrogate: sigmoidSurrogate(4), detachReset: true },
  ...changes,
})
// Weights large enough for neurons to fire.
const network = mapTree((w) => w.mul(3), spikingNetwork(sizes, key(5)))
const batch: Batch = { images: normal(key(1), [6, 12]), labels: randomIntegers(key(2), [6], 0, 4) }
const random = hostRandom(3)
const fresh: Learner = { network, laterals: nextTask({ network, laterals: [] }, [4, 3, 2], random.fold(0)) }
const grown: Learner = { network, laterals: nextTask(fresh, [3, 2, 2], random.fold(1)) }

type Matrix = number[][]
const zerosOf = (rows: number, columns: number): Matrix =>
  Array.from({ length: rows }, () => new Array(columns).fill(0))
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, x, k) => sum + x * b[k][j], 0)))
const transposed = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]))

/** The specification of the online rule, written out with plain arrays in double precision. */
function byHand({ layers }: SpikingNetwork, { images, labels }: Batch, steps: number, lambda: number, old?: Matrix[]) {
  const weights = layers.map(({ weight }) => weight.toList() as Matrix)
  const [x, y] = [images.toList() as Matrix, labels.toList() as number[]]
  const B = x.length
  const protect = (z: Matrix, l: number): Matrix => {
    if (old === undefined) return z
    const known = product(product(z, transposed(old[l])), old[l])
    return z.map((row, b) => row.map((v, i) => v - known[b][i]))
  }
  const widths = weights.map((w) => w[0].length)
  const v = widths.map((n) => zerosOf(B, n))
  const r = widths.map((n) => zerosOf(B, n))
  const gradients = weights.map((w) => zerosOf(w.length, w[0].length))
  let loss = 0
  for (let t = 0; t < steps; t++) {
    const slopes: Matrix[] = []
    let below = x
    for (let l = 0; l < 2; l++) {
      const drive = product(below, weights[l])
      const u = v[l].map((row, b) => row.map((p, j) => lambda * p + drive[b][j]))
      const s = u.map((row) => row.map((p) => (p >= 1 ? 1 : 0)))
      slopes.push(
        u.map((row) =>
          row.map((p) => {
            const sig = 1 / (1 + Math.exp(-4 * (p - 1)))
            return 4 * sig * (1 - sig)
          }),
        ),
      )
      v[l] = u.map((row, b) => row.map((p, j) => p - s[b][j]))
      r[l] = r[l].map((row, b) => row.map((p, j) => lambda * p + s[b][j]))
      below = s
    }
    const o = product(below, weights[2])
    let error = o.map((row, b) => {
      const total = row.reduce((sum, p) => sum + Math.exp(p), 0)
      loss += (Math.log(total) - row[y[b]]) / B / steps
      return row.map((p, c) => (Math.exp(p) / total - (c === y[b] ? 1 : 0)) / B / steps)
    })
    for (let l = 2; l >= 0; l--) {
      const change = product(transposed(protect(l === 0 ? x : r[l - 1], l)), error)
      change.forEach((row, i) => row.forEach((g, j) => (gradients[l][i][j] += g)))
      if (l === 0) break
      error = product(error, transposed(weights[l])).map((row, b) => row.map((g, j) => g * slopes[l - 1][b][j]))
    }
  }
  return { loss, gradients }
}

const close = (a: Matrix, b: Matrix, digits = 5): void =>
  a.forEach((row, i) => row.forEach((x, j) => expect(x).toBeCloseTo(b[i][j], digits)))

describe("the training rule", () => {
  test("loss and gradients as the equations say, without laterals and with old ones", () => {
    for (const learner of [{ network, laterals: [] }, grown]) {
      const old = learner.laterals.length === 0 ? undefined : learner.laterals.map((own) => own.old!.toList() as Matrix)
      const expected = byHand(network, batch, 5, 0.5, old)
      const [[loss], gradient] = gradientOf(learner, batch, settingOf())
      expect(loss.item()).toBeCloseTo(expected.loss, 5)
      gradient.layers.forEach(({ weight }, l) => {
        close(weight.toList() as Matrix, expected.gradients[l])
        expect(weight.norm().item()).toBeGreaterThan(1e-3)
      })
    }
  })

  test("projecting traces one by one, or the sum of what is learned from them, is the same", () => {
    // A burst of very many steps is as good as the potential, and takes the way of single traces.
    for (const rule of ["ottt", "bptt"] as const) {
      const [, summed] = gradientOf(grown, batch, settingOf({ rule }))
      const [, single] = gradientOf(grown, batch, settingOf({ rule, activity: (y) => y }))
      summed.layers.forEach(({ weight }, l) =>
        close(weight.toList() as Matrix, single.layers[l].weight.toList() as Matrix),
      )
    }
  })

  test("a protected step changes no response to what lies in the old subspace", () => {
    const [, gradient] = gradientOf(grown, batch, settingOf())
    gradient.layers.forEach(({ weight }, l) => {
      const answer = grown.laterals[l].old!.matmul(weight)
      expect(answer.abs().max().item()).toBeLessThan(1e-6)
    })
  })

  test("the forward pass is that of the network alone; BPTT differs in the gradient, not in the loss", () => {
    const loss = (learner: Learner, setting: Setting) => gradientOf(learner, batch, setting)[0][0].item()
    const plain = loss({ network, laterals: [] }, settingOf())
    expect(loss(grown, settingOf())).toBe(plain)
    expect(loss(grown, settingOf({ activity: burstRate(3) }))).toBe(plain)
    expect(loss(grown, settingOf({ rule: "bptt" }))).toBeCloseTo(plain, 6)
    const norm = (rule: "ottt" | "bptt") =>
      gradientOf(fresh, batch, settingOf({ rule }))[1].layers[0].weight.norm().item()
    expect(norm("bptt")).not.toBeCloseTo(norm("ottt"), 4)
  })

  test("BPTT of the readout is the derivative of the loss, by finite differences", () => {
    const setting = settingOf({ rule: "bptt" })
    const [, gradient] = gradientOf({ network, laterals: [] }, batch, setting)
    const weight = network.layers[2].weight.toList() as Matrix
    const lossAt = (change: number): number => {
      const moved = weight.map((row, i) => row.map((w, j) => (i === 2 && j === 1 ? w + change : w)))
      const other = new SpikingNetwork([...network.layers.slice(0, 2), new Linear(tensor(moved))])
      return lossOverTime(other, batch, setting, (x) => x)[0].item()
    }
    const found = (gradient.layers[2].weight.toList() as Matrix)[2][1]
    expect((lossAt(0.05) - lossAt(-0.05)) / 0.1).toBeCloseTo(found, 3)
  })
})

describe("lateral neurons", () => {
  test("they hear the images once, and spikes above their traces at every step", () => {
    const [, heard] = lossOverTime(network, batch, settingOf(), (x) => x)
    expect(heard.map((x) => x.shape)).toEqual([
      [1, 6, 12],
      [5, 12, 9],
      [5, 12, 7],
    ])
    const hidden = heard[1].toList() as number[][][]
    for (let b = 0; b < 6; b++)
      for (let i = 0; i < 9; i++) {
        let r = 0
        for (const step of hidden) {
          r = 0.5 * r + step[b][i]
          expect(step[6 + b][i]).toBeCloseTo(r, 6)
        }
      }
    const bptt = lossOverTime(network, batch, settingOf({ rule: "bptt" }), (x) => x)[1]
    expect(bptt[1].shape).toEqual([5, 6, 9])
  })

  test("learning changes fresh rows alone, without labels, and brings them to what old rows leave", () => {
    const [, heard] = lossOverTime(network, batch, settingOf(), (x) => x)
    const options = [{ rate: 0.05 }, { rate: 0.05 }, { rate: 0.05 }]
    const after = learnLaterals(grown.laterals, heard, options)
    after.forEach((own, l) => {
      expect(own.old!.toList()).toEqual(grown.laterals[l].old!.toList())
      expect(own.fresh.toList()).not.toEqual(grown.laterals[l].fresh.toList())
    })
  })

  test("a new task: all rows become old, fresh ones are orthonormal and orthogonal to them", () => {
    const [own] = grown.laterals
    expect(own.old!.toList()).toEqual(fresh.laterals[0].fresh.toList())
    expect(own.rows.shape).toEqual([7, 12])
    close(
      own.rows.matmul(own.rows.T).toList() as Matrix,
      Array.from({ length: 7 }, (_, i) => Array.from({ length: 7 }, (_, j) => (i === j ? 1 : 0))),
    )
    expect(() => nextTask(grown, [6, 1, 1], random)).toThrow(/no 13 orthogonal directions among 12 inputs/)
  })
})

test("votes are the sum over steps of what the readout says, worked out for one image by hand", () => {
  const one = new SpikingNetwork([[[0.8]], [[1.5]], [[2, -1]]].map((w) => new Linear(tensor(w))))
  // u1: 0.8, 1.2*, 0.9, 1.25* ; layer 2 gets 1.5 at steps 2 and 4: fires at 2 (v = 0.5), not at 3 (0.25), fires at 4.
  const sum = votes(one, tensor([[1]]), settingOf({ steps: 4 }))
  expect(sum.toList()).toEqual([[4, -2]])
})

test("accuracy in another order of pixels is accuracy on images in that order", () => {
  const images = { dtype: "f32", shape: [40, 784], data: normal(key(8), [40, 784]).array() } as const
  const labels = { dtype: "i32", shape: [40], data: randomIntegers(key(9), [40], 0, 10).array() } as const
  const order = pixelOrder(4, 1)
  const net = spikingNetwork([784, 20, 20, 10], key(4))
  const wide = mapTree((w) => w.mul(3), net)
  const same = Int32Array.from({ length: 784 }, (_, i) => i)
  const inOrder = evaluator(settingOf(), permuted({ images, labels }, order))(wide, same)
  expect(evaluator(settingOf(), { images, labels }, 16)(wide, order)).toBe(inOrder)
  expect(pixelOrder(4, 1)).toEqual(order)
  expect(pixelOrder(4, 2)).not.toEqual(order)
})

test("ACC and BWT by hand", () => {
  const lesson = { ...emptyLesson(), matrix: [[90], [80, 88], [70, 84, 86]] }
  expect(averageAccuracy(lesson)).toBe(80)
  expect(backwardTransfer(lesson)).toBe((-20 - 4) / 2)
  expect(backwardTransfer({ ...emptyLesson(), matrix: [[50]] })).toBe(0)
})

test("laterals of a checkpoint's shape take part as state", () => {
  expect(new SubspaceNeurons(undefined, fresh.laterals[0].fresh).rows).toBe(fresh.laterals[0].fresh)
})
