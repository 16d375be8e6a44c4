/** The guides' code runs as it stands, and prints what they say it prints. */
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { describe, expect, test } from "vitest"
import { command, repository } from "./command.ts"

const folder = path.join(repository, "docs", "guides")

/** The TypeScript of a guide, its blocks one after another, as one module. */
const codeOf = (guide: string): string =>
  [...guide.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join("\n")

/** What the comments behind `console.log` say, in the order of the lines. */
const statedBy = (code: string): string[] =>
  [...code.matchAll(/^\s*console\.log\(.*\) \/\/ (.*)$/gm)].map(([, stated]) => stated)

/** Imports of the package are those of the sources: `cajal/engine`, `cajal/data/node-files`. */
const local = (code: string): string =>
  code.replaceAll(/"cajal\/([\w/-]+)"/g, (_, entry: string) => {
    const file = entry.includes("/") ? `${entry}.ts` : `${entry}/index.ts`
    return JSON.stringify(pathToFileURL(path.join(repository, "src", file)).href)
  })

/** "about 0.9": within a tenth of its size, or one of its last digit. Anything else is meant as it is written. */
function agrees(printed: string, stated: string): boolean {
  const [, about] = /^about (-?[\d.]+)$/.exec(stated) ?? []
  if (about === undefined) return printed === stated
  const digits = about.split(".")[1]?.length ?? 0
  return Math.abs(Number(printed) - Number(about)) <= Math.max(0.1 * Math.abs(Number(about)), 10 ** -digits) + 1e-9
}

test("what is stated is read as it is meant", () => {
  expect(agrees("0.97", "about 0.99")).toBe(true)
  expect(agrees("0.85", "about 0.99")).toBe(false)
  expect(agrees("0.1", "about 0.2")).toBe(true)
  expect(agrees("1.48", "1.48")).toBe(true)
  expect(agrees("1.49", "1.48")).toBe(false)
  expect(agrees("NaN", "about 1")).toBe(false)
  expect(statedBy("const x = 1\n  console.log(x + 1) // about 2\nconsole.log(x)")).toEqual(["about 2"])
})

const guides = fs.readdirSync(folder).filter((name) => name.endsWith(".md"))

describe.each(guides)("%s", (name) => {
  test("its code runs as it stands, and prints what it says", async () => {
    const code = codeOf(fs.readFileSync(path.join(folder, name), "utf8"))
    const stated = statedBy(code)
    expect(stated.length).toBeGreaterThan(0)
    const place = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-guide-"))
    try {
      const file = path.join(place, "guide.ts")
      fs.writeFileSync(file, local(code))
      const { code: status, out, err } = await command(process.execPath, [file], { cwd: place })
      expect(status, err).toBe(0)
      const printed = out.trimEnd().split("\n")
      const wrong = stated.flatMap((text, i) =>
        agrees(printed[i] ?? "", text) ? [] : [`${printed[i]}, stated: ${text}`],
      )
      expect(wrong).toEqual([])
      expect(printed).toHaveLength(stated.length)
    } finally {
      fs.rmSync(place, { recursive: true })
    }
  }, 120_000)
})
