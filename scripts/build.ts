/** Compiles the library, the systems and the command into dist/: JavaScript with declarations, for the published package; and builds the page. */
import { spawnSync } from "node:child_process"
import fs from "node:fs"
import path from "node:path"

const root = path.join(import.meta.dirname, "..")
fs.rmSync(path.join(root, "dist"), { recursive: true, force: true })
const tool = (name: string, file: string): string => path.join(root, "node_modules", name, "bin", file)
// npm pack --json reads standard output: what the tools have to say goes to standard error.
const run = (...args: string[]): number =>
  spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", 2, 2] }).status ?? 1
const compiled = run(tool("typescript", "tsc"), "-p", "tsconfig.build.json")
// The compiler rewrites the paths of imports, not that of a worker's file.
const crew = path.join(root, "dist", "src", "engine", "devices", "wasm", "crew.js")
fs.writeFileSync(crew, fs.readFileSync(crew, "utf8").replaceAll('"./worker.ts"', '"./worker.js"'))
const page = run(tool("vite", "vite.js"), "build", "web", "--config", "web/vite.config.ts", "--logLevel", "warn")
process.exitCode = compiled || page
