/** The command line as its users meet it: whole processes, their output, exit codes and what they leave on disk. */
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { ResultEvent } from "../src/run/index.ts"
import { cajal, type Ended, walk } from "./command.ts"

let cwd: string
/** Gives each test of a block an empty folder to work in. */
function eachInFolder(): void {
  beforeEach(() => {
    cwd = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-cli-"))
  })
  afterEach(() => fs.rmSync(cwd, { recursive: true }))
}

const run = (...args: string[]) => cajal(["run", walk, ...args], { cwd })
const runs = () => (fs.existsSync(path.join(cwd, "runs")) ? fs.readdirSync(path.join(cwd, "runs")) : [])
const inRun = (name: string) => path.join(cwd, "runs", runs()[0]!, name)

/** The last line of `--json` output, without what is not part of the reproducible result. */
function resultOf({ out }: Ended): Omit<ResultEvent, "wallMs"> {
  const { wallMs, metrics, ...rest } = JSON.parse(out.trim().split("\n").at(-1)!) as ResultEvent
  expect(wallMs).toBeGreaterThanOrEqual(0)
  const { pace: _, ...reproducible } = metrics
  return { ...rest, metrics: reproducible }
}

describe("a mistake is one clear line, exit code 2, and leaves nothing behind", () => {
  const mistakes: [string[], string, string?][] = [
    [["run", "sltr"], 'there is no system "sltr"', 'did you mean "sltt"?'],
    [["run", "spikegpt"], "spikegpt does not run here yet"],
    [["show", "spikegtp"], 'there is no system "spikegtp"', 'did you mean "spikegpt"?'],
    [["run", "./nowhere.ts"], "there is no file ./nowhere.ts"],
    [["run", walk, "--stepz", "3"], 'unknown option "--stepz"', 'did you mean "--steps"?'],
    [["run", walk, "--steps", "0"], "walk: steps must lie in 1..100000, not 0"],
    [["run", walk, "--steps", "many"], 'walk: steps must be a number, not "many"'],
    [["run", walk, "--steps"], 'option "--steps <value>" argument missing'],
    [["run", walk, "--boundary", "opne"], 'walk: boundary cannot be "opne"; did you mean "open"?'],
    [["run", walk, "--preset", "huge"], "is invalid"],
    [["run", walk, "--seed", "-1"], '--seed must be a whole number in 0..4294967295, not "-1"'],
    [["run", walk, "--resume"], "there is no run of walk in runs to resume"],
    [["run", walk, "--resume", "walk-1"], 'there is no run "walk-1" in runs'],
    [["lits"], 'unknown command "lits"', 'did you mean "list"?'],
    [["data", "get", "mnits"], 'there is no dataset "mnits"'],
    [["run"], 'missing required argument "system"'],
  ]
  test.concurrent.each(mistakes)("%j", async (args, message, hint = "") => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-cli-"))
    const { code, out, err } = await cajal(args, { cwd: folder })
    expect(err).toContain(message)
    expect(err).toContain(hint)
    expect(err.startsWith("cajal: ")).toBe(true)
    expect(err).not.toMatch(/\n\s+at .*:\d+:\d+/)
    expect({ code, out, left: fs.readdirSync(folder) }).toEqual({ code: 2, out: "", left: [] })
    fs.rmdirSync(folder)
  })
})

describe("a run", () => {
  eachInFolder()

  test("ends with a table of claims, notes and a report", async () => {
    const { code, out } = await run("--step-length=2")
    expect(code).toBe(0)
    expect(out).toMatch(/claim +paper +here +control +verdict/)
    expect(out).toMatch(/at least 1 m.* \d+ m +0 m +met\n.*>= 1 m +standing/)
    expect(out).toMatch(/no number +\d+ +none +not met\n.*> 1e9 m/)
    expect(out).toMatch(/90 % +not measured +none +not run\n/)
    expect(out).toContain("note: walkers: generated here")
    const report = path.join(cwd, out.match(/report: (.*)/)![1]!)
    const html = fs.readFileSync(report, "utf8")
    expect(html).toContain("Walkers: a fixture")
    expect(html).toContain("walkers: generated here")
    expect(html).toContain("Over all &lt;steps&gt;.")
    expect(html).toMatch(/<svg[\s\S]*<\/svg>/)
    expect(html).not.toMatch(/(src|href)="(?!https:\/\/arxiv)/)
    expect(JSON.parse(fs.readFileSync(inRun("settings.json"), "utf8"))).toMatchObject({
      system: "walk",
      preset: "quick",
      seed: 7,
      parameters: { stepLength: 2, steps: 40 },
    })
  })

  test("prints one event a line as JSON, the result last, with just the promised fields", async () => {
    const { code, out } = await run("--preset", "smoke", "--seed", "11", "--json")
    expect(code).toBe(0)
    const events = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string })
    expect(new Set(events.map((event) => event.type))).toEqual(
      new Set(["note", "log", "metric", "progress", "checkpoint", "figure", "table", "result"]),
    )
    const result = events.at(-1) as unknown as ResultEvent
    expect(Object.keys(result)).toEqual(
      "type system preset seed device threads parameters metrics claims wallMs".split(" "),
    )
    expect(result).toMatchObject({ type: "result", system: "walk", preset: "smoke", seed: 11 })
    expect(result.claims.map(({ id, met }) => [id, met])).toEqual([
      ["moves", true],
      ["infinite", false],
      ["home", null],
    ])
    expect(Object.keys(result.claims[0]!)).toEqual("id text paper value control met".split(" "))
  })

  test("gives the same metrics for the same seed, others for another", async () => {
    const [a, b, c] = await Promise.all([run("--json"), run("--json"), run("--json", "--seed", "8")])
    expect(resultOf(b)).toEqual(resultOf(a))
    expect(resultOf(c).metrics).not.toEqual(resultOf(a).metrics)
  })

  test("that diverges says where", async () => {
    const { code, err } = await run("--diverge")
    expect(code).toBe(2)
    expect(err).toContain("walk: spread is not a finite number at step 20: NaN")
  })

  test("that fails exits with 1 and keeps its checkpoint", async () => {
    const { code, err } = await run("--crash")
    expect(code).toBe(1)
    expect(err).toContain("TypeError: the floor gave way")
    expect(err).toContain(`--resume ${runs()[0]}`)
    expect(fs.existsSync(inRun("checkpoint.safetensors"))).toBe(true)
  })
})

describe("a run that is interrupted", () => {
  eachInFolder()

  const slow = ["--steps", "90", "--pauseMs", "3", "--every", "3"]

  test("by Ctrl-C stops, says how to go on, and goes on", async () => {
    let isInterrupted = false
    const stopped = await cajal(["run", walk, ...slow], {
      cwd,
      onOutput: (out, child) => {
        if (isInterrupted || !out.includes("step 20")) return
        isInterrupted = true
        child.kill("SIGINT")
      },
    })
    expect(stopped.code).toBe(130) // before its end, which would be 0
    const resume = stopped.err.match(/cajal: stopped; go on with: cajal run \S+ (--resume \S+)/)![1]!.split(" ")
    const again = await run(...resume, "--json")
    expect(again.code).toBe(0)
    expect(resultOf(again)).toEqual(resultOf(await run(...slow, "--json")))
    expect((await run(...resume)).err).toContain("has ended; there is nothing to resume")
  })

  test("by SIGKILL, again and again at any moment, ends with the very same metrics", async () => {
    const undisturbed = resultOf(await run(...slow, "--json", "--out", "undisturbed"))
    const killAfter = (args: string[], lines: number) =>
      cajal(["run", walk, "--json", ...args], {
        cwd,
        onOutput: (out, child) => {
          if (out.split("\n").length > lines) child.kill("SIGKILL")
        },
      })
    let kills = 0
    let ended = await killAfter(slow, 1 + Math.floor(Math.random() * 40))
    while (ended.code === "SIGKILL" && kills < 5) {
      kills++
      expect(runs()).toHaveLength(1)
      ended = await killAfter(["--resume"], 5 + Math.floor(Math.random() * 40))
    }
    if (ended.code === "SIGKILL") ended = await run("--json", "--resume")
    expect(ended.code).toBe(0)
    expect(kills).toBeGreaterThan(1)
    expect(resultOf(ended)).toEqual(undisturbed)
    const lines = (folder: string) =>
      fs
        .readFileSync(path.join(folder, "metrics.jsonl"), "utf8")
        .split("\n")
        .filter((line) => !line.includes('"timing"'))
    const undisturbedFolder = path.join(cwd, "undisturbed", fs.readdirSync(path.join(cwd, "undisturbed"))[0]!)
    expect(lines(path.join(cwd, "runs", runs()[0]!))).toEqual(lines(undisturbedFolder))
    expect(fs.existsSync(inRun("report.html"))).toBe(true)
  })

  test("keeps its settings, and refuses others and a damaged checkpoint", async () => {
    await cajal(["run", walk, ...slow], {
      cwd,
      onOutput: (out, child) => void (out.includes("step 20") && child.kill("SIGKILL")),
    })
    const changed = await run("--resume", "--steps", "9")
    expect(changed).toMatchObject({ code: 2, out: "" })
    expect(changed.err).toContain("a resumed run keeps its settings: leave out --steps")
    fs.truncateSync(inRun("checkpoint.safetensors"), 50)
    const damaged = await run("--resume")
    expect(damaged).toMatchObject({ code: 2, out: "" })
    expect(damaged.err).toContain("not a valid safetensors file")
    expect(damaged.err).toContain("checkpoint.safetensors")
  })
})

describe("the other commands", () => {
  eachInFolder()

  test("list knows every paper, for people and for scripts", async () => {
    const [people, scripts] = await Promise.all([cajal(["list"], { cwd }), cajal(["list", "--json"], { cwd })])
    const cards = JSON.parse(scripts.out) as { slug: string; state: string }[]
    expect(cards).toHaveLength(64)
    expect(cards.filter((card) => card.state === "runs").map((card) => card.slug)).toEqual(
      expect.arrayContaining(["self-sorting", "sltt"]),
    )
    for (const { slug } of cards) expect(people.out).toContain(`\n${slug} `.trimStart())
  })

  test("show explains a paper, also one that does not run yet", async () => {
    const { code, out } = await cajal(["show", "spikegpt"], { cwd })
    expect(code).toBe(0)
    expect(out).toContain("https://arxiv.org/abs/2302.13939")
    expect(out).toContain("spikegpt does not run here yet")
  })

  test("run --help lists the parameters of the system", async () => {
    const { code, out } = await run("--help")
    expect(code).toBe(0)
    expect(out).toContain("--stepLength <value>")
    expect(out).toContain("(0..10 m, default 1)")
  })

  test("draw gives SVG, or a file", async () => {
    const { out } = await cajal(["draw", walk], { cwd })
    expect(out).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
    await cajal(["draw", walk, "--out", "walk.svg"], { cwd })
    expect(fs.readFileSync(path.join(cwd, "walk.svg"), "utf8")).toBe(out)
  })

  test("data tells where files lie", async () => {
    const env = { CAJAL_DATA: cwd, CAJAL_CACHE: path.join(cwd, "cache") }
    const { out } = await cajal(["data", "where"], { cwd, env })
    expect(out).toContain(cwd)
    const missing = await cajal(["data", "where", "mnist"], { cwd, env })
    expect(
      missing.out
        .trim()
        .split("\n")
        .every((line) => line.endsWith("not here")),
    ).toBe(true)
  })

  test("--version and --help", async () => {
    const [version, help, nothing] = await Promise.all(
      [["--version"], ["--help"], []].map((args) => cajal(args, { cwd })),
    )
    const { version: expected } = JSON.parse(fs.readFileSync(new URL("../package.json", import.meta.url), "utf8"))
    expect(version).toEqual({ code: 0, out: `${expected}\n`, err: "" })
    expect(help!.out).toContain("Exit codes:")
    expect(nothing).toEqual(help)
  })
})
