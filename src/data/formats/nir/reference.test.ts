import { beforeAll, describe, expect, test } from "vitest"
import { key, linspace, normal, type Tensor, uniform } from "../../../engine/index.ts"
import { Linear } from "../../../learn/layers/linear.ts"
import { needsPython, type Opened, openFiles, python } from "../testing-packages.ts"
import { nirArray, nirChain, nirLeaky, nirLinear } from "./build.ts"
import { readNir, writeNir } from "./file.ts"
import { nirNetwork } from "./network.ts"
import { distance, nirFile } from "./testing.ts"
import type { NirGraph, NirNode } from "./types.ts"

const dtMs = 0.1 // snnTorch's
const layer = (inputs: number, outputs: number, seed: number, bias = true): Linear =>
  new Linear(
    normal(key(seed), [inputs, outputs]).mul(0.5),
    bias ? normal(key(seed + 9), [outputs]).mul(0.1) : undefined,
  )
const zero = { reset: "zero", dtMs } as const

const runs: Record<string, NirGraph> = {
  "leaky.nir": nirChain([6], [3], {
    first: nirLinear(layer(6, 8, 1)),
    hidden: nirLeaky([8], { decay: linspace(0.6, 0.95, 8), threshold: 0.4, ...zero }),
    second: nirLinear(layer(8, 3, 2, false)),
    out: nirLeaky([3], { decay: 0.9, threshold: 0.3, ...zero }),
  }),
  "synaptic.nir": nirChain([6], [3], {
    first: nirLinear(layer(6, 8, 3)),
    hidden: nirLeaky([8], { decay: 0.85, threshold: 0.5, synapseDecay: 0.6, ...zero }),
    second: nirLinear(layer(8, 3, 4)),
    out: nirLeaky([3], { decay: 0.9, threshold: 0.3, ...zero }),
  }),
}

const exact = nirChain([4], [4], {
  subtracts: nirLeaky([4], { decay: linspace(0.5, 0.9, 4), threshold: 0.7, synapseDecay: 0.5, dtMs }),
})
const copies = ["line.nir", "convolved.nir", "all-neurons.nir", "snntorch-recurrent.nir"]

/** What open-files.py should say of a node: its arrays as text. */
function described(node: NirNode): unknown {
  if (node.type === "NIRGraph")
    return {
      type: node.type,
      nodes: Object.fromEntries(Object.entries(node.nodes).map(([name, inner]) => [name, described(inner)])),
      edges: node.edges,
    }
  const fields = Object.entries(node).filter(
    ([name, value]) => !["type", "metadata"].includes(name) && typeof value !== "string",
  )
  return { type: node.type, ...Object.fromEntries(fields.map(([name, value]) => [name, numbersOf(value)])) }
}
const numbersOf = (value: unknown): number[] =>
  typeof value === "number"
    ? [value]
    : Array.isArray(value)
      ? value
      : Array.from((value as { data: ArrayLike<number> }).data)

/** The same of what came back. */
function found(node: Record<string, unknown>): unknown {
  if (node.nodes === undefined)
    return Object.fromEntries(
      Object.entries(node).map(([name, value]) => [
        name,
        typeof value === "string" ? value : (value as { data: string[] }).data.map((x) => Number(x)),
      ]),
    )
  const nodes = Object.entries(node.nodes as Record<string, Record<string, unknown>>)
  return {
    type: node.type,
    nodes: Object.fromEntries(nodes.map(([name, inner]) => [name, found(inner)])),
    edges: node.edges,
  }
}

describe.skipIf(python === undefined)(`the nir package and snnTorch open what is written here (${needsPython})`, () => {
  const graphs: Record<string, NirGraph> = { ...runs, "exact.nir": exact }
  const x = uniform(key(7), [40, 5, 6]).lt(0.4).cast("f32")
  let opened: Record<string, Opened> = {}
  beforeAll(async () => {
    for (const name of copies) graphs[`copy-of-${name}`] = await readNir(nirFile(name), name)
    const files: Record<string, { bytes: Uint8Array; inputs?: Record<string, Tensor> }> = {}
    for (const [name, graph] of Object.entries(graphs))
      files[name] = { bytes: await writeNir(graph), ...(name in runs ? { inputs: { x } } : {}) }
    opened = openFiles(files)
  }, 300_000)

  test.each([...Object.keys(runs), "exact.nir", ...copies.map((name) => `copy-of-${name}`)])("nir reads %s", (name) => {
    const { error, graph } = opened[name]
    expect(error).toBeUndefined()
    expect(found(graph as unknown as Record<string, unknown>)).toEqual(described(graphs[name]))
  })

  test.each(Object.keys(runs))("snnTorch runs %s, spike by spike", (name) => {
    const { outputs } = opened[name]
    const ours = nirNetwork(graphs[name], { dtMs }).run(x)
    expect(ours.mean().item()).toBeGreaterThan(0.05)
    expect(outputs, "is snntorch installed in that Python?").toBeDefined()
    expect(distance(ours, outputs?.y as Tensor)).toBe(0)
  })
})

test("arrays for all neurons come of one number, of a tensor, and not of a wrong count", () => {
  expect(nirArray(2, [3]).data).toEqual(Float32Array.of(2, 2, 2))
  expect(nirArray(linspace(0, 1, 3), [3]).data).toEqual(Float32Array.of(0, 0.5, 1))
  expect(() => nirArray(linspace(0, 1, 3), [4])).toThrow(/\[3\] does not give one number for each of \[4\]/)
})
