import { Command } from "commander"
import { CajalError } from "../engine/errors.ts"
import { benchCommand } from "./bench.ts"
import { asMistake, isHelp, quiet } from "./commander.ts"
import { type ConvertFlags, convertCommand } from "./convert.ts"
import { dataGetCommand, dataListCommand, dataWhereCommand } from "./data.ts"
import { drawCommand } from "./draw.ts"
import { exitCodes } from "./exit-codes.ts"
import { listCommand, showCommand } from "./list.ts"
import { version } from "./package-info.ts"
import { runCommand } from "./run.ts"
import { serveCommand } from "./serve.ts"
import { tableCommand } from "./table.ts"

/** The command line. Sets the process's exit code: see `exitCodes`. */
export async function main(args: readonly string[]): Promise<void> {
  stopWithLauncher()
  // A reader that has seen enough (`cajal list | head`) is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit()
    throw error
  })
  let code: number = exitCodes.done
  const program = commands((result) => {
    code = result
  })
  try {
    if (args.length === 0) program.outputHelp()
    else await program.parseAsync(args, { from: "user" })
  } catch (error) {
    if (!isHelp(error)) code = explain(asMistake(error, program))
  }
  process.exitCode = code
}

/** The launcher on an older Node waits for this process: when it is gone, this one stops as well. */
function stopWithLauncher(): void {
  if (process.channel === undefined || process.env.CAJAL_RESTARTED === undefined) return
  process.on("disconnect", () => process.kill(process.pid, "SIGTERM"))
  process.channel.unref()
}

function commands(setCode: (code: number) => void): Command {
  const program = quiet(new Command("cajal"))
    .description("Brain-inspired computing: runs published systems and shows what they claim beside what was measured")
    .version(version, "--version", "print the version")
    .helpOption("--help", "show this help")
    .helpCommand(false)
    .enablePositionalOptions()
    .addHelpText("after", exitCodeHelp)
  program
    .command("list")
    .description("all papers, and which of them run")
    .option("--json", "an array of cards, each with its state")
    .action(listCommand)
  program
    .command("show <system>")
    .description("a paper's card, parameters, presets and claims")
    .option("--json", "the same as JSON")
    .action(showCommand)
  program
    .command("run <system> [flags...]")
    .description("run a system and weigh its claims; cajal run <system> --help shows its flags")
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (name: string, flags: string[]) => {
      setCode(await runCommand(name, flags))
    })
  program
    .command("table")
    .description("every claim: the paper's number and ours, from the results that were kept")
    .option("--json", "the results as JSON")
    .action(tableCommand)
  program
    .command("draw <system>")
    .description("the circuit of a system as SVG")
    .option("--out <file>", "write it into a file")
    .action(drawCommand)
  program
    .command("convert <from> <to>")
    .description("a model file as one of another kind, as the endings say: .nir, .onnx, .safetensors")
    .option("--steps <number>", "time steps that an ONNX model of a network runs")
    .option("--batch <number>", "examples that it takes at once", "1")
    .option("--dt-ms <ms>", "length of a step, where the NIR file does not say; 0.1 for files of snnTorch")
    .option("--like <file>", "the NIR network that the weights of a safetensors file belong to")
    .action((from: string, to: string, flags: ConvertFlags) => convertCommand(from, to, flags))
  program
    .command("bench [arguments...]")
    .description("the benchmark suite, or with --profile <system> where the time of a run goes")
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action((given: string[]) => benchCommand(given))
  program
    .command("serve")
    .description("the page, with runs on this machine")
    .option("--port <number>", "where it listens; 0 takes any that is free", "4200")
    .option("--host <name>", "the name or address it listens on; others than this machine need another", "127.0.0.1")
    .option("--out <folder>", "where runs are kept", "runs")
    .option("--waiting <number>", "how many runs may wait for their turn", "8")
    .option("--page <folder>", "a page that was built elsewhere")
    .action(async (flags) => setCode(await serveCommand(flags)))
  const data = program.command("data").description("the datasets and where they lie")
  data.command("list").description("the datasets, and which are on this machine").action(dataListCommand)
  data.command("get <dataset>").description("download a dataset, unless it is here").action(dataGetCommand)
  data.command("where [dataset]").description("where its files lie").action(dataWhereCommand)
  return program
}

const exitCodeHelp = `
Exit codes: 0 done, 1 failed, 2 a mistake in what was asked, 130 stopped by Ctrl-C (143 by SIGTERM); a stopped run can be resumed.`

/** Prints an error as its kind asks for, and gives the exit code. */
function explain(error: unknown): number {
  if (error instanceof CajalError) {
    console.error(`${commandPrefix}${error.describe()}`)
    return exitCodes.mistake
  }
  const problem = systemProblem(error)
  if (problem !== undefined) {
    console.error(`${commandPrefix}${problem}`)
    return exitCodes.failed
  }
  console.error(error)
  console.error(
    `${commandPrefix}this is a fault of cajal or of the system it ran, not of what was asked (cajal ${version})`,
  )
  return exitCodes.failed
}

/** What the machine refused (a full disk, a file that may not be written), in one line. */
function systemProblem(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("syscall" in error) || typeof error.syscall !== "string") return undefined
  return error.message
}

const commandPrefix = "cajal: "
