/**
 * An error that is the user's to mend: it says what was wrong, where, and what to do.
 * The doors (command line, page, server) print it without a stack trace.
 */
export class CajalError extends Error {
  /** What the user can do about it, one sentence. */
  readonly hint: string | undefined
  /** Where it happened: a file and line, a parameter, a place in a file. */
  readonly where: string | undefined

  constructor(message: string, options: { hint?: string; where?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = "CajalError"
    this.hint = options.hint
    this.where = options.where
  }

  /** The error as the doors print it, several lines. */
  describe(): string {
    const lines = [this.message]
    if (this.where !== undefined) lines.push(`  at ${this.where}`)
    if (this.hint !== undefined) lines.push(`  hint: ${this.hint}`)
    return lines.join("\n")
  }
}

/** An error of a tensor operation, with the line of the user's program that asked for it. */
export const operationError = (message: string, options: { hint?: string; cause?: unknown } = {}): CajalError =>
  new CajalError(message, { ...options, where: callerLine() })

/** The first frame of the call stack outside the engine: the line of the user's program that asked for this. */
export function callerLine(): string | undefined {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 60
  const stack = new Error().stack ?? ""
  Error.stackTraceLimit = limit
  for (const line of stack.split("\n").slice(1)) {
    const match = /^\s*at (?:(.*?) \()?(.*?):(\d+):\d+\)?$/.exec(line)
    if (match === null) continue
    const [, name, file = "", row] = match
    if (file.startsWith("node:") || isEngineFile(file)) continue
    const short = file.replace(/^.*\//, "")
    const readable = name !== undefined && !name.startsWith("<") && !name.startsWith("Object.") ? `${name} ` : ""
    return readable === "" ? `${short}:${row}` : `${readable}(${short}:${row})`
  }
  return undefined
}

const engineRoot = import.meta.url.replace(/[^/]*$/, "")
const isEngineFile = (file: string): boolean =>
  (file.startsWith(engineRoot) || `file://${file}`.startsWith(engineRoot)) && !/\.test\.[jt]s/.test(file)
