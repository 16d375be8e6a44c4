import { type Claim, claim, type Metrics } from "../../src/run/index.ts"

/** The layers of Mono-Forward that a run measured, M_0's first. */
const layersOf = (m: Metrics): number[] => Array.from({ length: m["mf/layers"] + 1 }, (_, i) => m[`mf/layer${i}`])

export const claims: readonly Claim[] = [
  claim("parity", "Mono-Forward keeps up with backpropagation on MNIST (difference in points)", {
    paper: "+0.09 (MNIST, two layers of 1000)",
    value: (m) => m["mf/accuracy"] - m["bp/accuracy"],
    meets: (v, m) => v >= -0.6 && m["mf/accuracy"] >= 94.5,
    threshold: ">= -0.6 points, MF >= 94.5 %",
    unit: "points",
  }),
  claim("parity-cifar", "Mono-Forward keeps up with backpropagation on CIFAR-10 (difference in points)", {
    paper: "+1.21 (62.34 against 61.13 %, three layers of 2000)",
    value: (m) => m["cifar/mf/accuracy"] - m["cifar/bp/accuracy"],
    meets: (v) => v >= -1,
    threshold: ">= -1.0 point",
    unit: "points",
  }),
  claim("local", "the last layer beats the linear classifier M_0: local losses make the layers learn", {
    paper: "the layers are trained by them alone",
    value: (m) => m["mf/accuracy"] - m["mf/layer0"],
    meets: (v) => v >= 3,
    threshold: ">= 3 points",
    control: (m) => m["frozen/accuracy"] - m["mf/accuracy"],
    loses: (v) => v <= -8,
    controlText: "W frozen at random: last layer <= -8 points",
    unit: "points",
  }),
  claim("depth", "accuracy does not fall with depth (smallest gain of a layer over the one below, from layer 2 on)", {
    paper: "deeper layers are no worse",
    value: (m) => Math.min(...layersOf(m).flatMap((x, i, all) => (i < 2 ? [] : [x - all[i - 1]]))),
    meets: (v) => v >= -0.3,
    threshold: ">= -0.3 points",
    unit: "points",
  }),
  claim(
    "multiply-adds",
    "with its prefix kept, Mono-Forward spends less than backpropagation in an epoch of all phases (784-500-500)",
    {
      paper: "energy -13 % (MNIST), -41 % (CIFAR-10)",
      value: (m) => m["784-500-500/kept/macs"] / m["784-500-500/bp/macs"],
      meets: (v) => v <= 0.9,
      threshold: "<= 0.90 of the multiply-adds",
      control: (m) => m["784-500-500/uncached/macs"] / m["784-500-500/bp/macs"],
      loses: (v) => v > 1.05,
      controlText: "prefix computed again for every batch: > 1.05",
    },
  ),
  claim("memory", "a training step of Mono-Forward holds less than one of backpropagation (peak bytes)", {
    paper: "+0.9 % (MNIST), -5.4 % (CIFAR-10)",
    value: (m) => m["mf/kept/peakBytes"] / m["bp/peakBytes"],
    meets: (v) => v < 1,
    threshold: "< 1",
  }),
  claim("ff-cost", "Forward-Forward spends a multiple of backpropagation's multiply-adds in an epoch", {
    paper: "energy +237 % to +862 %",
    value: (m) => m["ff/macs"] / m["bp/macs"],
    meets: (v) => v >= 2.2,
    threshold: ">= 2.2",
  }),
  claim("ff-accuracy", "Forward-Forward is behind Mono-Forward at equal epochs (the better of its two predictions)", {
    paper: "accurate, but only after many more epochs",
    value: (m) => m["mf/accuracy"] - Math.max(m["ff/accuracy"], m["ff/goodnessAccuracy"]),
    meets: (v) => v >= 1.5,
    threshold: ">= 1.5 points",
    unit: "points",
  }),
  claim("cafo", "Cascaded-Forward reads MNIST from blocks that nobody trained", {
    paper: "CaFo-Rand trades accuracy for cheapness",
    value: (m) => m["cafo/accuracy"],
    meets: (v) => v >= 93,
    threshold: ">= 93 %",
    unit: "%",
  }),
  claim("cafo-feedback", "on CIFAR-10, blocks that learn by feedback alignment beat random ones", {
    paper: "11.5 points (-1.7 against -13.2 from backpropagation)",
    value: (m) => m["cifar/dfa/accuracy"] - m["cifar/cafo/accuracy"],
    meets: (v) => v >= 2,
    threshold: ">= 2 points",
    unit: "points",
  }),
]
