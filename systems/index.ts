/** The systems that run, by slug, each loaded when it is asked for. */
import type { System } from "../src/run/index.ts"

export const systems: Readonly<Record<string, () => Promise<{ default: System }>>> = {
  "active-dendrites-sdr": () => import("./active-dendrites-sdr/system.ts"),
  "beyond-backprop": () => import("./beyond-backprop/system.ts"),
  brainpy: () => import("./brainpy/system.ts"),
  "elm-neuron": () => import("./elm-neuron/system.ts"),
  "heterogeneous-delays": () => import("./heterogeneous-delays/system.ts"),
  "hippocampus-cam": () => import("./hippocampus-cam/system.ts"),
  hlop: () => import("./hlop/system.ts"),
  l2mu: () => import("./l2mu/system.ts"),
  "meta-neuron-lzc": () => import("./meta-neuron-lzc/system.ts"),
  "neural-circuit-diagrams": () => import("./neural-circuit-diagrams/system.ts"),
  "self-sorting": () => import("./self-sorting/system.ts"),
  sltt: () => import("./sltt/system.ts"),
  "two-point-mcc": () => import("./two-point-mcc/system.ts"),
}
