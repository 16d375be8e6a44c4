/** What the paper claims, and how our numbers are weighed. */
import { type Claim, claim, type Metrics } from "../../src/run/index.ts"
import { stress } from "./experiments.ts"
import { evenly, tightest } from "./operations.ts"
import { claimedSizes, claimedSpacingMs, memoryId, spacingId, sweptSpacings } from "./plan.ts"
import { phases } from "./random-memory.ts"

const recalls = stress.operations.filter(({ kind }) => kind !== "learn").length

const asPublished = (id: string, text: string, paper: string, metric: string): Claim =>
  claim(id, text, {
    paper,
    value: (m) => m[metric],
    meets: (v) => v === 0,
    threshold: "0 spikes differ",
    unit: "spikes",
  })

const experiments = [
  asPublished(
    "experiment-1",
    "learning, recall from either side and forgetting, every output spike at its millisecond",
    "the raster of its first experiment",
    "mixed/differences",
  ),
  claim("experiment-2", "every recall of the stress test is right, in all three rounds", {
    paper: "60 operations without a fault",
    value: (m) => m["stress/correct"],
    meets: (v) => v === recalls,
    threshold: `${recalls} of ${recalls}`,
    unit: "recalls",
  }),
  asPublished(
    "experiment-3",
    "the map: every place in a state is recalled, at its millisecond",
    "the raster of its third experiment",
    "map/differences",
  ),
]

const worst = (m: Metrics, id: string, kind: "cue" | "content"): number =>
  Math.min(...phases.map((phase) => m[`${id}/memory/${phase}/${kind}/worst`]))

const random = claimedSizes.flatMap((size) => {
  const id = memoryId(size, evenly(claimedSpacingMs))
  const name = `${size.cues} cues of ${size.bits} bits`
  return [
    claim(`cue-${size.cues}x${size.bits}`, `${name}: cues recall their contents, before and after relearning`, {
      paper: "no number",
      value: (m) => worst(m, id, "cue"),
      meets: (v) => v === 100,
      threshold: "100 %",
      control: (m) => m[`${id}/no-depression/relearned/cue/best`],
      loses: (v) => v <= 60,
      controlText: "without depression, after relearning <= 60 %",
      unit: "%",
    }),
    claim(`content-${size.cues}x${size.bits}`, `${name}: single bits recall their cues, before and after relearning`, {
      paper: "no number",
      value: (m) => worst(m, id, "content"),
      meets: (v) => v === 100,
      threshold: "100 %",
      control: (m) => Math.max(...phases.map((phase) => m[`${id}/no-gate/${phase}/content/best`])),
      loses: (v) => v <= 20,
      controlText: "without inhibition of the gate <= 20 %",
      unit: "%",
    }),
  ]
})

const spacing = claim(
  "spacing",
  "content recall in a random memory of 32 cues is right from 10 ms between operations on",
  {
    paper: "7 ms after a learn and 6 after a recall are enough",
    value: (m) =>
      Math.min(
        ...sweptSpacings
          .filter(({ recallMs }) => recallMs >= 10)
          .map((one) => m[`spacing/${spacingId(one)}/learned/content/worst`]),
      ),
    meets: (v) => v >= 95,
    threshold: ">= 95 % at 10 ms and more",
    control: (m) => m[`spacing/${spacingId(tightest)}/learned/content/best`],
    loses: (v) => v < 80,
    controlText: "at 7 and 6 ms < 80 %",
    unit: "%",
  },
)

export const claims: readonly Claim[] = [...experiments, ...random, spacing]
