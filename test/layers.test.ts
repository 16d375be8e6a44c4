import { spawnSync } from "node:child_process"
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { importsOf, violations } from "../scripts/layers.ts"
import { repository } from "./command.ts"

let house: string
beforeEach(() => {
  house = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-layers-"))
})
afterEach(() => fs.rmSync(house, { recursive: true }))

function write(file: string, source: string): void {
  fs.mkdirSync(path.dirname(path.join(house, file)), { recursive: true })
  fs.writeFileSync(path.join(house, file), source)
}

test("this repository keeps the rule", () => {
  expect(violations(repository)).toEqual([])
})

test("the lint script fails on a violating import", () => {
  write("src/engine/tensor.ts", 'import { lif } from "../neuro/lif.ts"\n')
  const { status, stderr } = spawnSync(process.execPath, [path.join(repository, "scripts/layers.ts"), house], {
    encoding: "utf8",
  })
  expect(status).toBe(1)
  expect(stderr).toContain(
    "src/engine/tensor.ts:1: must not import src/neuro/lif.ts: engine may import only from itself",
  )
})

test.each([
  ["src/engine/a.ts", 'import type { Lif } from "../neuro/lif.ts"'],
  ["src/engine/deep/a.ts", 'export * from "../../learn/index.ts"'],
  ["src/neuro/a.ts", 'const learn = await import("../learn/index.ts")'],
  ["src/data/a.ts", 'type Run = import("../run/index.ts").Run'],
  ["src/view/a.ts", 'import "../run/index.ts"'],
  ["src/run/a.ts", 'import { systems } from "../../systems/index.ts"'],
  ["src/cli/a.ts", 'import { serve } from "../server/index.ts"'],
  ["systems/sltt/a.ts", 'import { cells } from "../self-sorting/model.ts"'],
  ["systems/sltt/a.ts", 'import { main } from "../../src/cli/main.ts"'],
  ["src/engine/a.ts", 'import { helper } from "../../test/helper.ts"'],
])("%s must not have: %s", (file, source) => {
  write(file, `${source}\nexport {}\n`)
  expect(violations(house)).toHaveLength(1)
})

test.each([
  ["src/engine/a.ts", 'import { b } from "./data/b.ts"'],
  ["src/learn/a.ts", 'import { lif } from "../neuro/index.ts"'],
  ["src/run/a.ts", 'import { bars } from "../view/index.ts"'],
  ["src/cli/a.ts", 'const all = await import("../../systems/index.ts")'],
  ["systems/index.ts", 'const one = () => import("./sltt/system.ts")'],
  ["systems/sltt/a.ts", 'import { system } from "../../src/run/index.ts"'],
  ["systems/sltt/a.ts", 'import { model } from "./model.ts"; import fs from "node:fs"'],
  ["src/engine/a.ts", '// import { lif } from "../neuro/lif.ts"'],
  ["src/engine/a.ts", "const text = 'import x from \"../neuro/lif.ts\"'"],
])("%s may have: %s", (file, source) => {
  write(file, `${source}\nexport {}\n`)
  expect(violations(house)).toEqual([])
})

test("a folder that is no room is noticed", () => {
  write("src/helpers/a.ts", "export {}\n")
  expect(violations(house)).toEqual(["src/helpers/a.ts: is in no room of the house"])
})

test("finds each kind of import with its line", () => {
  const source =
    'import a from "./a.ts"\n\nexport { b } from "./b.ts"\nconst c = import("./c.ts")\ntype D = import("./d.ts").D\n'
  expect(importsOf("x.ts", source)).toEqual([
    { name: "./a.ts", line: 1 },
    { name: "./b.ts", line: 3 },
    { name: "./c.ts", line: 4 },
    { name: "./d.ts", line: 5 },
  ])
})
