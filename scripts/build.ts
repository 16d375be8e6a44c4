/** Compiles the library, the systems and the command into dist/: JavaScript with declarations, for the published package; and builds the page. */
import { spawnSync } from "node:child_process"
import fs from "node:fs"
import path from "node:path"

const root = path.join(import.meta.dirname, "..")
fs.rmSync(path.join(root, "dist"), { recursive: true, force: true })
const compiler = path.join(root, "node_modules", "typescript", "bin", "tsc")
// npm pack --json reads standard output: what the compiler has to say goes to standard error.
const { status } = spawnSync(process.execPath, [compiler, "-p", path.join(root, "tsconfig.build.json")], {
  stdio: ["ignore", 2, 2],
})
// The compiler rewrites the paths of imports, not that of a worker's file.
const crew = path.join(root, "dist", "src", "engine", "devices", "wasm", "crew.js")
fs.writeFileSync(crew, fs.readFileSync(crew, "utf8").replaceAll('"./worker.ts"', '"./worker.js"'))
const vite = path.join(root, "node_modules", "vite", "bin", "vite.js")
const page = spawnSync(
  process.execPath,
  [vite, "build", "web", "--config", "web/vite.config.ts", "--logLevel", "warn"],
  {
    cwd: root,
    stdio: ["ignore", 2, 2],
  },
)
process.exitCode = (status ?? 1) || (page.status ?? 1)
