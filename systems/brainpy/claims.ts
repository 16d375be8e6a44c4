/** What the paper and the networks' own publications claim, and how our numbers are weighed. */
import { microcircuitPopulations } from "../../src/neuro/index.ts"
import { type Claim, claim, type Metrics } from "../../src/run/index.ts"
import { isInBand } from "./networks.ts"
import type { Timing } from "./operators.ts"

/** All seeds of a network are in a range; its mean is the number shown. */
const allWithin = (m: Metrics, name: string, from: number, to: number): boolean =>
  m[`${name}/rate-low`] >= from && m[`${name}/rate-high`] <= to

const balanced = [
  claim("coba", "COBA fires at a low rate: excitation and inhibition balance", {
    paper: "about 20 Hz (Vogels and Abbott 2005)",
    value: (m) => m["coba/rate"],
    meets: (_, m) => allWithin(m, "coba", 14, 28),
    threshold: "14 to 28 Hz, every seed",
    control: (m) => m["coba/control"],
    loses: (v) => v >= 150,
    controlText: "without inhibition >= 150 Hz",
    unit: "Hz",
  }),
  claim("coba-irregular", "its neurons fire irregularly (coefficient of variation of intervals)", {
    paper: "irregular, above 1",
    value: (m) => m["coba/cv"],
    meets: (v) => v >= 1.1,
    threshold: ">= 1.1",
  }),
  claim("cuba", "CUBA fires at its rate", {
    paper: "benchmark 2 of Brette et al. (2007)",
    value: (m) => m["cuba/rate"],
    meets: (_, m) => allWithin(m, "cuba", 4, 7.5),
    threshold: "4 to 7.5 Hz, every seed",
    unit: "Hz",
  }),
  claim("coba-hh", "COBA-HH fires at its rate", {
    paper: "benchmark 3 of Brette et al. (2007)",
    value: (m) => m["hh/rate"],
    meets: (_, m) => allWithin(m, "hh", 25, 55),
    threshold: "25 to 55 Hz, every seed",
    control: (m) => m["hh/control"],
    loses: (v) => v >= 300,
    controlText: "without inhibition >= 300 Hz",
    unit: "Hz",
  }),
]

/** A number that counts only where the claim's seeds were run. */
const withSeeds = (m: Metrics, value: number): number => (m["decision/seeds"] >= 3 ? value : Number.NaN)

const decisions = [
  claim(
    "decision",
    "the favoured pool wins, by its rate at the end of the stimulus (worst of both signs and 3 seeds)",
    {
      paper: "one pool wins, at tens of Hz (Wang 2002)",
      value: (m) => withSeeds(m, m["decision/favoured"]),
      meets: (v, m) => v >= 30 && m["decision/other"] <= 5,
      threshold: ">= 30 Hz, the other pool <= 5 Hz",
      control: (m) => m["decision/no-nmda"],
      loses: (v) => v <= 6,
      controlText: "without recurrent NMDA no pool exceeds 6 Hz",
      unit: "Hz",
    },
  ),
  claim("decision-memory", "and remembers without the stimulus, by its rate at the end of the delay", {
    paper: "persistent activity (Wang 2002)",
    value: (m) => withSeeds(m, m["decision/favoured-delay"]),
    meets: (v, m) => v >= 20 && m["decision/other-delay"] <= 5,
    threshold: ">= 20 Hz, the other pool <= 5 Hz",
    control: (m) => m["decision/flat"],
    loses: (v, m) => v <= 12 && m["decision/flat-delay"] <= 5,
    controlText: "with w+ = 1 no pool exceeds 12 Hz, nor 5 Hz without the stimulus",
    unit: "Hz",
  }),
]

const order = (m: Metrics): boolean =>
  m["microcircuit/L5E"] > m["microcircuit/L4E"] &&
  m["microcircuit/L4E"] > m["microcircuit/L23E"] &&
  m["microcircuit/L23E"] > 0.2 &&
  m["microcircuit/L23E"] < 2.5 &&
  m["microcircuit/L6E"] < 2.5

const outside = (m: Metrics, run: string): number =>
  microcircuitPopulations.filter((name, i) => !isInBand(m[`${run}/${name}`], i)).length

const circuit = claim(
  "microcircuit",
  "a tenth of the microcircuit keeps the rates of the whole (populations outside)",
  {
    paper: "0.9 to 8.6 Hz, in this order (Potjans and Diesmann 2014)",
    value: (m) => outside(m, "microcircuit"),
    meets: (v, m) => v === 0 && order(m),
    threshold: "0 outside 40 % + 0.6 Hz; L5E > L4E > L23E > 0.2 Hz; L23E, L6E < 2.5 Hz",
    control: (m) => outside(m, "weak"),
    loses: (v, m) => v >= 4 && m["weak/L5E"] >= 25,
    controlText: "g = -2: at least 4 outside, L5E >= 25 Hz",
    unit: "of 8",
  },
)

const merging = [
  claim("merging-exact", "merged synapses give the conductances of separate ones (largest relative error)", {
    paper: "merging is exact",
    value: (m) => Math.max(m["merging/error-post"], m["merging/error-pre"]),
    meets: (v) => v <= 1e-4,
    threshold: "<= 1e-4",
  }),
  claim(
    "merging-bytes",
    "and take a hundredth of the memory (state bytes, the larger of the two ways over one for each synapse)",
    {
      paper: "O(neurons), not O(synapses)",
      value: (m) => m["merging/share"],
      meets: (v) => v <= 0.01,
      threshold: "<= 0.01 at 208 inputs a neuron",
    },
  ),
  claim(
    "merging-refused",
    "NMDA receptors must not be merged on the postsynaptic neuron: the error where it is forced",
    {
      paper: "only linear synapses",
      value: (m) => m["nmda/error"],
      meets: (v, m) => v >= 0.1 && m["nmda/refused"] === 1,
      threshold: ">= 0.1 at 50 Hz, and refused",
    },
  ),
  claim(
    "jit-exact",
    "a network with connections made just in time fires as with the same ones kept (spikes that differ)",
    {
      paper: "the same results",
      value: (m) => m["jit/differing"],
      meets: (v, m) => v === 0 && m["jit/spikes"] > 1000,
      threshold: "0",
    },
  ),
  claim("jit-bytes", "connections made just in time take no memory (bytes of a projection)", {
    paper: "millions of neurons on one device",
    value: (m) => m["jit/bytes"],
    meets: (v) => v <= 64,
    threshold: "<= 64 bytes",
    control: (m) => m["jit/kept-bytes"],
    loses: (v) => v > 64,
    controlText: "kept as lists",
    unit: "bytes",
  }),
]

const product = (m: Metrics, operator: Timing["operator"], neurons: number, active: number): number =>
  m[`product/${operator}/${neurons}/${active}`]

const ofOneToTen = (m: Metrics, operator: Timing["operator"]): number =>
  product(m, operator, 10_000, 0.01) / product(m, operator, 10_000, 0.1)

const faster = (operator: "dense" | "sparse", neurons: number, times: number, text: string, paper: string): Claim =>
  claim(`events-${operator}`, text, {
    paper,
    value: (m) => product(m, operator, neurons, 0.01) / product(m, "events", neurons, 0.01),
    meets: (v) => v >= times,
    threshold: `>= ${times} times`,
    unit: "times",
  })

const events = [
  faster(
    "dense",
    4000,
    10,
    "a product with events is faster than a dense one (p = 0.01, 1 % active, 4000 neurons)",
    "orders of magnitude",
  ),
  faster("sparse", 10_000, 3, "and than a sparse one (10 000 neurons)", "faster than sparse products"),
  claim("events-activity", "its time follows the events (at 1 % active over 10 %)", {
    paper: "cost follows the spikes",
    value: (m) => ofOneToTen(m, "events"),
    meets: (v) => v <= 0.3,
    threshold: "<= 0.3",
    control: (m) => ofOneToTen(m, "sparse"),
    loses: (v) => v > 0.3,
    controlText: "the sparse product, which takes all rows, > 0.3",
  }),
  claim("growth", "COBA's time grows with its size (40 000 over 4000 neurons, 80 inputs each)", {
    paper: "almost flat up to 40 000",
    value: (m) => m["coba/40000/ms"] / m["coba/4000/ms"],
    meets: (v) => v <= 15,
    threshold: "<= 15",
  }),
]

const learning = [
  claim("classifier", "a spiking network learns digits through its spikes (share of test images)", {
    paper: "trained by back-propagation (appendix)",
    value: (m) => m["classifier/accuracy"],
    meets: (v) => v >= 0.88,
    threshold: ">= 0.88",
    control: (m) => m["frozen/accuracy"],
    loses: (v, m) => v <= m["classifier/accuracy"] - 0.06,
    controlText: "input weights frozen: at least 0.06 lower",
  }),
  claim("memory", "slow currents carry a working memory (share of trials)", {
    paper: "learned; the slow current is needed (section 5.3)",
    value: (m) => m["memory/accuracy"],
    meets: (v) => v >= 0.75,
    threshold: ">= 0.75",
    control: (m) => m["memoryless/accuracy"],
    loses: (v) => v <= 0.65,
    controlText: "without slow currents <= 0.65",
  }),
]

export const claims: readonly Claim[] = [...balanced, ...decisions, circuit, ...merging, ...events, ...learning]
