import { spawnSync } from "node:child_process"
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { expect, test } from "vitest"

const root = path.join(import.meta.dirname, "..")

/** What an example of the README prints when it runs as it stands. */
function run(example: string): string {
  const readme = fs.readFileSync(path.join(root, "README.md"), "utf8")
  const code = new RegExp(`${example} example: begin -->\\s*\`\`\`ts\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1] ?? ""
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
    return stdout
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

test("the README's library example runs as it stands, and learns", () => {
  const losses = [...run("library").matchAll(/loss ([\d.]+)/g)].map((m) => Number(m[1]))
  expect(losses).toHaveLength(4)
  expect(losses[3]).toBeLessThan(losses[0])
  expect(losses[3]).toBeLessThan(0.5)
})

test("the README's network fires as balanced networks do", () => {
  const [spikes, rate] = [...run("network").matchAll(/\d+/g)].map(Number)
  expect(spikes / 3200 / 0.3).toBeGreaterThan(14)
  expect(spikes / 3200 / 0.3).toBeLessThan(28)
  expect(rate).toBeLessThan(60)
})
