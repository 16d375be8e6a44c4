/** scripts/prepare.cjs: the Node of the devDependency where npm held its install script back, and the link that npx finds. */
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { command, repository } from "./command.ts"

let root: string
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-prepare-"))
  for (const folder of ["scripts", "bin", "node_modules/.bin", "node_modules/node"]) {
    fs.mkdirSync(path.join(root, folder), { recursive: true })
  }
  fs.copyFileSync(path.join(repository, "scripts/prepare.cjs"), path.join(root, "scripts/prepare.cjs"))
  fs.writeFileSync(path.join(root, "bin/cajal.cjs"), 'console.log("cajal itself")\n')
  fs.writeFileSync(path.join(root, "node_modules/node/package.json"), "{}")
})
afterEach(() => fs.rmSync(root, { recursive: true }))

const binary = () => path.join(root, "node_modules/node/bin/node")
const prepare = () => command(process.execPath, [path.join(root, "scripts/prepare.cjs")], { cwd: root })

/** The install script of the node package: here it makes a binary that is a script. */
function placeInstaller(content: string): void {
  const installer = `
    const fs = require("fs")
    fs.mkdirSync("bin", { recursive: true })
    fs.writeFileSync("bin/node", ${JSON.stringify(content)}, { mode: 0o755 })
    fs.appendFileSync("calls", "x")
  `
  fs.writeFileSync(path.join(root, "node_modules/node/installArchSpecificPackage.js"), installer)
}
const calls = () => {
  const file = path.join(root, "node_modules/node/calls")
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8").length : 0
}

test("fetches Node when it is not there, and then never again", async () => {
  placeInstaller("#!/bin/sh\necho v24.1.0\n")
  expect(await prepare()).toEqual({ code: 0, out: "", err: "" })
  expect(fs.existsSync(binary())).toBe(true)
  await prepare()
  expect(calls()).toBe(1)
})

test("fetches it again when what is there does not run", async () => {
  fs.mkdirSync(path.dirname(binary()))
  fs.writeFileSync(binary(), "This file intentionally left blank")
  placeInstaller("#!/bin/sh\necho v24.1.0\n")
  await prepare()
  expect(calls()).toBe(1)
})

test("says so, and lets the install go on, when it cannot be had", async () => {
  placeInstaller("#!/bin/sh\nexit 1\n")
  const { code, err } = await prepare()
  expect(code).toBe(0)
  expect(err).toBe(
    "cajal: could not fetch Node for this project; with Node 24 or newer installed it works all the same\n",
  )
})

test("links the command", async () => {
  fs.rmSync(path.join(root, "node_modules/node"), { recursive: true })
  await prepare()
  await prepare()
  const link = path.join(root, "node_modules/.bin/cajal")
  expect(fs.realpathSync(link)).toBe(fs.realpathSync(path.join(root, "bin/cajal.cjs")))
})
