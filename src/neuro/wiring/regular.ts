import { CajalError } from "../../engine/index.ts"
import { ConnectionList, type SelfOption, type Wiring } from "./wiring.ts"

/** Neuron i reaches neuron i. */
export const oneToOne = (): Wiring => ({
  kind: "oneToOne",
  connect({ pre, post }) {
    if (pre !== post) throw new CajalError(`oneToOne: ${pre} neurons cannot be wired one to one with ${post}`)
    const own = Int32Array.from({ length: pre }, (_, i) => i)
    return { pre: own, post: own }
  },
})

/** Every neuron reaches every other. Where all connections are alike, none is kept. */
export const allToAll = ({ self = true }: SelfOption = {}): Wiring => ({
  kind: "allToAll",
  everyone: { self },
  connect({ pre, post, isSame }) {
    const list = new ConnectionList()
    for (let i = 0; i < pre; i++) for (let j = 0; j < post; j++) if (self || !isSame || i !== j) list.push(i, j)
    return list.done()
  },
})

/** Connections one by one: the entries of a list, or of a file. */
export const connectionPairs = (pairs: readonly (readonly [pre: number, post: number])[]): Wiring => ({
  kind: "connectionPairs",
  connect({ pre, post }) {
    const list = new ConnectionList()
    for (const [i, j] of [...pairs].sort((a, b) => a[0] - b[0])) {
      const isThere = Number.isInteger(i) && i >= 0 && i < pre && Number.isInteger(j) && j >= 0 && j < post
      if (!isThere) throw new CajalError(`connectionPairs: ${i} to ${j}, of ${pre} and ${post} neurons`)
      list.push(i, j)
    }
    return list.done()
  },
})
