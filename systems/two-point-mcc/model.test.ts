import { describe, expect, test } from "vitest"
import { faceOf, talkers } from "../../src/data/index.ts"
import { hostRandom, key, mapTree, ones, type Tensor, tensor, zeros } from "../../src/engine/index.ts"
import { checkGradient } from "../../src/engine/testing.ts"
import { Linear } from "../../src/learn/index.ts"
import { type Arm, everybody, fanOut, lookAt, loss, Reader, survivors } from "./arms.ts"
import { type Frames, framesOf, loudness, newest, recordings, shifted, window } from "./frames.ts"
import { activeShare, answer, Cooperative, cooperative, Layer, layerActivity, type Setting, Stream } from "./model.ts"

const gains = { proximal: 1, distal: 1, universal: 1 }
const cooperation: Setting = { law: "cooperation", context: true, gains }
const sizes = { inputs: [3, 2] as const, neurons: 4, memory: 2, layers: 2, outputs: 2 }

/** One neuron a stream, all weights numbers. */
const tiny = (): Layer => {
  const one = (...weights: number[]) => new Linear(tensor(weights.map((w) => [w])))
  const stream = (r: number, p: number, d: number, u: number) =>
    new Stream(new Linear(tensor([[r]]), tensor([0.1])), one(p), one(d), one(u))
  return new Layer([stream(1, 0.5, 0.25, 0.2), stream(-1, 0.1, 0.3, 0.4)], one(0.6, 0.7))
}

describe("a layer", () => {
  test("by hand, both streams", () => {
    // R_A = 0.8 + 0.1 = 0.9, p_A = 0.9; R_V = 0.5 + 0.1 = 0.6 (input -0.5), p_V = 0.6; U = 0.54 + 0.42 = 0.96
    const [a, v] = layerActivity(tiny(), [tensor([[0.8]]), tensor([[-0.5]])], cooperation)
    const contextA = 0.5 * 0.9 + 0.25 * 0.6 + 0.2 * 0.96
    const contextV = 0.1 * 0.6 + 0.3 * 0.9 + 0.4 * 0.96
    expect(a.context.item()).toBeCloseTo(contextA, 6)
    expect(v.context.item()).toBeCloseTo(contextV, 6)
    expect(a.rates.item()).toBeCloseTo(0.81 + 1.8 + contextA * 1.9, 5)
    expect(v.rates.item()).toBeCloseTo(0.36 + 1.2 + contextV * 1.6, 5)
    expect(a.parts.distal.item()).toBeCloseTo(0.15, 6)
  })

  test("gains scale each context; without context the law sees 0", () => {
    const inputs = [tensor([[0.8]]), tensor([[-0.5]])]
    const [a] = layerActivity(tiny(), inputs, { ...cooperation, gains: { proximal: 2, distal: 0, universal: 0 } })
    expect(a.context.item()).toBeCloseTo(0.9, 6)
    const [alone] = layerActivity(tiny(), inputs, { ...cooperation, context: false })
    expect(alone.context.item()).toBe(0)
    expect(alone.rates.item()).toBeCloseTo(0.81 + 1.8, 5)
  })

  test("a dead neuron neither drives nor is context", () => {
    const [a, v] = layerActivity(tiny(), [tensor([[0.8]]), tensor([[-0.5]])], cooperation, [tensor([0]), tensor([1])])
    expect(a.rates.item()).toBe(0)
    expect(v.context.item()).toBeCloseTo(0.1 * 0.6 + 0.4 * 0.42, 6)
  })
})

const batch = {
  inputs: [tensor([[0.5, -1, 0.3]]), tensor([[1, 0.2]])] as const,
  target: tensor([[0.3, -0.2]]),
}
const armOf = (setting: Setting): Arm => ({ name: "a", title: "a", setting, sizes })

describe("the network", () => {
  test("begins the same under every law, and point neurons have as many parameters", () => {
    const count = (n: Cooperative): number => {
      let sum = 0
      mapTree((x: Tensor) => {
        sum += x.size
        return x
      }, n)
      return sum
    }
    const n = 4
    const inLayer = (inputs: number) => (inputs + 1) * n
    const contexts = 2 * (2 * n * n + 2 * n) + 2 * n * 2
    expect(count(cooperative(sizes, key(1)))).toBe(
      inLayer(3) + inLayer(2) + 2 * inLayer(n) + 2 * contexts + 2 * n * 2 + 2,
    )
  })

  test("first weights: N(0, 1 / inputs), receptive fields times 0.4, contexts times 0.3", () => {
    const wide = cooperative({ ...sizes, inputs: [400, 300], neurons: 200, memory: 100 }, key(2))
    const deviation = (x: Tensor): number => Math.sqrt(x.variance().item())
    const [stream] = wide.layers[0].streams
    expect(deviation(stream.receptive.weight) * Math.sqrt(400)).toBeCloseTo(0.4, 2)
    expect(deviation(stream.proximal.weight) * Math.sqrt(200)).toBeCloseTo(0.3, 2)
    expect(deviation(stream.universal.weight) * Math.sqrt(100)).toBeCloseTo(0.3, 2)
  })

  test("its gradient agrees with differences", () => {
    const wide = mapTree((x: Tensor) => x.cast("f64"), cooperative(sizes, key(3)))
    const f64 = mapTree((x: Tensor) => x.cast("f64"), { ...batch, inputs: [...batch.inputs] })
    const { receptive, proximal, distal, universal } = wide.layers[0].streams[0]
    checkGradient(
      (r: Tensor, p: Tensor, d: Tensor, u: Tensor, shared: Tensor) => {
        const own = new Stream(new Linear(r, receptive.bias), new Linear(p), new Linear(d), new Linear(u))
        const first = new Layer([own, wide.layers[0].streams[1]], new Linear(shared))
        const network = new Cooperative([first, wide.layers[1]], wide.readout)
        return loss(network, { ...f64, inputs: [f64.inputs[0], f64.inputs[1]] }, armOf(cooperation))
      },
      [receptive.weight, proximal.weight, distal.weight, universal.weight, wide.layers[0].shared.weight],
      { relative: 1e-5, absolute: 1e-6 },
    )
  })

  test("with all neurons dead only the bias of the readout speaks", () => {
    const network = cooperative(sizes, key(1))
    const dead = everybody(sizes).map((streams) => streams.map((x) => x.mul(0)))
    const { output, activities } = answer(network, batch.inputs, cooperation, dead)
    expect(output.toList()).toEqual([[0, 0]])
    expect(activeShare(activities).item()).toBe(0)
  })
})

describe("what is counted", () => {
  test("synapses of a neuron: contexts, the shared memory, and those further up", () => {
    expect(fanOut(sizes, 0, cooperation)).toBe(2 * 4 + 2 + 4)
    expect(fanOut(sizes, 1, cooperation)).toBe(2 * 4 + 2 + 2)
    expect(fanOut(sizes, 0, { ...cooperation, context: false })).toBe(4)
  })

  test("transmitting synapses are those of active neurons, in a look and in a reading", () => {
    const network = cooperative(sizes, key(5))
    const arm = armOf(cooperation)
    const frames: Frames = {
      heard: batch.inputs[0].host(),
      seen: batch.inputs[1].host(),
      target: { dtype: "f32", shape: [1, 2], data: Float32Array.of(1, -1) },
    }
    const look = lookAt(arm, network, { ...batch, inputs: [batch.inputs[0], batch.inputs[1]] }, 0)
    const active = look.neurons.map((streams) => streams.flatMap(({ rates }) => rates.filter((r) => r > 1e-3)).length)
    expect(look.transmitting).toBe(active[0] * 14 + active[1] * 12)
    const reading = new Reader(arm, frames).read(network)
    expect(reading.transmitting).toBeCloseTo(look.transmitting, 4)
    expect(reading.active).toBeCloseTo((active[0] + active[1]) / 16, 6)
  })

  test("survivors: just that share is silenced, the same for a seed", () => {
    const dead = (share: number): number =>
      survivors({ ...sizes, neurons: 50 }, share, 3)
        .flat()
        .reduce((sum, x) => sum + x.size - x.sum().item(), 0)
    expect([dead(0.1), dead(0.25), dead(0.5)]).toEqual([20, 50, 100])
    expect(survivors(sizes, 0.5, 3)[0][0].toList()).toEqual(survivors(sizes, 0.5, 3)[0][0].toList())
  })
})

describe("frames", () => {
  const face = faceOf(hostRandom(1))
  const recording = talkers(hostRandom(2), { frames: 20, snrDb: [0], face })

  test("each row is the newest frame and the four before it", () => {
    const { heard, seen, target } = framesOf(recording)
    expect([heard.shape, seen.shape, target.shape]).toEqual([
      [20, 24 * window],
      [20, 8 * window],
      [20, 24],
    ])
    expect(heard.data[7 * 120 + 2 * 24 + 5]).toBeCloseTo(loudness(recording.mixed[5 * 24 + 5]), 5)
    expect(seen.data[0]).toBe(recording.video[0]) // before the first frame there is the first
    expect(newest({ heard, seen, target }, 20)[9 * 24 + 3]).toBeCloseTo(loudness(recording.mixed[9 * 24 + 3]), 5)
  })

  test("values that are none, and streams of different lengths, are named", () => {
    const video = recording.video.slice()
    video[3 * 8 + 2] = Number.NaN
    expect(() => framesOf({ ...recording, video })).toThrow(/the video is NaN in frame 3, number 2/)
    expect(() => framesOf({ ...recording, mixed: recording.mixed.subarray(0, 19 * 24) })).toThrow(
      /the audio has 19 frames, the recording 20/,
    )
  })

  test("another moment's face: rows turned round", () => {
    const rows = { dtype: "f32", shape: [3, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5) } as const
    expect([...shifted(rows, 4).data]).toEqual([2, 3, 4, 5, 0, 1])
  })

  test("training and test recordings are of one talker at different times", () => {
    const { train, test: unseen } = recordings(7, { train: 50, test: 30 }, [0, 6])
    expect([train.target.shape[0], unseen.target.shape[0]]).toEqual([50, 30])
    expect(train.target.data.slice(0, 24)).not.toEqual(unseen.target.data.slice(0, 24))
  })
})

test("classes are learned by cross-entropy, and what is told wrong is counted", () => {
  const arm = armOf(cooperation)
  const network = cooperative(sizes, key(1))
  const own = { inputs: [ones([4, 3]), zeros([4, 2])] as const, target: tensor([0, 1, 1, 0], { dtype: "i32" }) }
  expect(loss(network, own, arm).item()).toBeGreaterThan(0.3)
  const reader = new Reader(arm, { heard: own.inputs[0].host(), seen: own.inputs[1].host(), target: own.target.host() })
  expect(reader.read(network).error).toBe(0.5) // all inputs are alike: one class is told of all
})
