/** bin/cajal.cjs on Nodes that are too old. */
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { command, repository } from "./command.ts"

let root: string
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-launcher-"))
  fs.mkdirSync(path.join(root, "bin"))
  fs.copyFileSync(path.join(repository, "bin/cajal.cjs"), path.join(root, "bin/cajal.cjs"))
  fs.writeFileSync(path.join(root, "old.cjs"), 'Object.defineProperty(process, "version", { value: "v18.20.1" })')
})
afterEach(() => fs.rmSync(root, { recursive: true }))

const onOldNode = (...args: string[]) =>
  command(process.execPath, ["--require", path.join(root, "old.cjs"), path.join(root, "bin/cajal.cjs"), ...args], {
    cwd: root,
  })

/** A stand-in for the Node of the devDependency: a script that tells how it was called. */
function placeNode(script: string): void {
  const folder = path.join(root, "node_modules/node/bin")
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, "node"), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

test("with no other Node about, says in one line what to do", async () => {
  const { code, out, err } = await onOldNode("list")
  expect({ code, out }).toEqual({ code: 2, out: "" })
  expect(err).toBe("cajal: needs Node 24 or newer, this is v18.20.1; install it from nodejs.org\n")
})

test("in a checkout it names the command that fetches one", async () => {
  fs.mkdirSync(path.join(root, "scripts"))
  fs.writeFileSync(path.join(root, "scripts/prepare.cjs"), "")
  expect((await onOldNode()).err).toMatch(/; run npm run prepare in .* to fetch one, or install it from nodejs\.org\n$/)
})

test("starts the Node nearby with the same arguments, and ends as it ends", async () => {
  placeNode('shift; echo "[$*]"; exit 7')
  expect(await onOldNode("run", "a b", "--json")).toEqual({ code: 7, out: "[run a b --json]\n", err: "" })
  placeNode("kill -TERM $$")
  expect(await onOldNode()).toMatchObject({ code: "SIGTERM" })
})

test("does not go in circles when the Node nearby is too old as well", async () => {
  placeNode(`exec "${process.execPath}" --require "${path.join(root, "old.cjs")}" "$@"`)
  const { code, err } = await onOldNode("list")
  expect(code).toBe(2)
  expect(err).toMatch(/^cajal: needs Node 24 or newer, .*\n$/)
})

test("when the launcher is killed, the run it started stops too and can be resumed", async () => {
  const launcher = path.join(repository, "bin/cajal.cjs")
  const walk = path.join(repository, "test/fixtures/walk.ts")
  const args = ["--require", path.join(root, "old.cjs"), launcher, "run", walk, "--steps", "2000", "--pauseMs", "5"]
  const { err } = await command(process.execPath, args, {
    cwd: root,
    onOutput: (out, child) => void (out.includes("step 10") && child.kill("SIGKILL")),
  })
  // The output closes only when the started process has ended as well.
  expect(err).toContain("cajal: stopped; go on with: cajal run")
})
