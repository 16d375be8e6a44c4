import { type Claim, claim, type Metrics } from "../../src/run/index.ts"

/** As many movies as the full preset has: the bounds are higher then. */
const isFull = (m: Metrics): boolean => m.trainingMovies >= 120

export const claims: readonly Claim[] = [
  claim("motion", "motion is read from the timing of events (share of steady steps whose motion is named)", {
    paper: "about 91 % of 36 classes, chance 2.8 %",
    value: (m) => m.accSteady,
    meets: (v, m) => v >= (isFull(m) ? 0.7 : 0.6) && m.accAll >= (isFull(m) ? 0.58 : 0.5),
    threshold: ">= 0.60, and >= 0.50 of all steps (full: 0.70 and 0.58); chance 0.06",
    control: (m) => Math.max(m["noMaximum/accSteady"], m["noMaximum/accAll"]),
    loses: (v) => v <= 0.2,
    controlText: "without the maximum over contrasts <= 0.20",
  }),
  claim("delays", "the delays carry it: each weight replaced by its mean over the delays (share of all steps)", {
    paper: "order in time is the signal",
    value: (m) => m["averaged/accAll"],
    meets: (v, m) => v <= 0.18 && v < m.accAll,
    threshold: "<= 0.18",
  }),
  claim("pruning", "pruning is cheap: accuracy with the largest 30 % of the weights over that of all", {
    paper: "near the peak down to 1/31 of the computations",
    value: (m) => m["pruned30/accAll"] / m.accAll,
    meets: (v) => v >= 0.93,
    threshold: ">= 0.93",
  }),
  claim("shortening", "shortening is dear: what the shortest half of the delays lose (6 of 11, 55 %)", {
    paper: "half saturation with about a third of the weights left",
    value: (m) => m.accAll - m["shortenedHalf/accAll"],
    meets: (v) => v >= 0.12,
    threshold: ">= 0.12",
  }),
  claim("equal-count", "with as many synapses pruning beats shortening, from 10 % of them on (smallest lead)", {
    paper: "half saturation at 652 synapses; shortening fails early",
    value: (m) => m.smallestLead,
    meets: (v) => v > 0,
    threshold: "> 0",
  }),
  claim("trajectories", "kernels lie along trajectories: older synapses behind, within 45 degrees (share of classes)", {
    paper: "kernels look like those of visual cortex",
    value: (m) => m["trajectories/learnt"],
    meets: (v) => v >= 0.75,
    threshold: ">= 0.75",
    control: (m) => m["trajectories/untrained"],
    loses: (v) => v <= 0.4,
    controlText: "untrained kernels <= 0.40",
  }),
]
