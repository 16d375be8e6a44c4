import { type Claim, claim } from "../../src/run/index.ts"

export const claims: readonly Claim[] = [
  claim("lif-learns", "from a mis-set start learning the neuron helps: LIF, learned less fixed constants", {
    paper: "up to 13.5 points",
    value: (m) => 100 * (m["lif-learned/accuracy"] - m["lif-fixed/accuracy"]),
    meets: (v) => v >= 3,
    threshold: ">= 3 points",
    unit: "points",
  }),
  claim("meta-learns", "and meta neurons", {
    paper: "up to 8.5 points",
    value: (m) => 100 * (m["meta-learned/accuracy"] - m["meta-fixed/accuracy"]),
    meets: (v) => v >= 2,
    threshold: ">= 2 points",
    unit: "points",
  }),
  claim("richer", "the richer neuron is worth it: meta less LIF, both learned, same size and steps", {
    paper: "meta neurons above LIF",
    value: (m) => 100 * (m["meta-learned/accuracy"] - m["lif-learned/accuracy"]),
    meets: (v) => v >= 4,
    threshold: ">= 4 points",
    unit: "points",
  }),
  claim("complexity", "complexity sees what rate cannot: hidden spikes read by it (share of two classes of one rate)", {
    paper: "SNN-LZC up to 99.5 %",
    value: (m) => m["meta-learned/lzc"],
    meets: (v, m) => v >= 0.75 && m["rateTask/lzc"] >= 0.94,
    threshold: ">= 0.75; of two rates >= 0.94",
    control: (m) => m["counts/accuracy"],
    loses: (v) => v <= 0.62,
    controlText: "best threshold on the number of input spikes <= 0.62",
  }),
  claim("exact", "the measure is exact: phrases of five strings (largest deviation)", {
    paper: "Lempel and Ziv (1976)",
    value: (m) => m["lzc/deviation"],
    meets: (v, m) => v === 0 && Math.abs(m["lzc/coin"] - 1.06) <= 0.02,
    threshold: "0; of fair coins 1.06 +-0.02",
  }),
]
