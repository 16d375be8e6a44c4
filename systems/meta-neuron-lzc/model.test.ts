import { describe, expect, test } from "vitest"
import { grad, key, leafNames, mapTree, type Tensor, tensor } from "../../src/engine/index.ts"
import { Linear } from "../../src/learn/index.ts"
import { metaLiterature } from "../../src/neuro/index.ts"
import { readOut, trainingPlan } from "./arms.ts"
import { bestThreshold, centroids, complexities, nearestAccuracy, nearestClass, spikeCounts } from "./complexity.ts"
import { hiddenSpikes, LifNeurons, logits, loss, MetaNeurons, Network, network } from "./model.ts"
import { examplesFor } from "./outcomes.ts"
import { neuronsOf, parameters, type Values } from "./parameters.ts"
import { learnBySTDP } from "./stdp.ts"
import { batchOf, examplesOf, structureTask, trainsOf } from "./tasks.ts"
import { tempotron } from "./tempotron.ts"

const defaults = Object.fromEntries(Object.entries(parameters).map(([name, { default: x }]) => [name, x])) as Values
const small: Values = { ...defaults, time: 30, examples: 60, testExamples: 40, steps: 6, batch: 16, neurons: 3 }

describe("a network of LIF neurons", () => {
  // One line of weight 0.6, beta 0.5, theta 1: V = 0.6, 0.9, 1.05 (fires), 0.525 + 0.6 - 1 = 0.125, 0.6625
  const net = new Network(
    { input: new Linear(tensor([[0.6]])), readout: new Linear(tensor([[2, -1]]), tensor([0.5, 0])) },
    new LifNeurons(1, 0.5, 1),
  )
  const always = tensor(new Float32Array(5).fill(1), { shape: [5, 1, 1] })

  test("fires as computed by hand, and its reset comes one step late", () => {
    expect([...hiddenSpikes(net, always).array()]).toEqual([0, 0, 1, 0, 0])
  })

  test("logits are those of a tenth of the counts", () => {
    expect(logits(net, hiddenSpikes(net, always)).toList()).toEqual([[expect.closeTo(0.7, 6), expect.closeTo(-0.1, 6)]])
  })

  test("unreliable synapses pass as many spikes as they should", () => {
    const one = new Network(
      { input: new Linear(tensor([[5]])), readout: net.synapses.readout },
      new LifNeurons(1, 1e-5, 2.5), // a spike that passes fires the neuron, whose reset leaves nothing
    )
    const many = tensor(new Float32Array(4000).fill(1), { shape: [20, 200, 1] })
    const passed = hiddenSpikes(one, many, { probability: 0.7, key: key(3) })
      .mean()
      .item()
    expect(Math.abs(passed - 0.7)).toBeLessThan(0.03)
    expect(
      hiddenSpikes(one, many, { probability: 1, key: key(3) })
        .mean()
        .item(),
    ).toBe(1)
  })
})

describe("learning", () => {
  test.each([
    ["lif", new LifNeurons(3, 0.9, 0.5)],
    ["meta", new MetaNeurons(3, metaLiterature)],
  ] as const)("%s: a gradient reaches synapses and all constants", (_, neurons) => {
    const { train } = examplesFor(small, 1)
    const net = network(4, 3, 2, neurons, key(2))
    const slopes = grad((n: Network) => loss(n, batchOf(train, Int32Array.of(0, 1, 2, 3))))(net)
    const names = leafNames(net)
    let at = 0
    mapTree((g: Tensor) => {
      const name = names[at++]
      const largest = Math.max(...g.array().map(Math.abs))
      expect([name, largest > 0 && Number.isFinite(largest)]).toEqual([name, true])
      return g
    }, slopes)
  })

  test("fixed constants stay, learned ones move; synapses move in both", () => {
    const { train } = examplesFor(small, 1)
    for (const learned of [false, true])
      for (const kind of ["lif", "meta"] as const) {
        const plan = trainingPlan({ kind, learned }, train, small, 5)
        const before = [plan.model.synapses.input.weight.toList(), constantsOf(plan.model)]
        let { model, optimiser } = plan
        for (const batch of plan.batches(0, 0)) {
          const [next, memory] = plan.step(model, optimiser, batch, tensor(0.01))
          model = next
          optimiser = memory
        }
        expect(model.synapses.input.weight.toList()).not.toEqual(before[0])
        expect(JSON.stringify(constantsOf(model)) === JSON.stringify(before[1])).toBe(!learned)
      }
  })

  test("every start has constants", () => {
    const beta = (start: string): number => {
      const neurons = neuronsOf({ ...small, start, beta: 0.6 } as Values, "lif") as LifNeurons
      return neurons.beta.value().array()[0]
    }
    expect(["mis-set", "literature", "own"].map(beta)).toEqual([0.995, 0.97, 0.6].map((x) => expect.closeTo(x, 5)))
  })
})

const constantsOf = ({ neurons }: Network): unknown =>
  neurons instanceof LifNeurons
    ? [neurons.beta.free.toList(), neurons.theta.toList()]
    : [neurons.a, neurons.b, neurons.c, neurons.d, neurons.threshold].map((x) => x.toList())

describe("reading by complexity", () => {
  const trains = (rows: string[]) => ({
    dtype: "u8" as const,
    shape: [rows.length, 1, rows[0].length],
    data: Uint8Array.from(rows.join(""), Number),
  })

  test("means over lines, counts, the nearest centroid", () => {
    const two = { ...trains(["0101010101010101", "0000000000000000"]), shape: [1, 2, 16] }
    expect(complexities(two)[0]).toBeCloseTo((3 * 4) / 16 / 2 + (2 * 4) / 16 / 2, 12)
    expect([...spikeCounts(trains(["0110", "0001"]))]).toEqual([2, 1])
    expect(centroids([1, 2, 3, 4], [0, 1, 0, 1], 2)).toEqual([2, 3])
    expect(nearestClass(2.4, [2, 3])).toBe(0)
    expect(nearestAccuracy(Float64Array.of(2, 3, 3.1, 2.9), [0, 1, 1, 0], [2, 3])).toBe(0.75)
    expect(() => centroids([1, 2], [0, 0], 2)).toThrow(/class 1 has no example/)
  })

  test("the best threshold may have either class above it", () => {
    const [low, high] = [Float64Array.of(1, 2, 3), [1, 1, 0]]
    expect(bestThreshold(low, high, Float64Array.of(0, 5), [1, 0])).toBe(1)
    expect(bestThreshold(low, [0, 0, 1], Float64Array.of(0, 5), [1, 0])).toBe(0)
  })
})

describe("tasks", () => {
  test("classes in turn, with one rate; order alone tells them apart", () => {
    const { trains, labels } = examplesOf(structureTask(0.2, 0.5), 400, 2, 100, 7, 0)
    expect([...labels.subarray(0, 4)]).toEqual([0, 1, 0, 1])
    const counts = spikeCounts(trains)
    const mean = (c: number): number => counts.filter((_, i) => labels[i] === c).reduce((a, b) => a + b, 0) / 200 / 200
    expect(mean(0)).toBeCloseTo(0.2, 1)
    expect(mean(1)).toBeCloseTo(0.2, 1)
    const complexity = complexities(trains)
    const of = (c: number): number => complexity.filter((_, i) => labels[i] === c).reduce((a, b) => a + b, 0) / 200
    expect(of(1)).toBeLessThan(of(0) - 0.03)
  })

  test("batches stand time first, and trains of spikes stand as they were", () => {
    const examples = examplesOf(structureTask(0.2, 0.5), 6, 2, 10, 7, 0)
    const { trains, labels } = batchOf(examples, Int32Array.of(4, 1))
    expect(trains.shape).toEqual([10, 2, 2])
    expect(labels.toList()).toEqual([0, 1])
    expect(trainsOf(trains).data.slice(0, 20)).toEqual(examples.trains.data.slice(4 * 20, 5 * 20))
  })
})

describe("other rules", () => {
  const { train, test: unseen } = examplesFor({ ...defaults, examples: 300, testExamples: 200 }, 7)

  test("a Tempotron whose time constant is learned tells more than a fixed one", () => {
    const [fixed, learned] = [false, true].map((own) => tempotron(train, unseen, own))
    expect(fixed.tau).toBe(15)
    expect(learned.tau).not.toBe(15)
    expect(learned.accuracy).toBeGreaterThan(fixed.accuracy)
  })

  test("STDP gives a reading", () => {
    const share = learnBySTDP({ ...defaults, neurons: 4 }, 7, train, unseen)
    expect(share).toBeGreaterThan(0.5)
  })

  test("a reading with release has fewer spikes", () => {
    const net = network(4, 8, 2, new LifNeurons(8, 0.97, 1), key(1))
    const spikes = (release: number): number =>
      readOut(net, unseen, { ...defaults, release }, 3).trains.data.reduce((a, b) => a + b, 0)
    expect(spikes(0.3)).toBeLessThan(spikes(1))
  })
})
