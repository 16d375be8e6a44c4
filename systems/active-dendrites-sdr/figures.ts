/** The pictures and tables of a run. */
import { type FigureEvent, figure, type TableEvent, table } from "../../src/run/index.ts"
import { dataColours, formatNumber, light, lines, type VegaLiteSpec } from "../../src/view/index.ts"
import type { Setting } from "./model.ts"
import { claimedPoints, missSetting, missThetas, unionSetting } from "./plan.ts"
import { falseNegative, falsePositive, medianFalsePositive, unionFalsePositive, withReplacement } from "./theory.ts"

/** A simulated rate, where it belongs in a figure. */
export interface Dot {
  readonly x: number
  readonly y: number
  readonly series: string
}

/** What a simulation measured about a setting. */
export interface Measured {
  readonly setting: Setting
  readonly simulated: number
  readonly distance: number
  readonly binomialDistance: number
  readonly trials: number
  /** The share of trials with an overlap of theta or more, at every theta. */
  readonly byTheta: readonly number[]
}

export const logRate = (title: string, domain?: readonly [number, number]) => ({
  title,
  scale: "log" as const,
  ...(domain === undefined ? {} : { domain }),
})
const dots = "Lines: the equation. Dots: simulation."

/** Curves of a theory, with the simulated dots over them. What is below the range shown has no place on a log axis. */
export function theoryAndDots(options: Parameters<typeof lines>[0], simulated: readonly Dot[]): VegaLiteSpec {
  const [floor] = (typeof options.y === "string" ? undefined : options.y.domain) ?? [0]
  const samples = options.samples.filter(({ y }) => y > 0 && y >= floor)
  const series = [...new Set(samples.map((sample) => sample.series))]
  const curves = lines({ ...options, samples, points: false })
  const marks = series.map((name, i) => ({
    data: { values: simulated.filter((dot) => dot.series === name && dot.y > 0 && dot.y >= floor) },
    mark: { type: "point", size: 46, color: series.length === 1 ? light.ink : dataColours[i], stroke: light.ink },
    encoding: { x: { field: "x", type: "quantitative" }, y: { field: "y", type: "quantitative" } },
  }))
  return { ...curves, layer: [...(curves.layer as object[]), ...marks], config: { legend: { labelLimit: 400 } } }
}

export const integers = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + step * i)

export function falsePositiveFigures(measured: readonly Measured[]): FigureEvent[] {
  const { s, theta } = claimedPoints[0]
  const [dense] = claimedPoints.filter(({ n, a }) => n === 500 && a === 128)
  const active = [...new Set(claimedPoints.map(({ a }) => a))]
  const sameSegment = measured.filter(({ setting }) => setting.s === s)
  const nameOf = ({ n, a }: Setting) => `${a} of ${n}`
  return [
    figure(
      "false-positives-n",
      "False positives against the number of cells",
      theoryAndDots(
        {
          samples: active.flatMap((a) =>
            integers(Math.ceil((a * 2.5) / 20) * 20, 1500, 20).map((n) => ({
              x: n,
              y: falsePositive({ n, a, s, theta }),
              series: `a = ${a}`,
            })),
          ),
          x: "presynaptic cells n",
          y: logRate("false positive rate", [1e-12, 1]),
        },
        sameSegment.map(({ setting: { n, a }, simulated }) => ({ x: n, y: simulated, series: `a = ${a}` })),
      ),
      { caption: `${s} synapses, threshold ${theta}. ${dots} The sparser the activity, the faster errors vanish.` },
    ),
    figure(
      "false-positives-theta",
      "False positives against the threshold",
      theoryAndDots(
        {
          samples: claimedPoints.flatMap((setting) =>
            integers(4, 20).map((x) => ({
              x,
              y: falsePositive({ ...setting, theta: x }),
              series: nameOf(setting),
            })),
          ),
          x: "threshold theta",
          y: logRate("false positive rate", [1e-12, 1]),
        },
        sameSegment.flatMap(({ setting, byTheta }) =>
          integers(4, 20).map((x) => ({ x, y: byTheta[x], series: nameOf(setting) })),
        ),
      ),
      { caption: `${s} synapses. ${dots}` },
    ),
    figure(
      "false-positives-s",
      "False positives against the number of synapses",
      theoryAndDots(
        {
          samples: integers(12, 50).map((x) => ({ x, y: falsePositive({ ...dense, s: x }) })),
          x: "synapses s",
          y: logRate("false positive rate", [1e-10, 1]),
        },
        measured
          .filter(({ setting: { n, a } }) => n === dense.n && a === dense.a)
          .map(({ setting, simulated }) => ({ x: setting.s, y: simulated }) as Dot),
      ),
      { caption: `${nameOf(dense)} cells active, threshold ${theta}. ${dots}` },
    ),
  ]
}

export const falseNegativeFigure = (measured: readonly Dot[]): FigureEvent =>
  figure(
    "false-negatives",
    "Misses of a noisy pattern",
    theoryAndDots(
      {
        samples: missThetas.flatMap((theta) =>
          integers(10, 120).map((v) => ({
            x: (100 * v) / missSetting.a,
            y: falseNegative({ ...missSetting, theta }, v),
            series: missSeries(theta),
          })),
        ),
        x: "noise (% of the active cells swapped)",
        y: logRate("false negative rate", [1e-10, 1]),
      },
      measured,
    ),
    { caption: `${missSetting.a} of ${missSetting.n} cells active, ${missSetting.s} synapses. ${dots}` },
  )
export const missSeries = (theta: number): string => `theta = ${theta}`

/** Fig. 6. */
export function thresholdFigure(): FigureEvent {
  const samples = integers(5, 30).map((x) => ({ x, y: medianFalsePositive(x) }))
  const curve = lines({
    samples,
    x: { title: "threshold theta", domain: [5, 30] },
    y: logRate("median false positive rate"),
    paper: { value: 1e-9, label: "paper: 1e-9 at 9" },
    points: true,
  })
  const band = {
    data: { values: [{ from: 8, to: 20, label: "physiology: 8 to 20" }] },
    mark: { type: "rect", color: dataColours[4], opacity: 0.18 },
    encoding: { x: { field: "from", type: "quantitative" }, x2: { field: "to" } },
  }
  const label = {
    ...band,
    mark: { type: "text", align: "left", dx: 6, y: 12 },
    encoding: { x: band.encoding.x, text: { field: "label" } },
  }
  return figure(
    "threshold",
    "The error that is left at each threshold",
    { ...curve, layer: [band, ...(curve.layer as object[]), label] },
    {
      caption: "Median over 252 combinations of n, a and s. The band is how many synapses physiologists find it takes.",
    },
  )
}

/** Fig. 7. */
export function unionFigure(measured: readonly { readonly patterns: number; readonly rate: number }[]): FigureEvent {
  const settings: [string, Setting][] = [
    ["n = 2000, a = 40", unionSetting],
    ["n = 20000, a = 100", { n: 20_000, a: 100, s: 25, theta: 15 }],
    ["n = 1000, a = 200", { n: 1000, a: 200, s: 25, theta: 15 }],
  ]
  return figure(
    "union",
    "Many patterns on one segment",
    theoryAndDots(
      {
        samples: settings.flatMap(([series, setting]) =>
          integers(1, 50).map((x) => ({ x, y: unionFalsePositive(setting, x), series })),
        ),
        x: "patterns on the segment M",
        y: logRate("false positive rate", [1e-18, 1]),
        controls: [settings[2][0]],
      },
      measured.map(({ patterns, rate }) => ({ x: patterns, y: rate, series: settings[0][0] })),
    ),
    { caption: `${dots} Few cells, many of them active: the segment cannot hold even a handful.` },
  )
}

export const pointsTable = (measured: readonly Measured[]): TableEvent =>
  table(
    "points",
    "False positives: Eq 4 against simulation",
    ["n", "a", "s", "theta", "Eq 4", "simulated", "trials", "off (s.e.)", "binomial", "off (s.e.)"],
    measured.map(({ setting, simulated, distance, binomialDistance, trials }) => [
      ...[setting.n, setting.a, setting.s, setting.theta],
      ...[falsePositive(setting), simulated, trials, distance].map(formatNumber),
      ...[withReplacement.falsePositive(setting), binomialDistance].map(formatNumber),
    ]),
  )
