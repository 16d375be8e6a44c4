import { type Command, CommanderError } from "commander"
import { CajalError } from "../engine/errors.ts"
import { nearest } from "../run/nearest.ts"

/**
 * The flags in `args`, or undefined when help was asked for and printed.
 * Names may be written with dashes (`--loss-scale` for `lossScale`).
 * @throws CajalError on an unknown flag (with the nearest one) or a missing value
 */
export function parseWith<T>(command: Command, args: readonly string[]): T | undefined {
  quiet(command)
  try {
    command.parse(args.map(camelCaseFlag), { from: "user" })
    return command.opts() as T
  } catch (error) {
    if (isHelp(error)) return undefined
    throw asMistake(error, command)
  }
}

/** Makes a command throw instead of printing errors and ending the process. */
export function quiet(command: Command): Command {
  return command
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .showSuggestionAfterError(false)
}

export const isHelp = (error: unknown): boolean => error instanceof CommanderError && error.exitCode === 0

/** What commander refused, as an error of the user's with a hint. */
export function asMistake(error: unknown, command: Command): unknown {
  if (!(error instanceof CommanderError)) return error
  if (error.code === "commander.help")
    return new CajalError(`${command.name()} needs one of its subcommands`, {
      hint: "cajal --help shows what there is",
    })
  const message = error.message.replace(/^error: /, "").replaceAll("'", '"')
  const help = `${command.name()} --help shows what there is`
  const unknown = /^unknown (?:option|command) "(.+?)"$/.exec(message)?.[1]
  if (unknown === undefined) return new CajalError(message, { hint: help })
  const flags = command.options.map((option) => option.long ?? "")
  const near = nearest(unknown, unknown.startsWith("-") ? flags : command.commands.map((one) => one.name()))
  return new CajalError(message, { hint: near === undefined ? help : `did you mean "${near}"? ${help}` })
}

/** The value of a flag. @throws CajalError where it is no whole number in the range */
export function wholeNumber(flag: string, text: string, from: number, to: number): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= from && number <= to) return number
  throw new CajalError(`--${flag} must be a whole number in ${from}..${to}, not "${text}"`)
}

/** `--loss-scale=2` as `--lossScale=2`. */
const camelCaseFlag = (arg: string): string =>
  arg.startsWith("--") ? arg.replace(/^--[^=]*/, (flag) => `--${camelCase(flag.slice(2))}`) : arg

const camelCase = (name: string): string => name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
