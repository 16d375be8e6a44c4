import fs from "node:fs"
import path from "node:path"

/** The package's root, from the source tree or from the compiled one under dist/. */
export const packageRoot: string = findRoot(import.meta.dirname)

export const version: string = (
  JSON.parse(fs.readFileSync(path.join(packageRoot, "package.json"), "utf8")) as { version: string }
).version

function findRoot(folder: string): string {
  return fs.existsSync(path.join(folder, "package.json")) ? folder : findRoot(path.dirname(folder))
}

/** How the user would type the command: with npx when that is how this process was started. */
export const commandName: string = process.env.npm_command === "exec" ? "npx cajal" : "cajal"
