import { type Claim, claim } from "../../src/run/index.ts"

export const claims: readonly Claim[] = [
  claim("activity", "less activity at the same quality: active neurons over those of point neurons", {
    paper: "far fewer neurons are active; 62 % less energy (Zynq UltraScale+)",
    value: (m) => m["mcc/active"] / m["point/active"],
    meets: (v, m) => v <= 0.8 && m["mcc/nmse"] <= 1.1 * m["point/nmse"],
    threshold: "<= 0.80, error <= 1.10 of the point neurons'",
  }),
  claim("energy", "so fewer synapses transmit: over those of point neurons", {
    paper: "62 % less energy, 8e-5 µJ a synapse",
    value: (m) => m["mcc/transmitting"] / m["point/transmitting"],
    meets: (v) => v <= 0.85,
    threshold: "<= 0.85",
  }),
  claim("modulation", "it is the modulation: error without context over that with it", {
    paper: "context amplifies what is relevant and silences the rest",
    value: (m) => m["noContext/nmse"] / m["mcc/nmse"],
    meets: (v) => v >= 1.03,
    threshold: ">= 1.03",
    control: (m) => m["noContext/active"] / m["mcc/active"],
    loses: (v) => v > 1,
    controlText: "active neurons without context > 1 of those with it",
  }),
  claim("two-senses", "two senses are used: error when only the sound is given, over that of both", {
    paper: "audio and visual streams are each other's context",
    value: (m) => m["audio/nmse"] / m["mcc/nmse"],
    meets: (v) => v >= 3,
    threshold: ">= 3",
    control: (m) => m["mcc/mismatched"] / m["mcc/nmse"],
    loses: (v) => v >= 5,
    controlText: "the face of another moment >= 5",
  }),
  claim("speed", "it learns faster: error after 50 steps over that of point neurons", {
    paper: "faster learning (abstract)",
    value: (m) => m["mcc/nmse@50"] / m["point/nmse@50"],
    meets: (v, m) => v < 1 && m["mcc/nmse@150"] < m["point/nmse@150"],
    threshold: "< 1, and < 1 after 150",
  }),
  claim("resilience", "it tolerates damage: error with 25 % of the neurons silenced, over that of point neurons", {
    paper: "resilient to sudden damage (title, abstract)",
    value: (m) => m["mcc/damaged25"] / m["point/damaged25"],
    meets: (v) => v <= 1,
    threshold: "<= 1",
  }),
]
