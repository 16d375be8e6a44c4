import { spawnSync } from "node:child_process"
import fs from "node:fs"
import path from "node:path"
import { CajalError } from "../engine/errors.ts"
import { packageRoot } from "./package-root.ts"

/** What the page is made of, in a checkout. */
const sources = ["web", "src", "systems", "results", "package-lock.json"]

/** When the newest file under `place` was changed, ms. */
function changedAt(place: string): number {
  const own = fs.statSync(place, { throwIfNoEntry: false })
  if (own === undefined) return 0
  if (!own.isDirectory()) return own.mtimeMs
  return Math.max(own.mtimeMs, ...fs.readdirSync(place).map((name) => changedAt(path.join(place, name))))
}

/**
 * The folder of the built page; in a checkout it is built where it is missing or older than its sources.
 * @throws CajalError when there is no page and nothing to build it from, or building fails
 */
export function builtPage(root: string = packageRoot): string {
  const folder = path.join(root, "dist", "web")
  const vite = path.join(root, "node_modules", "vite", "bin", "vite.js")
  const canBuild = fs.existsSync(path.join(root, "web", "index.html")) && fs.existsSync(vite)
  const built = changedAt(path.join(folder, "index.html"))
  if (built > 0 && (!canBuild || sources.every((place) => changedAt(path.join(root, place)) <= built))) return folder
  if (!canBuild) {
    throw new CajalError("the page is not built, and its sources are not here", {
      where: folder,
      hint: "run npm install and npm run web in a checkout of cajal",
    })
  }
  console.error("cajal: building the page")
  const config = path.join(root, "web", "vite.config.ts")
  const args = [vite, "build", path.join(root, "web"), "--config", config, "--logLevel", "error"]
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", stdio: "pipe" })
  if (status !== 0) throw new CajalError(`the page could not be built:\n${stderr.trim()}`, { hint: "npm run web" })
  return folder
}
