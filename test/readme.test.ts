import { spawnSync } from "node:child_process"
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { expect, test } from "vitest"

const root = path.join(import.meta.dirname, "..")

test("the README's library example runs as it stands, and learns", () => {
  const readme = fs.readFileSync(path.join(root, "README.md"), "utf8")
  const code = /library example: begin -->\s*```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ""
  const local = code.replaceAll(/"cajal\/(\w+)"/g, (_, room) =>
    JSON.stringify(pathToFileURL(path.join(root, "src", room, "index.ts")).href),
  )
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-readme-"))
  try {
    const file = path.join(folder, "example.ts")
    fs.writeFileSync(file, local)
    const { stdout, stderr, status } = spawnSync(process.execPath, [file], { encoding: "utf8" })
    expect(stderr.replaceAll(/\(node:.*\n|.*--trace-warnings.*\n|.*Reparsing.*\n|.*To eliminate.*\n/g, "")).toBe("")
    expect(status).toBe(0)
    const losses = [...stdout.matchAll(/loss ([\d.]+)/g)].map((m) => Number(m[1]))
    expect(losses).toHaveLength(4)
    expect(losses[3]).toBeLessThan(losses[0])
    expect(losses[3]).toBeLessThan(0.5)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})
