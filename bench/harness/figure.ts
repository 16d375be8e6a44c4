/** One figure of all groups: how many times as long (or large) each peer is as ours. */
import { dataColours, light, toSvg, type VegaLiteSpec } from "../../src/view/index.ts"
import { against } from "./line.ts"
import { peers } from "./peers.ts"
import type { GroupResult } from "./results.ts"

/** Each peer by colour and by shape, so that colour is never alone. */
const shapes = ["circle", "square", "diamond", "triangle-up", "triangle-down", "cross"]
const looks = peers.map(({ name }, i) => ({
  name,
  colour: i < dataColours.length ? dataColours[i] : light.ink,
  shape: shapes[i % shapes.length],
}))

export function figureSpec(results: readonly GroupResult[]): VegaLiteSpec {
  const points = results.flatMap(({ group, lines }) =>
    lines.flatMap((line) =>
      Object.entries(line.peers).flatMap(([peer, value]) => {
        const times = against(line, value)
        const isPeer = looks.some(({ name }) => name === peer) // the lines of "rules" stand beside backpropagation
        return times === null || !isPeer ? [] : [{ group, line: line.name, peer, times }]
      }),
    ),
  )
  const names = looks.filter(({ name }) => points.some(({ peer }) => peer === name))
  const domain = names.map(({ name }) => name)
  const groupPanels = results
    .filter(({ group }) => points.some((point) => point.group === group))
    .map(({ group, lines }, i, all) => ({
      title: { text: group, anchor: "start", frame: "group" },
      data: { values: points.filter((point) => point.group === group) },
      width: 460,
      height: { step: 18 },
      layer: [
        { mark: { type: "rule", strokeWidth: 1.25, color: light.ink }, encoding: { x: { datum: 1 } } },
        {
          mark: { type: "point", filled: true, size: 55, opacity: 0.9 },
          encoding: {
            x: {
              field: "times",
              type: "quantitative",
              scale: { type: "log", nice: true },
              title:
                i === all.length - 1
                  ? "time, size or 1 / rate, as a multiple of Cajal's (right of the rule: Cajal is ahead)"
                  : null,
              axis: { grid: true, format: "~g" },
            },
            y: {
              field: "line",
              type: "nominal",
              sort: lines.map(({ name }) => name),
              title: null,
              axis: { grid: true, labelLimit: 0 },
            },
            color: {
              field: "peer",
              type: "nominal",
              title: null,
              legend: { columns: 5 },
              scale: { domain, range: names.map((one) => one.colour) },
            },
            shape: {
              field: "peer",
              type: "nominal",
              title: null,
              scale: { domain, range: names.map((one) => one.shape) },
            },
          },
        },
      ],
    }))
  return { vconcat: groupPanels, resolve: { scale: { x: "shared", color: "shared", shape: "shared" } } }
}

export const drawFigure = (results: readonly GroupResult[]): Promise<string> => toSvg(figureSpec(results), "bench")
