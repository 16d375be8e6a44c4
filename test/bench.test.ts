/** `cajal bench` as its users meet it. */
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { cajal, repository } from "./command.ts"

let cwd: string
beforeEach(() => {
  cwd = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-bench-cli-"))
})
afterEach(() => fs.rmSync(cwd, { recursive: true }))

const product = path.join(repository, "test/fixtures/product.ts")
const bench = (...args: string[]) => cajal(["bench", ...args], { cwd })

test("--profile says where the time of a run goes: a table, bars and a figure", async () => {
  const { out, code } = await bench("--profile", product)
  expect(code).toBe(0)
  expect(out).toContain("product · smoke · wasm, one thread")
  expect(out).toMatch(/^kernel +computes +for +calls +ms +share +GFLOP\/s +GB\/s$/m)
  expect(out).toMatch(/^matmul\S* +matmul.*\[64, 256\].* product\.ts:22.* 3 /m)
  expect(out).toMatch(/^matmul\S* +\d+\.\d % {2}█/m)
  expect(out).toContain("figure: product-profile.svg")
  const figure = fs.readFileSync(path.join(cwd, "product-profile.svg"), "utf8")
  expect(figure).toMatch(/^<svg .*<title>matmul/s)
  expect(fs.readdirSync(cwd)).toEqual(["product-profile.svg"])
})

test("--profile --json is one object", async () => {
  const { out } = await bench("--profile", product, "--preset", "quick", "--json")
  const { system, preset, kernels, kernelMs, wallMs } = JSON.parse(out)
  expect({ system, preset }).toEqual({ system: "product", preset: "quick" })
  expect(kernelMs).toBeLessThan(wallMs)
  const found = kernels.find(({ work }: { work: string }) => work.startsWith("matmul"))
  expect(found).toMatchObject({ calls: 4 })
  expect(found.operations).toBeGreaterThanOrEqual(4 * 2 * 64 * 256 * 256)
  expect(fs.readdirSync(cwd)).toEqual([])
})

test("in a checkout it is the door to the benchmarks", async () => {
  const { out, code } = await bench(
    "dense",
    "--only",
    "matmul 256",
    "--peers",
    "none",
    "--rounds",
    "1",
    "--slice",
    "1",
    "--dry",
  )
  expect(code).toBe(0)
  expect(out).toMatch(/matmul 256, 2 threads +GFLOP\/s/)
})

test("mistakes are said in one line, with exit code 2", async () => {
  const mistakes: [string[], string][] = [
    [["dence"], 'there is no group "dence"'],
    [["--profile"], "argument missing"],
    [["--profile", "sltr"], 'there is no system "sltr"'],
    [["--profile", product, "--presett", "smoke"], 'unknown option "--presett"'],
    [["--profile", product, "--preset", "tiny"], "tiny"],
  ]
  for (const [args, message] of mistakes) {
    const { code, err } = await bench(...args)
    expect(err).toContain(message)
    expect(err).toMatch(/^cajal: .*\n( {2}(at|hint).*\n)*$/)
    expect(code).toBe(2)
  }
  expect(fs.readdirSync(cwd)).toEqual([])
})

test("--help shows both uses", async () => {
  const { out, code } = await bench("--help")
  expect(code).toBe(0)
  expect(out).toContain("--profile <system>")
  expect(out).toContain("groups: dense")
})
