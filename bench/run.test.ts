import { spawnSync } from "node:child_process"
import path from "node:path"
import { expect, test } from "vitest"
import { figureSpec } from "./harness/figure.ts"
import { difference, fingerprint } from "./harness/fingerprint.ts"
import { ratioOf } from "./harness/line.ts"
import { median } from "./harness/measure.ts"
import { wrongRate } from "./harness/simulate.ts"

const bench = (...args: string[]) =>
  spawnSync(process.execPath, [path.join(import.meta.dirname, "run.ts"), ...args], { encoding: "utf8" })

test("--json prints one object of the promised form, also without any peer", () => {
  const { stdout, status } = bench(
    ...["dense", "--only", "matmul 256", "--peers", "none", "--rounds", "1", "--slice", "1", "--dry", "--json"],
  )
  expect(status).toBe(0)
  const result = JSON.parse(stdout) as { lines: Record<string, unknown>[]; machine: Record<string, unknown> }
  expect(Object.keys(result)).toEqual(["lines", "machine"])
  expect(result.lines.map(({ name }) => name)).toEqual(["matmul 256, 1 thread", "matmul 256, 2 threads"])
  for (const line of result.lines) {
    expect(Object.keys(line)).toEqual(["name", "unit", "ours", "peers", "ratio"])
    expect(line).toMatchObject({ unit: "GFLOP/s", peers: {}, ratio: null })
    expect(line.ours).toBeGreaterThan(0)
  }
  expect(result.machine.cores).toBeGreaterThan(0)
})

test("a mistake in what was asked is said in one line", () => {
  const { stderr, status } = bench("dence")
  expect(status).toBe(2)
  expect(stderr).toBe(
    'bench: there is no group "dence"\n  hint: groups: dense, spiking, scan, simulation, rules, startup, sizes\n',
  )
})

test("the ratio says how many times better ours is than the best peer", () => {
  expect(ratioOf("ms", 10, { a: 30, b: 20 })).toBe(2)
  expect(ratioOf("GFLOP/s", 10, { a: 5, b: 4 })).toBe(2)
  expect(ratioOf("KB", 60, { a: 90 })).toBe(1.5)
  expect(ratioOf("ms", 10, {})).toBeNull()
  expect(ratioOf("ms", null, { a: 1 })).toBeNull()
})

test("the middle of the samples", () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
})

test("fingerprints tell arrays apart by size, by sign and by NaN", () => {
  const x = Float32Array.from({ length: 100 }, (_, i) => Math.sin(i))
  expect(difference(fingerprint(x), fingerprint(x))).toBe(0)
  expect(difference(fingerprint(x.map((v) => 2 * v)), fingerprint(x))).toBeCloseTo(Math.log(2))
  expect(difference(fingerprint(x.map((v) => -v)), fingerprint(x))).toBeGreaterThan(1)
  expect(difference(fingerprint(x.map(() => Number.NaN)), fingerprint(x))).toBe(Number.POSITIVE_INFINITY)
  expect(difference([1], [1, 2])).toBe(Number.POSITIVE_INFINITY)
})

test("a network counts only where every population fires as it should", () => {
  const of = {
    durationMs: 500,
    populations: { E: { neurons: 100, fromHz: 2, toHz: 4 }, I: { neurons: 10, fromHz: -0.2, toHz: 10 } },
  }
  expect(wrongRate(of, { E: 150, I: 0 })).toBeUndefined()
  expect(wrongRate(of, { E: 250, I: 0 })).toBe('"E" fires at 5.00 Hz, not at 2.00 to 4.00 Hz')
  expect(wrongRate(of, { E: 150, I: 51 })).toBe('"I" fires at 10.20 Hz, not at 0.00 to 10.00 Hz')
  expect(wrongRate(of, { E: 150 })).toContain('"I" fires at NaN Hz')
})

test("rules stand beside backpropagation: time and memory of a step", () => {
  const { stdout, stderr, status } = bench(
    ...["rules", "--only", "Mono-Forward, layer 2", "--rounds", "1", "--slice", "1", "--json"],
  )
  expect(status, stderr).toBe(0)
  const { lines } = JSON.parse(stdout) as { lines: { name: string; unit: string; ours: number; peers: object }[] }
  expect(lines.map(({ name, unit }) => `${name}: ${unit}`)).toEqual([
    "Mono-Forward, layer 2, a step: ms",
    "Mono-Forward, layer 2, peak memory: MB",
  ])
  for (const line of lines) expect(Object.keys(line.peers)).toEqual(["backpropagation"])
  const { ours, peers } = lines[1] as unknown as { ours: number; peers: { backpropagation: number } }
  expect(ours).toBeLessThan(peers.backpropagation)
})

test("a simulation without any peer has its lines, and a filter chooses among them", () => {
  const { stdout, stderr, status } = bench(
    ...["simulation", "--only", "COBA 4,000, ", "--peers", "none", "--rounds", "1", "--json"],
  )
  expect(status, stderr).toBe(0)
  const { lines } = JSON.parse(stdout) as { lines: { name: string; unit: string; ours: number; ratio: unknown }[] }
  expect(lines.map(({ name, unit }) => `${name}: ${unit}`)).toEqual([
    "COBA 4,000, 1 s of model time: ms",
    "COBA 4,000, build: ms",
    "COBA 4,000, peak memory: MB",
    "COBA 4,000, time of a synaptic event: ns",
  ])
  for (const { ours, ratio } of lines) {
    expect(ours).toBeGreaterThan(0)
    expect(ratio).toBeNull()
  }
}, 60_000)

test("the figure shows each peer of each line as a multiple of ours", () => {
  const machine = { processor: "p", cores: 2, memoryGB: 8, system: "s", node: "24" }
  const line = {
    name: "a line",
    unit: "ms",
    ours: 2,
    peers: { torch: 4 },
    ratio: 2,
    threads: 1,
    absent: {},
    samples: {},
  } as const
  const result = {
    group: "dense",
    date: "2026-01-01",
    machine,
    versions: {},
    usedThreads: {},
    absent: {},
    lines: [line],
  } as const
  const spec = JSON.stringify(figureSpec([result]))
  expect(spec).toContain('{"group":"dense","line":"a line","peer":"torch","times":2}')
})
