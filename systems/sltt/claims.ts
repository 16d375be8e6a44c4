import { type Claim, claim, type Metrics } from "../../src/run/index.ts"

const passesOf = (m: Metrics): number =>
  Math.max(Math.abs(m["sltt-1/passes@24"] - 1), Math.abs(m["sltt-2/passes@24"] - 2))

export const claims: readonly Claim[] = [
  claim("memory", "training memory does not grow with the number of steps (bytes at T = 24 over T = 6)", {
    paper: "independent of T (abstract)",
    value: (m) => m["sltt/bytes@24"] / m["sltt/bytes@6"],
    meets: (v) => v <= 1.05,
    threshold: "<= 1.05",
    control: (m) => m["bptt/bytes@24"] / m["bptt/bytes@6"],
    loses: (v) => v >= 2.5,
    controlText: "BPTT >= 2.5",
  }),
  claim("saving", "at T = 24 SLTT takes less than 0.30 of the memory of BPTT", {
    paper: "over 70 % less on ImageNet (abstract)",
    value: (m) => m["sltt/bytes@24"] / m["bptt/bytes@24"],
    meets: (v) => v <= 0.3,
    threshold: "<= 0.30",
  }),
  claim("parity", "SLTT is as accurate as BPTT (difference in points, SLTT at least 92.5 %)", {
    paper: "on a par (abstract)",
    value: (m) => Math.abs(m["sltt/meanAccuracy"] - m["bptt/meanAccuracy"]),
    meets: (v, m) => v <= 1 && m["sltt/meanAccuracy"] >= 92.5,
    threshold: "<= 1.0 point, SLTT >= 92.5 %",
    control: (m) => m["readout/meanAccuracy"],
    loses: (v, m) => v <= 82 && v <= m["sltt/meanAccuracy"] - 10,
    controlText: "readout alone <= 82 % and 10 points below SLTT",
    unit: "points",
  }),
  claim("k-accuracy", "SLTT-1 and SLTT-2 stay within 1.5 points of SLTT", {
    paper: "within about one point",
    value: (m) =>
      Math.max(
        Math.abs(m["sltt-1/meanAccuracy"] - m["sltt/meanAccuracy"]),
        Math.abs(m["sltt-2/meanAccuracy"] - m["sltt/meanAccuracy"]),
      ),
    meets: (v) => v <= 1.5,
    threshold: "<= 1.5 points",
    unit: "points",
  }),
  claim("k-passes", "SLTT-K runs exactly K backward passes a batch (deviation)", {
    paper: "K of T",
    value: passesOf,
    meets: (v) => v === 0,
    threshold: "0",
  }),
  claim("k-time", "at T = 24 a gradient of SLTT-1 takes at most 0.75 of the time of BPTT", {
    paper: "over 50 % less on ImageNet (abstract)",
    value: (m) => m["sltt-1/ms@24"] / m["bptt/ms@24"],
    meets: (v) => v <= 0.75,
    threshold: "<= 0.75",
  }),
  claim("cosine", "at tau = 1.1 the gradients of SLTT and BPTT point the same way (smallest cosine over the run)", {
    paper: "near 1",
    value: (m) => m["sltt/cosine"],
    meets: (v) => v >= 0.995,
    threshold: ">= 0.995",
    control: (m) => m["tau4/cosine"],
    loses: (v) => v <= 0.995,
    controlText: "tau = 4, more memory in the neuron: <= 0.995",
  }),
]
