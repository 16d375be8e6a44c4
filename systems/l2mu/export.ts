/** A trained network as files for other programs, and what it says when it is read back. */
import {
  type NirGraph,
  type NirNode,
  nirDelay,
  nirLeaky,
  nirLinear,
  nirNetwork,
  readNir,
  readOnnx,
  writeNir,
  writeOnnx,
} from "../../src/data/index.ts"
import { type Tensor, tensor } from "../../src/engine/index.ts"
import { Linear } from "../../src/learn/index.ts"
import { counts, type L2mu, memorySystem, type Population } from "./model.ts"
import { trainedHz } from "./parameters.ts"

const dtMs = 1000 / trainedHz

/**
 * The network in NIR: populations as leaky neurons with a reset by subtraction one step late, maps as linear nodes, and spikes of the step before through delays.
 * The memory's matrices become maps over all of its populations.
 */
export function toNir({ maps, leaks, shape }: L2mu): NirGraph {
  const { memory: ms, order: q } = shape
  const { a, b } = memorySystem(shape)
  const [matrix, gains] = [a.array(), b.array()]
  const blocks = (inputs: number, entry: (row: number, column: number) => number): Linear => {
    const data = new Float32Array(ms * inputs * ms * q)
    for (let p = 0; p < ms; p++)
      for (let i = 0; i < inputs; i++)
        for (let j = 0; j < q; j++) data[(p * inputs + i) * ms * q + p * q + j] = entry(i, j)
    return new Linear(tensor(data, { shape: [ms * inputs, ms * q] }))
  }
  const widths: Record<Population, number> = {
    ...{
      e1: shape.encoder,
      e2: shape.encoder,
      e3: shape.encoder,
      u: ms,
      m: ms * q,
      h: shape.hidden,
      out: shape.classes,
    },
  }
  const linears: Record<string, Linear> = {
    ...{ W1: maps.input[0], W2: maps.input[1], W3: maps.input[2], Ex: maps.uFromE, Eh: maps.uFromH, Em: maps.uFromM },
    ...{ Wx: maps.hFromE, Wh: maps.hFromH, Wm: maps.hFromM, Wo: maps.readout },
    ...{ A: blocks(q, (i, j) => matrix[i * q + j]), B: blocks(1, (_, j) => gains[j]) },
  }
  const nodes: Record<string, NirNode> = {
    x: { type: "Input", shape: [shape.channels] },
    votes: { type: "Output", shape: [shape.classes] },
    lateH: nirDelay([widths.h], dtMs),
    lateM: nirDelay([widths.m], dtMs),
  }
  for (const [name, layer] of Object.entries(linears)) nodes[name] = nirLinear(layer)
  for (const [name, width] of Object.entries(widths)) {
    const { beta, theta, alpha } = leaks[name as Population]
    const how = { decay: beta.value(), threshold: theta.value(), reset: "subtract-later", dtMs } as const
    nodes[name] = nirLeaky([width], alpha === undefined ? how : { ...how, synapseDecay: alpha.value() })
  }
  const edges: [string, string][] = [
    ...chain("x", "W1", "e1", "W2", "e2", "W3", "e3"),
    ...chain("e3", "Ex", "u", "B", "m", "Wm", "h", "Wo", "out", "votes"),
    ...chain("e3", "Wx", "h"),
    ...chain("h", "lateH", "Eh", "u"),
    ...chain("lateH", "Wh", "h"),
    ...chain("m", "lateM", "Em", "u"),
    ...chain("lateM", "A", "m"),
  ]
  return { type: "NIRGraph", nodes, edges }
}

const chain = (...names: string[]): [string, string][] => names.slice(1).map((name, i) => [names[i], name])

/** Names of files with the network in them, and how many windows a copy that was read from each classes as the network does. */
export interface Copies {
  readonly nir: { readonly bytes: Uint8Array; readonly same: number }
  readonly onnx: { readonly bytes: Uint8Array; readonly same: number }
}

/** Writes the network, reads both files again and lets the copies class these windows. @param windows `[steps, batch, channels]` */
export async function copiesOf(net: L2mu, windows: Tensor): Promise<Copies> {
  const told = counts(net, windows).argmax().array()
  const same = (votes: Tensor): number => Array.from(votes.argmax().array()).filter((c, i) => c === told[i]).length
  const nir = await writeNir(toNir(net))
  const network = nirNetwork(await readNir(nir, "l2mu.nir"), { dtMs })
  const onnx = writeOnnx(({ x }) => ({ votes: counts(net, x) }), { x: windows })
  return {
    nir: { bytes: nir, same: same(network.run(windows).sum(0)) },
    onnx: { bytes: onnx, same: same(readOnnx(onnx, "l2mu.onnx").run({ x: windows }).votes) },
  }
}
