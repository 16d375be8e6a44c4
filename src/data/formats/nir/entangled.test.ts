import { expect, test } from "vitest"
import { key, normal, scan, type Tensor, uniform, zeros } from "../../../engine/index.ts"
import { Linear } from "../../../learn/layers/linear.ts"
import { type LifState, leaky } from "../../../neuro/index.ts"
import { readOnnx } from "../onnx/read.ts"
import { writeOnnx } from "../onnx/write.ts"
import { nirDelay, nirLeaky, nirLinear } from "./build.ts"
import { readNir, writeNir } from "./file.ts"
import { nirNetwork } from "./network.ts"
import type { NirGraph, NirNode } from "./types.ts"

/**
 * Three populations with cycles through one another, as in a Legendre memory unit of spiking neurons:
 *   u[t] = LIF(E x[t] + Eh h[t-1] + Em m[t-1]);   m[t] = LIF(A m[t-1] + B u[t]);   h[t] = LIF(W x[t] + Wh h[t-1] + Wm m[t])
 */
const sizes = { u: 3, m: 4, h: 5 }
const p = { decay: 0.8, threshold: 0.6, reset: "subtract-later" } as const
const map = (inputs: number, outputs: number, seed: number): Linear =>
  new Linear(normal(key(seed), [inputs, outputs]).mul(0.7))
const maps = {
  E: map(2, 3, 1),
  Eh: map(5, 3, 2),
  Em: map(4, 3, 3),
  A: map(4, 4, 4),
  B: map(3, 4, 5),
  W: map(2, 5, 6),
  Wh: map(5, 5, 7),
  Wm: map(4, 5, 8),
}
const dtMs = 1

function graphOf(): NirGraph {
  const nodes: Record<string, NirNode> = {
    x: { type: "Input", shape: [2] },
    out: { type: "Output", shape: [5] },
    lateM: nirDelay([4], dtMs),
    lateH: nirDelay([5], dtMs),
  }
  for (const [name, layer] of Object.entries(maps)) nodes[name] = nirLinear(layer)
  for (const [name, size] of Object.entries(sizes)) nodes[name] = nirLeaky([size], { ...p, dtMs })
  const edges: [string, string][] = [
    ["x", "W"],
    ["x", "E"],
    ["m", "lateM"],
    ["h", "lateH"],
    ["W", "h"],
    ["lateH", "Wh"],
    ["Wh", "h"],
    ["m", "Wm"],
    ["Wm", "h"],
    ["E", "u"],
    ["lateH", "Eh"],
    ["Eh", "u"],
    ["lateM", "Em"],
    ["Em", "u"],
    ["lateM", "A"],
    ["A", "m"],
    ["u", "B"],
    ["B", "m"],
    ["h", "out"],
  ]
  return { type: "NIRGraph", nodes, edges }
}

type State = Record<"u" | "m" | "h", LifState> & { sm: Tensor; sh: Tensor }

function byHand(x: Tensor): Tensor {
  const [, spikes] = scan(
    (s: State, now: Tensor) => {
      const [u, su] = leaky(s.u, maps.E.apply(now).add(maps.Eh.apply(s.sh)).add(maps.Em.apply(s.sm)), p)
      const [m, sm] = leaky(s.m, maps.A.apply(s.sm).add(maps.B.apply(su)), p)
      const [h, sh] = leaky(s.h, maps.W.apply(now).add(maps.Wh.apply(s.sh)).add(maps.Wm.apply(sm)), p)
      return [{ u, m, h, sm: sm.mul(1), sh: sh.mul(1) }, sh] as const
    },
    {
      u: { u: zeros([6, 3]) },
      m: { u: zeros([6, 4]) },
      h: { u: zeros([6, 5]) },
      sm: zeros([6, 4]),
      sh: zeros([6, 5]),
    },
    x,
  )
  return spikes as Tensor
}

test("populations that feed back into one another do the same from a NIR file, and from an ONNX file of that", async () => {
  const x = uniform(key(11), [30, 6, 2]).lt(0.5).cast("f32")
  const expected = byHand(x)
  expect(expected.mean().item()).toBeGreaterThan(0.05)
  const network = nirNetwork(await readNir(await writeNir(graphOf()), "copy"), { dtMs })
  expect(network.run(x).sub(expected).abs().sum().item()).toBe(0)
  const file = writeOnnx(({ x }) => ({ spikes: network.run(x) }), { x })
  expect(readOnnx(file, "copy").run({ x }).spikes.sub(expected).abs().sum().item()).toBe(0)
})
