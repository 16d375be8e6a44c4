/** What the paper claims, and how our numbers are weighed. */
import { type Claim, claim } from "../../src/run/index.ts"

export const claims: readonly Claim[] = [
  claim("lossless", "terms read back from their pictures, and run, that are what was drawn", {
    paper: "diagrams are as exact as code (sections 1 and 2)",
    value: (m) => m["trips/kept"],
    meets: (v, m) => v === 100 && m["trips/difference"] <= 1e-5,
    threshold: "100 %, results within 1e-5",
    control: (m) => m["readings/equal-sizes"],
    loses: (v, m) => v === 64 && m["readings/choices"] === 128 && m["readings/sizes-534"] === 2,
    controlText: "with the axes erased: 64 functions at equal sizes (of 128 readings), still 2 at sizes 5, 3, 4",
    unit: "%",
  }),
  claim("broadcasting", "boxes for which an index before is that index after, for every tiled axis", {
    paper: "operations lift over the axes that run past them (section 2)",
    value: (m) => m["laws/kept"],
    meets: (v, m) => v === 100 && m["laws/worst"] <= 1e-6,
    threshold: "100 %, within 1e-6",
    control: (m) => m["laws/caught"],
    loses: (v) => v >= 99,
    controlText: "an axis wrongly declared tiled is found out in >= 99 %",
    unit: "%",
  }),
  claim("costs", "multiply-adds of multi-head attention, read from its diagram", {
    paper: "time and memory are read off diagrams; counted here by the engine",
    value: (m) => m["costs/multi-head"],
    meets: (v, m) =>
      v === 744_448 &&
      m["costs/multi-head/engine"] === v &&
      m["costs/core"] === 56_320 &&
      m["costs/core/widest"] === 4096 &&
      m["costs/core/first-product"] === 5856,
    threshold: "744 448 as the engine counts; core 56 320, widest section 4096, first product 5856",
  }),
  claim("fusion", "linear operations fused: largest intermediate array", {
    paper: "linear boxes rearrange freely (section on linearity)",
    value: (m) => m["fusion/after"],
    meets: (v, m) => v === 30 && m["fusion/before"] === 480 && m["fusion/difference"] <= 1e-6,
    threshold: "480 -> 30 numbers, the same result to 1e-6",
    unit: "numbers",
  }),
  claim("coverage", "boxes that are more than a name, in every system that gives its program (the worst)", {
    paper: "nine architectures are drawn; here every system with a traced program",
    value: (m) => m["catalogue/known"],
    meets: (v, m) =>
      v >= 95 &&
      m["catalogue/overlaps"] === 0 &&
      m["catalogue/crossings"] === 0 &&
      m["catalogue/ms"] <= 2000 &&
      m["catalogue/kB"] <= 400,
    threshold: ">= 95 %, no overlapping labels, no wire through a box, <= 2 s and <= 400 kB each",
    unit: "%",
  }),
]
