/** Connections that are made anew from a seed whenever a neuron fires, against the very same ones kept as lists. */
import { type DrawnLists, EventLists } from "../../src/engine/index.ts"
import { cobaNetwork, type Network, planNetwork, procedural } from "../../src/neuro/index.ts"
import type { RunEvent } from "../../src/run/index.ts"
import { allSpikes } from "./networks.ts"
import { simulated } from "./simulation.ts"

const dtMs = 0.1

export type JustInTime = {
  readonly spikes: number
  /** Spikes that only one of the two networks has. */
  readonly differing: number
  readonly connections: number
  /** Bytes of what the networks keep of their connections. */
  readonly bytes: { readonly drawn: number; readonly stored: number }
}

/** COBA with rows made from a seed as they are needed, and with the very same connections kept as lists. */
export async function* compareJustInTime(
  seed: number,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, JustInTime, void> {
  const durationMs = 300
  const build = (kept: boolean): Network => cobaNetwork({ wiring: (p) => procedural(p, { kept }) })
  const [drawn, stored] = [build(false), build(true)]
  const first = yield* simulated("connections just in time", drawn, { durationMs, seed, signal })
  const second = yield* simulated("connections kept", stored, { durationMs, seed, signal })
  const names = (net: Network, simulation: typeof first): Set<string> => {
    const { timesMs, neurons } = allSpikes(net, simulation)
    return new Set(Array.from(timesMs, (t, i) => `${Math.round(t / dtMs)} ${neurons[i]}`))
  }
  const [a, b] = [names(drawn, first), names(stored, second)]
  return {
    spikes: a.size,
    differing: [...a].filter((x) => !b.has(x)).length + [...b].filter((x) => !a.has(x)).length,
    connections: second.connections,
    bytes: { drawn: connectionBytes(drawn, seed), stored: connectionBytes(stored, seed) },
  }
}

/** Bytes that a network keeps of its connections: numbers of 4 bytes in lists, of 8 beside a key. */
export function connectionBytes(net: Network, seed: number): number {
  const { scatters } = planNetwork(net, dtMs, seed)
  return Math.max(...scatters.map(({ lists, weights }) => listBytes(lists) + 4 * weights.size))
}

const listBytes = (lists: EventLists | DrawnLists): number =>
  lists instanceof EventLists
    ? 4 * (lists.starts.size + lists.places.size)
    : 4 * lists.key.size + 8 * Object.keys(lists.spec).length
