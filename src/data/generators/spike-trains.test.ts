import { expect, test } from "vitest"
import { hostRandom } from "../../engine/index.ts"
import { afterSilence, entropyRate, type SpikeTrainSource, spikeTrainsOf } from "./spike-trains.ts"

const statistics = (source: SpikeTrainSource) => {
  const { data } = spikeTrainsOf(source, [200, 1000], hostRandom(5))
  let [spikes, pairs, first] = [0, 0, 0]
  for (let i = 0; i < data.length; i++) {
    spikes += Number(data[i])
    if (i % 1000 === 0) first += Number(data[i])
    else if (data[i] === 1 && data[i - 1] === 1) pairs++
  }
  return { rate: spikes / data.length, afterSpike: pairs / spikes, first: first / 200 }
}

test("a Bernoulli source and a chain of the same rate", () => {
  const alone = statistics({ kind: "bernoulli", rate: 0.2 })
  expect(alone.rate).toBeCloseTo(0.2, 2)
  expect(alone.afterSpike).toBeCloseTo(0.2, 2)
  const chain = statistics({ kind: "markov", rate: 0.2, afterSpike: 0.5 })
  expect(chain.rate).toBeCloseTo(0.2, 2)
  expect(chain.afterSpike).toBeCloseTo(0.5, 1)
  expect(Math.abs(chain.first - 0.2)).toBeLessThan(0.1)
})

test("what a chain does after silence follows from its rate", () => {
  expect(afterSilence(0.2, 0.5)).toBeCloseTo(0.125, 12)
  expect(() => afterSilence(0.8, 0.1)).toThrow(/rate 0.8 .* probability 0.1: after silence it would need 3.6/)
  expect(() => afterSilence(0.2, 1)).toThrow(/no chain/)
})

test("entropy rates", () => {
  expect(entropyRate({ kind: "bernoulli", rate: 0.5 })).toBe(1)
  expect(entropyRate({ kind: "bernoulli", rate: 0.1 })).toBeCloseTo(0.469, 3)
  const chain = { kind: "markov", rate: 0.2, afterSpike: 0.5 } as const
  expect(entropyRate(chain)).toBeCloseTo(0.2 + 0.8 * 0.5436, 3)
  expect(entropyRate({ ...chain, afterSpike: 0.2 })).toBeCloseTo(entropyRate({ kind: "bernoulli", rate: 0.2 }), 12)
})

test("rates that are none are refused", () => {
  for (const rate of [0, 1, -1, Number.NaN])
    expect(() => spikeTrainsOf({ kind: "bernoulli", rate }, [1, 10], hostRandom(1))).toThrow(/lies between 0 and 1/)
})
