import { type DrawnLists, drawnLists, drawnPairs, type HostRandom, key } from "../../engine/index.ts"
import { checkProbability, type Ends, type SelfOption, type Wiring } from "./wiring.ts"

export interface ProceduralOptions extends SelfOption {
  /** Keeps the connections after all: the same ones, as lists. Default false. */
  readonly kept?: boolean
}

/**
 * Every pair is connected with the same probability, and no connection is kept: those of a neuron are drawn again whenever it fires. All connections of
 * a projection have one weight and one delay.
 * @source Knight and Nowotny, Larger GPU-accelerated brain simulations with procedural connectivity (2021)
 */
export function procedural(probability: number, { self = true, kept = false }: ProceduralOptions = {}): Wiring {
  checkProbability("procedural", probability)
  const drawn = ({ pre, post, isSame }: Ends, random: HostRandom): DrawnLists =>
    drawnLists(key(random.integer(2 ** 32)), pre, post, probability, { self: self || !isSame })
  return {
    kind: "procedural",
    connect(ends, random) {
      const { sources, places } = drawnPairs(drawn(ends, random))
      return { pre: sources, post: places }
    },
    ...(kept ? {} : { drawn }),
  }
}
