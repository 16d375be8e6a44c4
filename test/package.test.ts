/** What npm pack makes, installed into empty projects: JavaScript, strict TypeScript, and a page built by Vite. */
import { execFileSync } from "node:child_process"
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { command, repository } from "./command.ts"

const manifest = JSON.parse(fs.readFileSync(path.join(repository, "package.json"), "utf8")) as {
  exports: Record<string, string | Record<string, string>>
  bin: Record<string, string>
}
let project: string
const inRepository = (file: string) => path.join(repository, file)
const write = (file: string, text: string) => {
  fs.mkdirSync(path.dirname(path.join(project, file)), { recursive: true })
  fs.writeFileSync(path.join(project, file), text)
}
const node = (...args: string[]) => command(process.execPath, args, { cwd: project })

beforeAll(() => {
  project = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-package-"))
  const npm = (args: string[], cwd: string) =>
    execFileSync("npm", args, {
      cwd,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    })
  npm(["pack", "--silent", "--pack-destination", project], repository)
  const tarball = fs.readdirSync(project).find((name) => name.endsWith(".tgz"))!
  write("package.json", JSON.stringify({ name: "empty", private: true, type: "module" }))
  npm(["install", `./${tarball}`, "--prefer-offline", "--no-audit", "--no-fund"], project)
}, 120_000)
afterAll(() => fs.rmSync(project, { recursive: true }))

/** The exports that need Node; all others run in browsers too. */
const forNode = ["./data/node-files", "./run/store", "./run/report", "./package.json"]
const browserRooms = Object.keys(manifest.exports).filter((name) => !forNode.includes(name))
const importRooms = browserRooms.map((name, i) => `import * as room${i} from "cajal${name.slice(1)}"\n`).join("")
const useRooms = `console.log(${browserRooms.map((_, i) => `room${i}`).join(", ")})\n`

const program = `
import { Tensor, tensor } from "cajal/engine"
import { claim, integer, system } from "cajal/run"
import { lines } from "cajal/view"
`

test("holds no sources, tests or machine paths, and every export is there", () => {
  const root = path.join(project, "node_modules/cajal")
  const files = fs.readdirSync(root, { recursive: true }).map(String)
  expect(files.filter((file) => /\.test\.|(?<!\.d)\.ts$/.test(file))).toEqual([])
  const { exports, bin } = manifest
  const targets = Object.values(exports).flatMap((one) => (typeof one === "string" ? one : Object.values(one)))
  for (const target of [...targets, ...Object.values(bin)]) expect(files).toContain(path.normalize(target))
  const text = (file: string) =>
    fs.statSync(path.join(root, file)).isFile() ? fs.readFileSync(path.join(root, file), "utf8") : ""
  expect(files.filter((file) => text(file).includes(repository))).toEqual([])
})

test("works in JavaScript", async () => {
  write(
    "main.js",
    `${program}
console.log(tensor([1, 2, 3]).add(1).sum().item(), typeof Tensor)
console.log(lines({ samples: [{ x: 0, y: 1 }], x: "x", y: "y" }).width, integer("n", { default: 1, from: 0, to: 2 }).kind)
`,
  )
  expect(await node("main.js")).toEqual({ code: 0, out: "9 function\n460 integer\n", err: "" })
})

test("works in strict TypeScript, its declarations included", async () => {
  write(
    "main.ts",
    `${program}
const demo = system({
  slug: "sltt",
  parameters: { steps: integer("steps", { default: 1, from: 1, to: 9 }) },
  presets: { smoke: {}, quick: { steps: 3 }, full: {} },
  async *run({ parameters }) {
    const steps: number = parameters.steps
    // @ts-expect-error there is no such parameter
    void parameters.stepz
    yield { type: "metric", name: "steps", value: steps }
  },
  claims: [claim("c", "", { paper: "", value: (m) => m.steps ?? 0, meets: (v) => v > 0, threshold: "" })],
})
const x: Tensor = tensor([[1, 2]])
const shape: readonly number[] = x.shape
console.log(demo.slug, shape, lines)
${importRooms}${useRooms}`,
  )
  const options = {
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
  }
  const compilerOptions = {
    ...options,
    target: "es2024",
    module: "nodenext",
    noEmit: true,
    types: [],
    lib: ["es2024", "esnext.disposable", "dom"],
  }
  write("tsconfig.json", JSON.stringify({ compilerOptions, include: ["main.ts"] }))
  const { code, out } = await node(inRepository("node_modules/typescript/bin/tsc"), "-p", "tsconfig.json")
  expect(out).toBe("")
  expect(code).toBe(0)
})

test("works in a page built by Vite", async () => {
  write("page/index.html", '<!doctype html><script type="module" src="./main.js"></script>')
  write("page/main.js", importRooms + useRooms)
  const vite = inRepository("node_modules/vite/bin/vite.js")
  const { code, out, err } = await node(vite, "build", path.join(project, "page"), "--logLevel", "warn")
  expect(err + out).not.toMatch(/externalized|error/i)
  expect(code).toBe(0)
  const assets = path.join(project, "page/dist/assets")
  const scripts = fs.readdirSync(assets).filter((name) => name.endsWith(".js"))
  expect(scripts.length).toBeGreaterThan(0)
  for (const name of scripts) expect(fs.readFileSync(path.join(assets, name), "utf8")).not.toMatch(/from\s*["']node:/)
}, 60_000)

test("brings the command, with the systems", async () => {
  const cajal = path.join("node_modules", ".bin", "cajal")
  const { code, out } = await node(cajal, "list", "--json")
  expect(code).toBe(0)
  expect(JSON.parse(out)).toHaveLength(64)
  const run = await node(cajal, "run", "self-sorting", "--preset", "smoke", "--json")
  expect(run.err).toBe("")
  expect(JSON.parse(run.out.trim().split("\n").at(-1)!)).toMatchObject({
    type: "result",
    system: "self-sorting",
    preset: "smoke",
  })
  const bench = await node(cajal, "bench", "dense")
  expect(bench.err).toContain("cajal: the benchmarks are not part of the installed package")
  expect(bench.code).toBe(2)
}, 60_000)
