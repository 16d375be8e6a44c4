/** Synapses that learn without labels by the timing of spikes, read by complexity. */
import { jit, key, scan, type Tensor, uniform } from "../../src/engine/index.ts"
import { Linear } from "../../src/learn/index.ts"
import { type LifState, type StdpState, stdp, stdpState } from "../../src/neuro/index.ts"
import { readOut } from "./arms.ts"
import { centroids, complexities, nearestAccuracy } from "./complexity.ts"
import { LifNeurons, Network, network } from "./model.ts"
import type { Values } from "./parameters.ts"
import { batchOf, type Examples } from "./tasks.ts"

const rule = { tauPreMs: 20, tauPostMs: 20, potentiation: 0.01, depression: 0.012 } as const

/** Weights in 0..1 from pair STDP over all training examples; what reaches a neuron keeps its sum. @returns share of test examples recognised by complexity */
export function learnBySTDP(p: Values, seed: number, train: Examples, test: Examples): number {
  const neurons = new LifNeurons(p.neurons, 0.97, 1)
  const start = network(p.lines, p.neurons, 2, neurons, key(seed))
  let weight = uniform(key(seed), [p.lines, p.neurons])
  const sums = weight.sum(0)
  const learn = jit((w: Tensor, x: Tensor): Tensor => {
    const begin = { w, synapses: stdpState(p.lines, p.neurons), neurons: neurons.atRest(1) }
    type State = { w: Tensor; synapses: StdpState; neurons: LifState }
    const [end] = scan(
      (state: State, at: Tensor): [State, undefined] => {
        const [after, spikes] = neurons.step(state.neurons, at.matmul(state.w))
        const post = spikes.reshape([p.neurons])
        const [synapses, changed] = stdp(state.synapses, state.w, at.reshape([p.lines]), post, rule, 1)
        return [{ w: changed, synapses, neurons: after }, undefined]
      },
      begin,
      x,
    )
    return end.w.mul(sums.div(end.w.sum(0).add(1e-9)))
  })
  for (let i = 0; i < train.labels.length; i++) {
    const { trains, labels } = batchOf(train, Int32Array.of(i))
    const next = learn(weight, trains)
    for (const x of [weight, trains, labels]) x.dispose()
    weight = next
  }
  const net = new Network({ ...start.synapses, input: new Linear(weight) }, neurons)
  const read = (examples: Examples): Float64Array => complexities(readOut(net, examples, p, seed).trains)
  return nearestAccuracy(read(test), test.labels, centroids(read(train), train.labels, 2))
}
