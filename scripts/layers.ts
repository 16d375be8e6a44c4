/**
 * Holds the layering of the house: every room imports only from rooms above it in the list, systems only from the library,
 * and nothing from another system. Prints one line a violation and exits with 1 when there is any.
 *
 *   node scripts/layers.ts [root]
 */
import { globSync, readFileSync } from "node:fs"
import path from "node:path"
import { parseSync } from "oxc-parser"

/** The rooms in the order in which they may import: each from itself and from those before it. The doors do not import each other. */
const rooms = ["engine", "neuro", "learn", "data", "view", "run", "distribute"]
const doors = ["cli", "server"]

interface Place {
  kind: "room" | "door" | "system" | "registry"
  name: string
}

/** Where in the house a file stands, or undefined when it is outside (tests, scripts, benchmarks). */
function placeOf(file: string): Place | undefined {
  const [top, name = ""] = file.split("/")
  if (top === "src" && rooms.includes(name)) return { kind: "room", name }
  if (top === "src" && doors.includes(name)) return { kind: "door", name }
  if (top === "systems") return name.includes(".") ? { kind: "registry", name } : { kind: "system", name }
  return undefined
}

/** Why `from` must not import `to`, or undefined when it may. */
export function forbidden(from: Place, to: Place): string | undefined {
  if (from.kind === to.kind && from.name === to.name) return undefined
  switch (from.kind) {
    case "room":
      if (to.kind === "room" && rooms.indexOf(to.name) < rooms.indexOf(from.name)) return undefined
      return `${from.name} may import only from ${rooms.slice(0, rooms.indexOf(from.name)).join(", ") || "itself"}`
    case "door":
      return to.kind === "room" || to.kind === "registry"
        ? undefined
        : "a door imports rooms and the registry of systems"
    case "system":
      return to.kind === "room"
        ? undefined
        : "a system imports from the library only, never from another system or a door"
    case "registry":
      return to.kind === "system" || to.kind === "room" ? undefined : "the registry imports systems only"
  }
}

/** Every module name that a source file asks for: imports, re-exports, dynamic imports and types by `import("...")`. */
export function importsOf(file: string, source: string): { name: string; line: number }[] {
  const { program, errors } = parseSync(file, source)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`)
  const found: { name: string; line: number }[] = []
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return
    const { type, source: asked, start } = node as { type?: string; source?: { value?: unknown }; start?: number }
    if (type !== undefined && /^(Import|Export|TSImportType)/.test(type) && typeof asked?.value === "string") {
      found.push({ name: asked.value, line: source.slice(0, start).split("\n").length })
    }
    Object.values(node).forEach(visit)
  }
  visit(program)
  return found
}

/** One line for each import under `root` that breaks the rule. */
export function violations(root: string): string[] {
  const lines: string[] = []
  for (const file of globSync("{src,systems}/**/*.{ts,tsx}", { cwd: root }).map((name) => name.replaceAll("\\", "/"))) {
    const from = placeOf(file)
    if (from === undefined) {
      lines.push(`${file}: is in no room of the house`)
      continue
    }
    for (const { name, line } of importsOf(file, readFileSync(path.join(root, file), "utf8"))) {
      if (!name.startsWith(".")) continue
      const target = path.posix.join(path.posix.dirname(file), name)
      const to = placeOf(target)
      // Tests may use fixtures and helpers from outside of the rooms.
      if (to === undefined && file.includes(".test.")) continue
      const why = to === undefined ? "this is outside the library" : forbidden(from, to)
      if (why !== undefined) lines.push(`${file}:${line}: must not import ${target}: ${why}`)
    }
  }
  return lines.sort()
}

if (import.meta.main) {
  const found = violations(path.resolve(process.argv[2] ?? path.join(import.meta.dirname, "..")))
  for (const line of found) console.error(line)
  if (found.length > 0) {
    console.error(`layers: ${found.length} imports against the order of the rooms`)
    process.exitCode = 1
  }
}
