/** Runs on the server: watched, stopped, gone on with, by many at once, and through every end of the server. */
import { once } from "node:events"
import fs from "node:fs"
import net from "node:net"
import path from "node:path"
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest"
import { readSafetensors } from "../src/data/index.ts"
import type { KeptEvent, ResultEvent } from "../src/run/index.ts"
import { cajal } from "./command.ts"
import * as server from "./fixtures/server.ts"

const { end, endless, eventsIn, json, newFolder, runOf, serve, slow, smoke, start, until, watch } = server
type Run = server.Run

let shared: server.Served
let cwd: string
let page: string
beforeAll(async () => {
  page = server.emptyPage()
  cwd = newFolder()
  shared = await serve(cwd, page, "--waiting", "2")
}, 60_000)
afterEach(() => server.idle(shared))
afterAll(server.endAll)

describe("a run", () => {
  test("is watched from its beginning, and leaves what a run of the command leaves", async () => {
    const id = await start(shared, { ...smoke, seed: 11, parameters: { cells: "20" } })
    const [live, late] = [await watch(shared, id), await watch(shared, id)]
    for (const messages of [live, late]) {
      expect(messages[0]).toMatchObject({ event: "run", data: { id, system: "self-sorting", changed: { cells: 20 } } })
      expect(messages.at(-1)).toMatchObject({
        event: "end",
        data: { state: "done", result: { type: "result", seed: 11 } },
      })
    }
    const kept = eventsIn(late)
    const sorted = (events: KeptEvent[]) => events.map((event) => JSON.stringify(event)).sort()
    expect(sorted(eventsIn(live))).toEqual(sorted(kept))
    const folder = path.join(cwd, "runs", id)
    const lines = ["metrics.jsonl", "events.jsonl"].flatMap((name) =>
      fs.readFileSync(path.join(folder, name), "utf8").trim().split("\n"),
    )
    expect(sorted(kept)).toEqual(sorted(lines.map((line) => JSON.parse(line) as KeptEvent)))
    const here = await cajal(["run", "self-sorting", "--preset", "smoke", "--seed", "11", "--cells", "20", "--json"], {
      cwd: newFolder(),
    })
    const result = (await shared.ask(`api/runs/${id}/result`)).body as unknown as ResultEvent
    expect(result.metrics).toEqual(JSON.parse(here.out.trim().split("\n").at(-1)!).metrics)

    const places = late.flatMap(({ id: place }) => place ?? [])
    const rest = await watch(shared, id, { from: places.at(-1)! })
    expect(eventsIn(rest)).toEqual([])
    const other = await watch(shared, id, { from: "9.3.4" })
    expect(other.map(({ event }) => event)).toContain("again")
    expect(sorted(eventsIn(other))).toEqual(sorted(kept))

    const report = await fetch(`${shared.address}api/runs/${id}/report`)
    expect(report.headers.get("content-security-policy")).toMatch(/^default-src 'none';.*style-src 'sha256-.*sandbox/)
    expect(await report.text()).toContain("<svg")
    const { figures } = (await shared.ask(`api/runs/${id}/figures`)).body as { figures: string[] }
    expect(figures.length).toBeGreaterThan(0)
    expect((await fetch(`${shared.address}api/runs/${id}/figures/${figures[0]}`)).status).toBe(200)
    expect((await shared.ask(`api/runs/${id}/figures/..%2fsettings.json`)).status).toBe(404)
    const metrics = await (await fetch(`${shared.address}api/runs/${id}/metrics`)).text()
    expect(metrics).toBe(fs.readFileSync(path.join(folder, "metrics.jsonl"), "utf8"))
    const listed = (await shared.ask("api/runs?system=self-sorting")).body.runs as (Run & { claims: number })[]
    expect(listed.find((one) => one.id === id)).toMatchObject({ state: "done", claims: result.claims.length })
    expect((await shared.ask("api/runs?system=sltt")).body.runs).toEqual([])
    expect((await shared.ask(`api/runs/${id}/resume`, { method: "POST" })).status).toBe(409)
  }, 60_000)

  test("leaves the models that it has trained", async () => {
    const small = { images: "500", epochs: "1", hidden: "20", longSteps: "0" }
    const id = await start(shared, { system: "sltt", preset: "smoke", parameters: small })
    await watch(shared, id)
    const { models } = (await shared.ask(`api/runs/${id}/models`)).body as { models: string[] }
    expect(models).toEqual(["bptt.safetensors", "sltt.safetensors"])
    const answer = await fetch(`${shared.address}api/runs/${id}/models/sltt.safetensors`)
    const { tensors } = readSafetensors(new Uint8Array(await answer.arrayBuffer()), "the model")
    expect(tensors["readout.weight"].shape).toEqual([20, 10])
    expect((await shared.ask(`api/runs/${id}/models/..%2fsettings.json`)).status).toBe(404)
  }, 60_000)

  test("runs alone; others wait, and too many are refused", async () => {
    const ids = [await start(shared, endless), await start(shared, endless), await start(shared, endless)]
    const states = await Promise.all(ids.map((id) => runOf(shared, id)))
    expect(states.map(({ state }) => state)).toEqual(["running", "waiting", "waiting"])
    const refused = await shared.ask("api/runs", json(smoke))
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "30"])
    expect((await shared.ask("api/health")).body).toMatchObject({ running: ids[0], waiting: 2 })
    const [told] = await watch(shared, ids[2]!, { isEnough: () => true })
    expect(told).toMatchObject({ event: "run", data: { state: "waiting", ahead: 2 } })
    await shared.ask(`api/runs/${ids[1]}/stop`, { method: "POST" })
    expect((await runOf(shared, ids[1]!)).state).toBe("stopped")
    await shared.ask(`api/runs/${ids[0]}/stop`, { method: "POST" })
    await until(shared, ids[0]!, ({ state }) => state === "stopped")
    await until(shared, ids[2]!, ({ state }) => state === "running")
  }, 60_000)

  test("that was stopped goes on from its checkpoint and measures the same", async () => {
    const undisturbed = await start(shared, slow)
    const id = await start(shared, slow)
    await until(shared, undisturbed, ({ state }) => state === "done")
    await watch(shared, id, { isEnough: ({ event }) => event === "events" })
    await until(shared, id, () => fs.existsSync(path.join(cwd, "runs", id, "checkpoint.safetensors")))
    const watched = watch(shared, id)
    await shared.ask(`api/runs/${id}/stop`, { method: "POST" })
    expect((await watched).at(-1)).toMatchObject({ event: "end", data: { state: "stopped" } })
    expect((await shared.ask(`api/runs/${id}/result`)).status).toBe(404)
    expect((await shared.ask(`api/runs/${id}/resume`, { method: "POST" })).status).toBe(202)
    const messages = await watch(shared, id)
    expect(messages.at(-1)).toMatchObject({ event: "end", data: { state: "done", attempt: 2 } })
    const [a, b] = await Promise.all([undisturbed, id].map((one) => shared.ask(`api/runs/${one}/result`)))
    expect(b!.body.metrics).toEqual(a!.body.metrics)
  }, 120_000)
})

describe("many clients", () => {
  test("a hundred watch a run, one does not read, some vanish: the run ends, all hear it, nothing is left", async () => {
    const id = await start(shared, slow)
    const { hostname, port } = new URL(shared.address)
    const deaf = net.connect(Number(port), hostname)
    deaf.write(`GET /api/runs/${id}/stream HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    deaf.pause()
    const gone = Array.from({ length: 10 }, () => watch(shared, id, { isEnough: () => true }))
    const all = await Promise.all(Array.from({ length: 100 }, () => watch(shared, id)))
    await Promise.all(gone)
    const expected = eventsIn(all[0]!).length
    for (const messages of all) {
      expect(messages.at(-1)).toMatchObject({ event: "end", data: { state: "done" } })
      expect(eventsIn(messages)).toHaveLength(expected)
    }
    deaf.destroy()
    for (let i = 0; i < 100 && (await shared.ask("api/health")).body.watching !== 0; i++)
      await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await shared.ask("api/health")).body).toMatchObject({ watching: 0, running: null, waiting: 0 })
  }, 120_000)

  test("a hundred requests at once are all answered", async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => shared.ask(["", "api/runs", "api/papers", "api/health"][i % 4]!)),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  })
})

describe("the end of a server", () => {
  const lockOf = (folder: string) => path.join(folder, "lock")
  const pidIn = (file: string) => Number(fs.readFileSync(file, "utf8").split(" ")[0])
  const isAlive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }

  test.each(["SIGTERM", "SIGINT"] as const)(
    "by %s stops its run; history, votes and queue are there again",
    async (signal) => {
      const home = newFolder()
      const first = await serve(home, page)
      const done = await start(first, smoke)
      await until(first, done, ({ state }) => state === "done")
      const [running, waiting] = [await start(first, endless), await start(first, smoke)]
      await first.ask("api/papers/sltt/vote", { method: "PUT" })
      await until(first, running, () => fs.existsSync(lockOf(path.join(home, "runs", running))))
      const pid = pidIn(lockOf(path.join(home, "runs", running)))
      expect(await end(first, signal)).toBe(0)
      expect(isAlive(pid)).toBe(false)
      expect(fs.existsSync(lockOf(path.join(home, "runs/.server")))).toBe(false)
      const second = await serve(home, page)
      expect((await runOf(second, done)).state).toBe("done")
      expect((await runOf(second, running)).state).toBe("stopped")
      await until(second, waiting, ({ state }) => state === "done")
      expect((await second.ask("api/papers")).body.sltt).toMatchObject({ votes: 1 })
      await end(second)
    },
    60_000,
  )

  test("by SIGKILL in the middle of a run loses nothing but time, and leaves no process", async () => {
    const home = newFolder()
    const first = await serve(home, page)
    const id = await start(first, slow)
    const folder = path.join(home, "runs", id)
    await until(first, id, () => fs.existsSync(path.join(folder, "checkpoint.safetensors")))
    const [server, run] = [pidIn(lockOf(path.join(home, "runs/.server"))), pidIn(lockOf(folder))]
    process.kill(server, "SIGKILL")
    await once(first.child, "exit")
    for (let i = 0; i < 200 && isAlive(run); i++) await new Promise((resolve) => setTimeout(resolve, 25))
    expect(isAlive(run)).toBe(false)
    const second = await serve(home, page)
    expect((await runOf(second, id)).state).toBe("stopped")
    await second.ask(`api/runs/${id}/resume`, { method: "POST" })
    await until(second, id, ({ state }) => state === "done")
    await end(second)
  }, 90_000)

  test("an index that is lost is made again from the runs; one that is damaged is named", async () => {
    const home = newFolder()
    const { code } = await cajal(["run", "self-sorting", "--preset", "smoke", "--cells", "20"], { cwd: home })
    expect(code).toBe(0)
    fs.mkdirSync(path.join(home, "runs/broken"))
    fs.writeFileSync(path.join(home, "runs/broken/settings.json"), "{")
    const first = await serve(home, page)
    const { runs } = (await first.ask("api/runs")).body as { runs: Run[] }
    expect(runs).toHaveLength(1)
    expect(runs[0]).toMatchObject({ system: "self-sorting", state: "done", changed: { cells: 20 } })
    await end(first)
    fs.writeFileSync(path.join(home, "runs/.server/index.sqlite"), "no database".repeat(1000))
    const ended = await cajal(["serve", "--port", "0", "--page", page], { cwd: home })
    expect([ended.code, ended.err]).toEqual([2, expect.stringContaining("cajal: cannot open the index of runs")])
  }, 60_000)
})
