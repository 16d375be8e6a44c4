import { type Claim, claim, type Metrics } from "../../src/run/index.ts"

/** Sizes of the twin that were trained, ascending. */
const sizesOf = (m: Metrics): number[] =>
  [1, 2, 3, 5, 10, 20].filter((memory) => Object.hasOwn(m, `twin-dm${memory}/auc`))

export const claims: readonly Claim[] = [
  claim("memory", "long leaks carry memory: sums of two digits named, 0.8 s apart", {
    paper: "small tauMax costs most (ablation, SHD-Adding)",
    value: (m) => m["elm/accuracy"],
    meets: (v, m) => v >= 0.65 && v >= m["short/accuracy"] + 0.25,
    threshold: ">= 0.65, and 0.25 above the control",
    control: (m) => m["short/accuracy"],
    loses: (v) => v <= 0.4,
    controlText: "tau max 5 ms <= 0.40 (the last digit alone: 0.20)",
  }),
  claim("two-layers", "integration in two layers is needed: the same with a linear network inside", {
    paper: "no nonlinearity costs most (ablation)",
    value: (m) => m["linear/accuracy"] - m["elm/accuracy"],
    meets: (v) => v <= -0.15,
    threshold: "<= -0.15",
  }),
  claim("capacity", "capacity: 64 memory units above 8", {
    paper: "few memory units cost most (ablation)",
    value: (m) => m["elm/accuracy"] - m["few/accuracy"],
    meets: (v) => v >= 0.15,
    threshold: ">= 0.15",
  }),
  claim("twin", "few parameters fit a neuron: area under the curve of its spikes with 2,150", {
    paper: "0.992 with 8,002, 0.944 with 4,601 (NeuronIO)",
    value: (m) => m["twin-dm20/auc"],
    meets: (v, m) => {
      const areas = sizesOf(m).map((memory) => m[`twin-dm${memory}/auc`])
      const isRising = areas.every((area, i) => i === 0 || area >= areas[i - 1])
      return v >= 0.9 && m["twin-dm1/auc"] <= v - 0.04 && isRising
    },
    threshold: ">= 0.90, one unit 0.04 below, rising with size",
  }),
  claim("twin-voltage", "and the voltage of its soma: explained variance with 20 memory units", {
    paper: "96.6 % (dm 100)",
    value: (m) => m["twin-dm20/explained"],
    meets: (v) => v > 0,
    threshold: "twice that of one unit",
    control: (m) => m["twin-dm1/explained"],
    loses: (v, m) => m["twin-dm20/explained"] >= 2 * v,
    controlText: "one memory unit, at most half",
  }),
]
