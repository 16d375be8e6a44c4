import { type Claim, claim } from "../../src/run/index.ts"

export const claims: readonly Claim[] = [
  claim("forgetting", "almost nothing is forgotten: backward transfer of HLOP, mean over tasks", {
    paper: "about -1.3 points, sequential learning about -28 (10 tasks; from memory)",
    value: (m) => m["hlop/bwt"],
    meets: (v, m) => v >= -3 && m["hlop/acc"] >= 85 && m["hlop/acc"] - m["baseline/acc"] >= 4,
    threshold: ">= -3.0 points, ACC >= 85 % and 4 points above no projection",
    control: (m) => m["baseline/bwt"],
    loses: (v) => v <= -7,
    controlText: "no projection <= -7 points",
    unit: "points",
  }),
  claim(
    "hebbian",
    "it is what Hebb has learned, not the projection as such: HLOP forgets less than random lateral neurons",
    {
      paper: "the subspace is that of the traces (section 4)",
      value: (m) => m["hlop/bwt"] - m["random/bwt"],
      meets: (v) => v >= 4,
      threshold: ">= 4 points",
      control: (m) => m["random/bwt"],
      loses: (v) => v <= -6,
      controlText: "random lateral neurons <= -6 points",
      unit: "points",
    },
  ),
  claim("subspace", "lateral Hebb finds the principal subspace: energy of held-out images outside of it after task 1", {
    paper: "Oja's rule converges to it (section 4)",
    value: (m) => m["hlop/first residual"],
    meets: (v, m) => v <= 15 && m["hlop/first deviation"] <= 0.1,
    threshold: "<= 15 %, |H H' - I| <= 0.1",
    control: (m) => m["random-directions/residual"],
    loses: (v) => v >= 80,
    controlText: "as many random directions >= 80 %",
    unit: "%",
  }),
  claim("plasticity", "it still learns: accuracy on the last task right after learning it, HLOP minus no projection", {
    paper: "plasticity is kept (abstract)",
    value: (m) => m["hlop/last"] - m["baseline/last"],
    meets: (v) => v >= -4,
    threshold: ">= -4 points",
    unit: "points",
  }),
]
