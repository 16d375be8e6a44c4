import fs from "node:fs"
import path from "node:path"

const rootOf = (folder: string): string =>
  fs.existsSync(path.join(folder, "package.json")) ? folder : rootOf(path.dirname(folder))

/** The package's root, from the source tree or from the compiled one under dist/. */
export const packageRoot: string = rootOf(import.meta.dirname)

export const version: string = (
  JSON.parse(fs.readFileSync(path.join(packageRoot, "package.json"), "utf8")) as { version: string }
).version
