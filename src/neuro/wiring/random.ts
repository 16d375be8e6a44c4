import { CajalError, type HostRandom, SubsetSampler } from "../../engine/index.ts"
import { ConnectionList, checkCount, checkProbability, type SelfOption, type Wiring } from "./wiring.ts"

/**
 * Visits each of `count` places with the same probability, by the gaps between those that are chosen: the work is that of the chosen ones.
 * @source Fan, Muller, Rezucha, Development of sampling plans by using sequential selection techniques (1962)
 */
function forEachChosen(count: number, probability: number, random: HostRandom, visit: (place: number) => void): void {
  if (probability === 0) return
  const scale = 1 / Math.log1p(-probability)
  for (let place = -1; ; ) {
    place += 1 + (probability === 1 ? 0 : Math.floor(Math.log((random.nextU32() + 1) / 2 ** 32) * scale))
    if (place >= count) return
    visit(place)
  }
}

/** Every pair is connected with the same probability, on its own. */
export function fixedProbability(probability: number, { self = true }: SelfOption = {}): Wiring {
  checkProbability("fixedProbability", probability)
  return {
    kind: "fixedProbability",
    connect({ pre, post, isSame }, random) {
      const list = new ConnectionList(pre * post * probability)
      for (let i = 0; i < pre; i++)
        forEachChosen(post, probability, random, (j) => {
          if (self || !isSame || i !== j) list.push(i, j)
        })
      return list.done()
    },
  }
}

/** Every presynaptic neuron reaches `count` others, none of them twice. */
export function fixedOutDegree(count: number, { self = true }: SelfOption = {}): Wiring {
  checkCount("fixedOutDegree", "the number of targets", count)
  return {
    kind: "fixedOutDegree",
    connect({ pre, post, isSame }, random) {
      const list = new ConnectionList()
      forEachSubset("fixedOutDegree", pre, post, count, isSame && !self, random, (i, j) => list.push(i, j))
      return list.done()
    },
  }
}

/** Every postsynaptic neuron is reached by `count` others, none of them twice. */
export function fixedInDegree(count: number, { self = true }: SelfOption = {}): Wiring {
  checkCount("fixedInDegree", "the number of sources", count)
  return {
    kind: "fixedInDegree",
    connect({ pre, post, isSame }, random) {
      const sources: number[][] = Array.from({ length: pre }, () => [])
      forEachSubset("fixedInDegree", post, pre, count, isSame && !self, random, (j, i) => sources[i].push(j))
      const list = new ConnectionList()
      sources.forEach((targets, i) => {
        for (const j of targets) list.push(i, j)
      })
      return list.done()
    },
  }
}

/** For each of `rows` a subset of `columns`, without itself where that is excluded. */
function forEachSubset(
  kind: string,
  rows: number,
  columns: number,
  count: number,
  isExcluded: boolean,
  random: HostRandom,
  visit: (row: number, column: number) => void,
): void {
  const most = isExcluded ? columns - 1 : columns
  if (count > most) throw new CajalError(`${kind}: ${count} different partners of ${most} that there are`)
  const sampler = new SubsetSampler(most)
  for (let row = 0; row < rows; row++) {
    sampler.draw(count, random)
    for (let k = 0; k < count; k++) {
      const drawn = sampler.items[k]
      visit(row, isExcluded && drawn >= row ? drawn + 1 : drawn)
    }
  }
}

/** So many connections in all, each between a random pair: a pair may be connected more than once. */
export function fixedTotal(count: number, { self = true }: SelfOption = {}): Wiring {
  checkCount("fixedTotal", "the number of connections", count)
  return {
    kind: "fixedTotal",
    connect({ pre, post, isSame }, random) {
      if (count > 0 && (pre === 0 || post === 0 || (isSame && !self && pre < 2)))
        throw new CajalError(`fixedTotal: ${count} connections between ${pre} and ${post} neurons`)
      const perNeuron = new Int32Array(pre)
      for (let k = 0; k < count; k++) perNeuron[random.integer(pre)]++
      const list = new ConnectionList()
      perNeuron.forEach((n, i) => {
        for (let k = 0; k < n; k++) {
          const j = random.integer(isSame && !self ? post - 1 : post)
          list.push(i, isSame && !self && j >= i ? j + 1 : j)
        }
      })
      return list.done()
    },
  }
}
