import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { tarOf, zipOf } from "../../../test/fixtures/archives.ts"
import { readTar } from "./tar.ts"
import { crc32, readZip } from "./zip.ts"

const text = (content: string) => new TextEncoder().encode(content)

describe("tar", () => {
  test("gives the files by name", () => {
    const files = readTar(tarOf({ "folder/a.bin": text("hello") }), "a.tar")
    expect([...files.keys()]).toEqual(["folder/a.bin"])
    expect(files.get("folder/a.bin")).toEqual(text("hello"))
  })

  test("reads what the system's own tar writes", () => {
    const folder = mkdtempSync(join(tmpdir(), "tar-"))
    writeFileSync(join(folder, "one"), "1".repeat(700))
    writeFileSync(join(folder, "two"), "")
    execFileSync("tar", ["-cf", "both.tar", "one", "two"], { cwd: folder })
    const files = readTar(readFileSync(join(folder, "both.tar")), "both.tar")
    rmSync(folder, { recursive: true })
    expect([...files].map(([name, content]) => [name, content.length])).toEqual([
      ["one", 700],
      ["two", 0],
    ])
  })

  test("refuses damage", () => {
    const whole = tarOf({ a: text("x".repeat(600)) })
    const changed = whole.slice()
    changed[0] ^= 1
    expect(() => readTar(changed, "a.tar")).toThrow("checksum")
    expect(() => readTar(whole.subarray(0, 900), "a.tar")).toThrow("600 bytes for an archived file")
    expect(() => readTar(whole.subarray(0, 1536), "a.tar")).toThrow("end mark")
  })
})

describe("zip", () => {
  test("the CRC-32 of the standard's check string", () => {
    expect(crc32(text("123456789"))).toBe(0xcbf43926)
  })

  test.each([0, 8] as const)("reads entries of method %i", async (method) => {
    const content = text("to be or not to be, ".repeat(100))
    const entry = readZip(zipOf({ "a/b.txt": content, other: text("!") }, method), "a.zip").get("a/b.txt")
    expect(entry?.size).toBe(content.length)
    expect(Buffer.compare(await entry!.read(), content)).toBe(0)
  })

  test("refuses damage", async () => {
    const whole = zipOf({ b: text("a".repeat(1000)) }, 8)
    expect(() => readZip(whole.subarray(0, whole.length - 10), "b.zip")).toThrow("breaks off")
    expect(() => readZip(text("no zip, though long enough to be"), "b.zip")).toThrow("expected a zip archive")
    const changed = whole.slice()
    changed[whole.length - 22 - 47 + 17] ^= 1 // a bit of the CRC in the directory
    await expect(readZip(changed, "b.zip").get("b")!.read()).rejects.toThrow("CRC-32")
  })

  const tvb = join(process.env.CAJAL_DATA ?? "../shared/data", "tvb", "connectivity_66.zip")
  test.skipIf(!existsSync(tvb))("reads an archive from elsewhere", async () => {
    const entries = [...readZip(readFileSync(tvb), tvb).values()]
    expect(entries.length).toBeGreaterThan(2)
    for (const entry of entries) expect((await entry.read()).length).toBe(entry.size)
  })
})
