import { drawGraph } from "../../src/view/index.ts"
import type { Values } from "./parameters.ts"

/** A projection's four exchangeable parts, and where its state lies. */
export const drawProjection = ({ wE, wI }: Values): string =>
  drawGraph({
    nodes: [
      { id: "E", label: "E", detail: "3200 neurons" },
      { id: "I", label: "I", detail: "800 neurons" },
      { id: "delay", label: "delay", detail: "ring buffer" },
      { id: "comm", label: "communication", detail: "events, rows from a seed" },
      { id: "gE", label: "gE", detail: `one a neuron, 5 ms, wE ${wE}` },
      { id: "gI", label: "gI", detail: `one a neuron, 10 ms, wI ${wI}` },
      { id: "out", label: "output", detail: "g (E - V)" },
      { id: "V", label: "V", detail: "exponential Euler" },
    ],
    edges: [
      { from: "E", to: "delay" },
      { from: "I", to: "delay" },
      { from: "delay", to: "comm" },
      { from: "comm", to: "gE" },
      { from: "comm", to: "gI" },
      { from: "gE", to: "out" },
      { from: "gI", to: "out" },
      { from: "out", to: "V" },
    ],
  })
