import { type Claim, claim } from "../../src/run/index.ts"

export const claims: readonly Claim[] = [
  claim("spikes", "from the raw signal to the label with spikes only (share of windows recognised)", {
    paper: "accurate on WISDM's hand activities, encoding-free",
    value: (m) => m["leaky/accuracy"],
    meets: (v, m) => v >= 0.88 && m["leaky/binary"] === 1 && m["leaky/shuffled"] <= 0.55,
    threshold: ">= 0.88, all that is passed on 0 or 1, samples in another order <= 0.55",
    control: (m) => m["linear/accuracy"],
    loses: (v) => v <= 0.35,
    controlText: "linear classifier of the raw window <= 0.35",
  }),
  claim("compression", "30 % of the weights cut and fine-tuned: points lost", {
    paper: "little or no loss",
    value: (m) => 100 * (m["leaky/accuracy"] - m["pruned30/fine"]),
    meets: (v, m) => v <= 2.5 && 100 * (m["leaky/accuracy"] - m["int8/accuracy"]) <= 2.5,
    threshold: "<= 2.5, and with 8-bit weights <= 2.5",
    unit: "points",
    control: (m) => 100 * (m["leaky/accuracy"] - m["pruned30/cut"]),
    loses: (v) => v >= 8,
    controlText: "without fine-tuning >= 8",
  }),
  claim("leaky", "Leaky neurons against Synaptic ones at equal steps", {
    paper: "Leaky more accurate",
    value: (m) => 100 * (m["leaky/accuracy"] - m["synaptic/accuracy"]),
    meets: (v) => v >= -1,
    threshold: ">= -1 point",
    unit: "points",
  }),
  claim("edge", "it fits the edge: time of one window of 2 s", {
    paper: "< 300 ms (STM32, Raspberry Pi)",
    value: (m) => m["leaky/latencyMs"],
    meets: (v, m) => v <= 300 && m["nir/same"] === 1 && m["onnx/same"] === 1,
    threshold: "<= 300 ms, and copies from NIR and ONNX files tell the same class of 200 windows",
    unit: "ms",
  }),
  claim("memory", "the memory without neurons holds its window: error of what is read theta steps ago", {
    paper: "Legendre memory units",
    value: (m) => m["legendre/error"],
    meets: (v) => v <= 0.1,
    threshold: "<= 0.10",
    control: (m) => m["legendre/transposed"],
    loses: (v) => v >= 0.4,
    controlText: "with the transposed matrix >= 0.4",
  }),
]
