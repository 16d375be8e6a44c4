import { describe, expect, test } from "vitest"
import type { LabelledImages } from "../../src/data/index.ts"
import { key, mapTree, type Tensor, tensor, zeros } from "../../src/engine/index.ts"
import { checkGradient } from "../../src/engine/testing.ts"
import { Linear, Lstm } from "../../src/learn/index.ts"
import { ElmNeuron } from "../../src/neuro/index.ts"
import { classesOf, digitsOf, pairsOf, side, spikesOf, stepsOf } from "./adding.ts"
import { lastDigitBound, lstmUnits, parametersOf } from "./arms.ts"
import { elmReader, imitate, imitationLoss, lstmReader, memories, Reader, readLast, sumLoss } from "./model.ts"
import { passingOf } from "./passing.ts"
import { firstWindows, readTwin, recorded, skipMs, twinNeuron, windowMs, windowsOf } from "./twin.ts"

const task = { below: 5, gap: 3 }

describe("adding", () => {
  const image = (ink: (y: number, x: number) => number): number[] =>
    Array.from({ length: 784 }, (_, i) => ink(Math.floor(i / 28), i % 28))

  test("a digit becomes spikes: means of 2 x 2 pixels above 80 of 255", () => {
    const spikes = spikesOf(
      image((y, x) => (y < 2 && x < 2 ? 81 : y < 2 && x < 4 ? (x === 2 ? 255 : 65) * (y === 0 ? 1 : 0) : 0)),
    )
    expect([...spikes.subarray(0, 3)]).toEqual([1, 0, 0]) // (255 + 65) / 4 is just 80
    expect(spikes.reduce((a, b) => a + b, 0)).toBe(1)
  })

  const images: LabelledImages = {
    images: {
      dtype: "u8",
      shape: [3, 28, 28],
      data: Uint8Array.from([...image(() => 255), ...image(() => 0), ...image((y) => (y < 14 ? 255 : 0))]),
    },
    labels: { dtype: "u8", shape: [3], data: Uint8Array.of(2, 7, 4) },
  } as LabelledImages

  test("only digits below a number take part", () => {
    const digits = digitsOf(images, 5)
    expect([...digits.labels]).toEqual([2, 4])
    expect(digits.spikes.length).toBe(2 * side * side)
  })

  test("rows are steps, columns are lines, and the second comes after the gap", () => {
    const { inputs, labels } = pairsOf(digitsOf(images, 5), Int32Array.of(0, 1, 1, 1), task)
    expect(inputs.shape).toEqual([31, 2, 14])
    expect(stepsOf(task)).toBe(31)
    expect(labels.toList()).toEqual([6, 8])
    const sums = inputs.sum(2).toList() as number[][]
    expect(sums.map(([first]) => first)).toEqual([
      ...Array(14).fill(14),
      0,
      0,
      0,
      ...Array(7).fill(14),
      ...Array(7).fill(0),
    ])
  })

  test("classes, the bound of the last digit, and sums beyond the classes", () => {
    expect([classesOf(task), classesOf({ ...task, below: 10 })]).toEqual([9, 19])
    expect(lastDigitBound(task)).toBe(0.2)
    const wrong = { spikes: new Uint8Array(2 * 196), labels: Uint8Array.of(4, 7) }
    expect(() => pairsOf(wrong, Int32Array.of(0, 1), task)).toThrow(/pair 0 has sum 11, and there are 9 classes/)
  })
})

describe("reading", () => {
  const options = { inputs: 3, memory: 2, dtMs: 1, tauMaxMs: 20 }
  const inputs = tensor(
    Float32Array.from({ length: 5 * 2 * 3 }, (_, i) => (i % 4 === 0 ? 1 : 0)),
    { shape: [5, 2, 3] },
  )

  test("the answer is read from the memory after the last step", () => {
    const reader = elmReader(options, 4, key(1))
    const all = memories(reader.cell, inputs)
    expect(all.shape).toEqual([5, 2, 2])
    const last = reader.readout.apply(all.slice(0, 4, 5).reshape([2, 2]))
    readLast(reader, inputs)
      .array()
      .forEach((x, i) => {
        expect(x).toBeCloseTo(last.array()[i], 5)
      })
    expect(imitate(reader, inputs).shape).toEqual([5, 2, 4])
  })

  test("the gradient through all steps agrees with differences", () => {
    const reader = mapTree((x: Tensor) => x.cast("f64"), elmReader(options, 4, key(3)))
    const { fromBranches, fromMemory, synapses, toMemory } = reader.cell
    const batch = { inputs: inputs.cast("f64"), labels: tensor([1, 3], { dtype: "i32" }) }
    checkGradient(
      (s: Tensor, b: Tensor, m: Tensor, t: Tensor, r: Tensor) => {
        const cell = new ElmNeuron({ ...reader.cell, synapses: s, fromBranches: b, fromMemory: m, toMemory: t })
        return sumLoss(new Reader(cell, new Linear(r, reader.readout.bias)), batch)
      },
      [synapses, fromBranches, fromMemory, toMemory, reader.readout.weight],
      { relative: 1e-5, absolute: 1e-7 },
    )
  })

  test("an LSTM of as many parameters stands in its place", () => {
    const units = lstmUnits(18_967, 9)
    const count = (n: number): number => parametersOf(lstmReader(side, n, 9, key(1)))
    expect(count(units)).toBeLessThanOrEqual(18_967)
    expect(count(units + 1)).toBeGreaterThan(18_967)
    const reader = lstmReader(3, 4, 2, key(1), 50)
    expect(reader.cell).toBeInstanceOf(Lstm)
    expect(readLast(reader, inputs).shape).toEqual([2, 2])
  })

  test("what passes through it, step by step", () => {
    const reader = elmReader(options, 4, key(1))
    const { passing, sum, logits } = passingOf(reader, { inputs, labels: tensor([0], { dtype: "i32" }) }, 1)
    expect([passing.inputs.length, passing.memory[0].length]).toEqual([5, 2])
    expect(passing.tauMs[1]).toBeCloseTo(20, 4)
    expect(sum).toBe(logits.indexOf(Math.max(...logits)))
    expect(() => passingOf(lstmReader(3, 4, 2, key(1)), { inputs, labels: zeros([1], "i32") }, 1)).toThrow()
  })
})

describe("the twin", () => {
  const { train, test: unseen } = windowsOf(7, 6)

  test("has the parameters that the specification counts", () => {
    expect([1, 20].map((memory) => parametersOf(twinNeuron({ memory }, train, 1)))).toEqual([155, 2150])
    const odds = Math.exp(twinNeuron({ memory: 1 }, train, 1).readout.bias!.array()[0])
    expect(odds / (1 + odds)).toBeCloseTo(train.spikes.reduce((a, b) => a + b, 0) / train.spikes.length, 3)
  })

  test("its voltage is z-scored by the training windows, and windows stand time first", () => {
    const mean = train.voltage.reduce((a, b) => a + b, 0) / train.voltage.length
    const variance = train.voltage.reduce((a, b) => a + (b - mean) ** 2, 0) / train.voltage.length
    expect(mean).toBeCloseTo(0, 4)
    expect(variance).toBeCloseTo(1, 3)
    const { inputs, spikes, voltage } = recorded(train, [4, 1])
    expect([inputs.shape, spikes.shape, voltage.shape]).toEqual([
      [windowMs, 2, 128],
      [windowMs, 2],
      [windowMs, 2],
    ])
    expect(voltage.toList()).toHaveLength(windowMs)
    expect(voltage.array()[2 * 33]).toBeCloseTo(train.voltage[4 * windowMs + 33], 5)
    expect(inputs.array()[(2 * 50 + 1) * 128 + 9]).toBe(train.inputs[(windowMs + 50) * 128 + 9])
    expect([firstWindows(train).count, firstWindows(unseen).inputs.length]).toEqual([6, 6 * windowMs * 128])
  })

  test("the beginning of a window is not scored", () => {
    const reader = twinNeuron({ memory: 2 }, train, 3)
    const batch = recorded(train, [0])
    const changed = {
      ...batch,
      voltage: batch.voltage.add(
        tensor(
          Float32Array.from({ length: windowMs }, (_, t) => (t < skipMs ? 99 : 0)),
          { shape: [windowMs, 1] },
        ),
      ),
    }
    expect(imitationLoss(reader, changed, skipMs).item()).toBeCloseTo(imitationLoss(reader, batch, skipMs).item(), 6)
  })

  test("is judged on windows it has not seen", () => {
    const reading = readTwin(twinNeuron({ memory: 2 }, train, 3), unseen)
    expect(reading.auc).toBeGreaterThan(0)
    expect(reading.auc).toBeLessThan(1)
    expect(reading.explained).toBeLessThan(0.5)
    expect(reading.shown.voltage).toHaveLength(windowMs)
    expect(reading.shown.spikes.reduce((a, b) => a + b, 0)).toBeGreaterThan(2)
  })
})
