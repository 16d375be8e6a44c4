import { describe, expect, test } from "vitest"
import { CajalError } from "../../../engine/errors.ts"
import { nirArray, nirChain } from "./build.ts"
import { readNir, writeNir } from "./file.ts"
import { nirFile } from "./testing.ts"
import type { NirGraph, NirNode } from "./types.ts"

const failure = async (promise: Promise<unknown>): Promise<CajalError> => {
  const error = await promise.then(
    () => new Error("it did not fail"),
    (e: unknown) => e,
  )
  expect(error).toBeInstanceOf(CajalError)
  return error as CajalError
}

test("reads nodes, edges, whole numbers, text and metadata as the nir package writes them", async () => {
  const line = await readNir(nirFile("line.nir"), "line.nir")
  expect(line.version).toBe("1.0.8")
  expect(line.edges).toContainEqual(["flat", "scale"])
  expect(line.metadata).toEqual({ note: "a delay of each element", depth: 3 })
  expect(line.nodes.in).toEqual({ type: "Input", shape: [2, 9] })
  expect(line.nodes.conv).toMatchObject({ stride: 2, padding: "valid", dilation: 2, groups: 1, input_shape: 9 })
  expect(line.nodes.delay).toMatchObject({ type: "Delay", delay: { dtype: "f64", shape: [12] } })
  const { conv, sum } = (await readNir(nirFile("convolved.nir"), "convolved.nir")).nodes
  expect(conv).toMatchObject({ type: "Conv2d", stride: [2, 1], padding: [1, 0], input_shape: [8, 6] })
  expect(conv).toMatchObject({ weight: { dtype: "f32", shape: [3, 2, 3, 3] } })
  expect(sum).toMatchObject({ type: "SumPool2d", kernel_size: [2, 2], stride: [1, 2], padding: [0, 0] })
})

test("what is written reads back the same, nested graphs and metadata too", async () => {
  for (const name of ["line.nir", "convolved.nir", "all-neurons.nir", "snntorch-recurrent.nir"]) {
    const graph = await readNir(nirFile(name), name)
    expect(await readNir(await writeNir(graph), "copy")).toEqual(graph)
  }
  const inner = nirChain([200], [200], { scale: { type: "Scale", scale: nirArray(0.5, [200]) } })
  const nested: NirGraph = {
    ...nirChain([200], [200], { "a.b é": inner }),
    version: "1.0.8",
    metadata: { dt_ms: 0.25, of: { whom: "me", when: 3, table: nirArray(2, [2, 2]) } },
  }
  expect(await readNir(await writeNir(nested), "copy")).toEqual(nested)
})

test("a convolution's input shape is worked out for the file", async () => {
  const graph = await readNir(nirFile("convolved.nir"), "f")
  const { input_shape: _, ...conv } = graph.nodes.conv as Extract<NirNode, { type: "Conv2d" }>
  const open: NirGraph = { ...graph, nodes: { ...graph.nodes, conv } }
  expect(await readNir(await writeNir(open), "copy")).toEqual(graph)
})

describe("errors name the file and the node", () => {
  test("a node of an unknown type", async () => {
    const error = await failure(readNir(nirFile("bad-unknown-node.nir"), "x.nir"))
    expect(error.describe()).toMatch(/node lif is of type Hyperneuron.*\n {2}at x.nir\n {2}hint: known are .*CubaLIF/)
  })
  test("shapes that do not fit along an edge", async () => {
    const error = await failure(readNir(nirFile("bad-misfit.nir"), "x.nir"))
    expect(error.message).toBe("linear gives [2] to lif, which takes [7]")
  })
  test("a parameter that is missing", async () => {
    expect((await failure(readNir(nirFile("bad-lost-parameter.nir"), "x"))).message).toBe("node lif (LIF) has no tau")
  })
  test("edges to nowhere, weights that are no matrix, parameters of different shapes, two inputs of an inner graph", async () => {
    const chain = nirChain([2], [2], { a: { type: "Scale", scale: nirArray(1, [2]) } })
    const lost = failure(writeNir({ ...chain, edges: [["a", "b"]] }))
    expect((await lost).describe()).toMatch(/the edge a -> b leads to b, but there is no such node\n.*input, a, output/)
    const flat: NirNode = { type: "Linear", weight: nirArray(1, [4]) }
    expect((await failure(writeNir(nirChain([4], [4], { flat })))).message).toMatch(/node flat: the weight \[4\]/)
    const li: NirNode = { type: "LI", tau: nirArray(1, [2]), r: nirArray(1, [3]), v_leak: nirArray(0, []) }
    const uneven = failure(writeNir(nirChain([2], [2], { li })))
    expect((await uneven).message).toBe("node li: r is [3] where other parameters are [2]")
    const two: NirGraph = { ...chain, nodes: { ...chain.nodes, second: { type: "Input", shape: [2] } } }
    expect((await failure(writeNir(nirChain([2], [2], { two })))).message).toMatch(/two has 2 Input nodes/)
  })
  test("what is no HDF5 file, a cut one, and one of something else", async () => {
    expect((await failure(readNir(new Uint8Array(10), "x.nir"))).describe()).toMatch(/not an HDF5 file.*\n {2}at x.nir/)
    const whole = nirFile("all-neurons.nir")
    expect((await failure(readNir(whole.slice(0, 3000), "x"))).message).toMatch(/not a valid HDF5 file: .*truncated/)
    // Whatever byte is hit, there is a graph or an error of ours, never a crash.
    for (let at = 8; at < 2500; at += 97) {
      const hit = nirFile("bad-misfit.nir")
      hit[at] ^= 0xff
      await readNir(hit, "hit").catch((error: unknown) => expect(error).toBeInstanceOf(CajalError))
    }
  })
})
