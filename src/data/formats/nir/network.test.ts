import { expect, test } from "vitest"
import {
  CajalError,
  jit,
  key,
  linspace,
  mapTree,
  normal,
  type Tensor,
  valueAndGrad,
  zeros,
} from "../../../engine/index.ts"
import { leaky } from "../../../neuro/index.ts"
import { nirArray, nirChain, nirDelay, nirLeaky } from "./build.ts"
import { leakOf, tauOf } from "./discretise.ts"
import { readNir, writeNir } from "./file.ts"
import { NirNetwork, type NirState, nirNetwork, updateNir } from "./network.ts"
import { distance, expectedOf, nirFile } from "./testing.ts"
import type { NirGraph, NirNode } from "./types.ts"

const networkOf = async (name: string): Promise<{ network: NirNetwork; expected: ReturnType<typeof expectedOf> }> => {
  const expected = expectedOf(`${name}.json`)
  return { network: nirNetwork(await readNir(nirFile(`${name}.nir`), name), { dtMs: expected.dtMs }), expected }
}

const run = jit((network: NirNetwork, x: Tensor) => network.run(x))

test.each(["snntorch-leaky", "snntorch-synaptic", "snntorch-recurrent"])(
  "spikes as snnTorch does: %s",
  async (name) => {
    const { network, expected } = await networkOf(name)
    expect(expected.output.mean().item()).toBeGreaterThan(0.1)
    expect(distance(run(network, expected.input), expected.output)).toBe(0)
  },
)

test.each(["convolved", "line"])("convolutions, pooling and delays as torch does them: %s", async (name) => {
  const { network, expected } = await networkOf(name)
  expect(distance(run(network, expected.input), expected.output)).toBeLessThan(1e-5)
})

test("every neuron follows its equation, with two outputs and a cycle", async () => {
  const { network, expected } = await networkOf("all-neurons")
  const both = jit((net: NirNetwork, x: Tensor) => net.runAll({ in: x }, ["lif"]))
  const { out, spikes, lif } = both(network, expected.input)
  expect(lif.mean().item()).toBeGreaterThan(0.05)
  expect(distance(out, expected.out)).toBeLessThan(2e-4)
  expect(distance(spikes, expected.spikes)).toBe(0)
  expect(() => network.run(expected.input)).toThrow(/1 inputs \(in\) and 2 outputs \(out, spikes\)/)
})

test("steps one by one give what all steps give", async () => {
  const { network, expected } = await networkOf("snntorch-recurrent")
  const step = jit((net: NirNetwork, state: NirState, x: Tensor) => net.step(state, x))
  let state = network.initialState(4)
  for (let t = 0; t < 10; t++) {
    const [next, y] = step(network, state, expected.input.at(t))
    expect(distance(y, expected.output.at(t))).toBe(0)
    state = next
  }
})

test("neurons of the library become nodes that do the same, whatever their reset", async () => {
  const dtMs = 2
  const x = normal(key(1), [40, 3, 6])
  for (const reset of ["zero", "subtract", "subtract-later"] as const)
    for (const method of ["euler", "exact"] as const) {
      const p = { decay: linspace(0.5, 0.95, 6), threshold: linspace(0.3, 0.8, 6), reset }
      const graph = nirChain([6], [6], { neurons: nirLeaky([6], { ...p, dtMs, method }) })
      const network = nirNetwork(await readNir(await writeNir(graph), "copy"), { dtMs, method })
      let state = { u: zeros([3, 6]) }
      const spikes = network.run(x)
      for (let t = 0; t < 40; t++) {
        const [next, s] = leaky(state, x.at(t), p)
        expect(distance(spikes.at(t), s), `${reset} ${method} step ${t}`).toBe(0)
        state = next
      }
    }
})

test("leak and time constant are inverses of one another", () => {
  for (const method of ["euler", "exact"] as const)
    for (const leak of [0.1, 0.5, 0.99]) expect(leakOf(tauOf(leak, 0.1, method), 0.1, method)).toBeCloseTo(leak, 12)
  expect(leakOf(0.02, 1)).toBeCloseTo(1 - 1 / 20, 12)
  expect(leakOf(0.02, 1, "exact")).toBeCloseTo(Math.exp(-1 / 20), 12)
  expect(tauOf(0.9, 0.1)).toBeCloseTo(1e-3, 12) // dt / (1 - beta), as snnTorch's export has it
  expect(() => leakOf(0.0005, 1)).toThrow(/0.5 ms is shorter than the step of 1 ms/)
  expect(() => tauOf(1, 1)).toThrow(/a leak of 1 has no time constant/)
})

test("a delay of several steps says which edge of a cycle is late", async () => {
  // y = x + y of three steps ago
  const graph: NirGraph = {
    type: "NIRGraph",
    nodes: {
      late: nirDelay([2], 1, 3),
      input: { type: "Input", shape: [2] },
      sum: { type: "Scale", scale: nirArray(1, [2]) },
      output: { type: "Output", shape: [2] },
    },
    edges: [
      ["input", "sum"],
      ["sum", "late"],
      ["late", "sum"],
      ["sum", "output"],
    ],
  }
  const x = linspace(1, 16, 16).reshape([8, 1, 2])
  const y = nirNetwork(graph, { dtMs: 1 }).run(x).at(0, 2).reshape([8])
  expect(y.toList()).toEqual([1, 3, 5, 8, 12, 16, 21, 27])
})

test("a network is trained and written again", async () => {
  const graph = await readNir(nirFile("snntorch-leaky.nir"), "f")
  const { input, output } = expectedOf("snntorch-leaky.json")
  const network = nirNetwork(graph, { dtMs: 0.1 })
  const loss = (net: NirNetwork, x: Tensor, y: Tensor): Tensor => net.run(x).sub(y).square().mean()
  const wanted = output.mul(-1).add(1)
  const descend = jit((net: NirNetwork): [NirNetwork, Tensor, NirNetwork] => {
    const [value, g] = valueAndGrad(loss)(net, input, wanted)
    // Time constants in seconds want steps of their own size: the weights alone are moved.
    const moved = (name: string) => mapTree((p, d) => p.sub(d.mul(0.1)), net.nodes[name], g.nodes[name])
    const nodes = { ...net.nodes, "0": moved("0"), "2": moved("2") }
    return [Object.assign(Object.create(NirNetwork.prototype), net, { nodes }), value, g]
  })
  const [trained, before, gradients] = descend(network)
  expect(gradients.nodes["0"].weight.abs().sum().item()).toBeGreaterThan(0)
  expect(gradients.nodes["1"].tau.abs().sum().item()).toBeGreaterThan(0)
  let last = trained
  for (let i = 0; i < 20; i++) last = descend(last)[0]
  expect(loss(last, input, wanted).item()).toBeLessThan(before.item())
  const copy = nirNetwork(await readNir(await writeNir(updateNir(graph, last)), "copy"))
  expect(distance(run(copy, input), run(last, input))).toBe(0)
})

test("one number stands for all neurons, as older files have it, and planes of neurons follow their input", async () => {
  const one = (value: number) => nirArray(value, [])
  const lif: NirNode = { type: "LIF", tau: one(0.01), r: one(3), v_leak: one(0), v_threshold: one(0.5) }
  const many = (value: number) => nirArray(value, [2, 3])
  const each: NirNode = { type: "LIF", tau: many(0.01), r: many(3), v_leak: many(0), v_threshold: many(0.5) }
  const x = normal(key(3), [20, 2, 2, 3], 0.5)
  const spikes = nirNetwork(await readNir(await writeNir(nirChain([2, 3], [2, 3], { lif })), "f"), { dtMs: 1 }).run(x)
  expect(spikes.sum().item()).toBeGreaterThan(10)
  expect(distance(spikes, nirNetwork(nirChain([2, 3], [2, 3], { each }), { dtMs: 1 }).run(x))).toBe(0)
})

test("mistakes are named", async () => {
  const graph = await readNir(nirFile("snntorch-leaky.nir"), "f")
  expect(() => nirNetwork(graph)).toThrow(/does not say how long a step is/)
  expect(() => nirNetwork(graph, { dtMs: 1 })).toThrow(/node 1: tau is 0\.3\d* ms, shorter than the step of 1 ms/)
  expect(() => nirNetwork(graph, { dtMs: -1 })).toThrow(CajalError)
  const network = nirNetwork(graph, { dtMs: 0.1 })
  expect(() => network.run(zeros([2, 1, 5]))).toThrow(
    /the input input is f32 \[2, 1, 5\]; it must be \[time, batch, 6\]/,
  )
  expect(() => network.runAll({})).toThrow(/the input input is missing/)
  expect(() => network.runAll({ input: zeros([2, 1, 6]) }, ["nope"])).toThrow(/no node nope to record/)
})
