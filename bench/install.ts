/**
 * Installs what the benchmarks measure beside us, none of it into the project's own dependencies: JavaScript into
 * bench/peers/javascript/node_modules, Python into virtual environments in bench/.peers (their versions of NumPy exclude each other).
 * What cannot be installed is said and left out; the benchmarks then report it as absent.
 */
import { spawnSync } from "node:child_process"
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { type Environment, javascriptFolder, privateFolder } from "./harness/peers.ts"

const pythonFolder = path.join(import.meta.dirname, "peers", "python")

/** Runs a command with its output shown, and says whether it succeeded. */
function run(file: string, ...args: readonly string[]): boolean {
  console.log(`> ${file} ${args.join(" ")}`)
  return spawnSync(file, args, { stdio: "inherit" }).status === 0
}

export function install(): void {
  run("npm", "ci", "--ignore-scripts", "--prefix", javascriptFolder)
  installTorch()
  installJax()
  for (const name of ["brian2", "brainpy", "nest"] as const) installSimulator(name)
}

/**
 * Debian's packages of PyTorch are built for the CPU; those of the Python index bring gigabytes of CUDA along. So the environment is made from
 * the system's Python and sees its packages.
 */
function installTorch(): void {
  const system = "/usr/bin/python3"
  if (!run(system, "-c", "import torch, venv, ensurepip")) {
    const packages = ["python3-torch", "python3-venv", "libopenblas0-openmp"]
    if (!run("apt-get", "install", "-y", "--no-install-recommends", ...packages))
      return console.error(
        `no PyTorch: install ${packages.join(", ")}, or name a Python that has it in CAJAL_BENCH_TORCH`,
      )
  }
  const python = environment("torch", system, "--system-site-packages")
  if (python === undefined) return
  run(python, "-m", "pip", "install", "--no-deps", "-r", path.join(pythonFolder, "requirements-torch.txt"))
  // Norse says itself what it needs to be imported on this version of PyTorch.
  mark("torch", python, { torch: "torch", snntorch: "snntorch", spikingjelly: "spikingjelly", norse: "on_norse" })
}

function installJax(): void {
  const python = environment("jax", "python3")
  if (python === undefined) return
  run(python, "-m", "pip", "install", "-r", path.join(pythonFolder, "requirements-jax.txt"))
  mark("jax", python, { jax: "jax", spyx: "spyx" })
}

/** The newest releases of the simulators want a newer Python than some systems have as their first. */
function installSimulator(name: Environment): void {
  const python = environment(name, newestPython())
  if (python === undefined) return
  run(python, "-m", "pip", "install", "-r", path.join(pythonFolder, `requirements-${name}.txt`))
  mark(name, python, { [name]: name })
}

/** The newest of the Pythons that are found by name or kept by pyenv, not below 3.12; otherwise whichever there is. */
function newestPython(): string {
  const kept = path.join(process.env.PYENV_ROOT ?? path.join(os.homedir(), ".pyenv"), "versions")
  const versions = fs.existsSync(kept) ? fs.readdirSync(kept) : []
  const candidates = ["3.13", "3.12"].flatMap((wanted) => [
    `python${wanted}`,
    ...versions.filter((one) => one.startsWith(`${wanted}.`)).map((one) => path.join(kept, one, "bin", "python3")),
  ])
  const works = (file: string): boolean =>
    spawnSync(file, ["-c", "import venv, ensurepip"], { stdio: "ignore" }).status === 0
  return candidates.find(works) ?? "python3"
}

/** A virtual environment's Python, or undefined when it cannot be made. */
function environment(name: string, python: string, ...options: readonly string[]): string | undefined {
  const folder = path.join(privateFolder, name)
  if (!fs.existsSync(path.join(folder, "bin", "python")) && !run(python, "-m", "venv", ...options, folder)) {
    console.error(`no virtual environment for ${name}`)
    return undefined
  }
  return path.join(folder, "bin", "python")
}

/** Leaves a mark for each peer whose module can be imported: only those are measured. */
function mark(name: string, python: string, modules: Readonly<Record<string, string>>): void {
  for (const [peer, module] of Object.entries(modules)) {
    const file = path.join(privateFolder, name, `${peer}.installed`)
    const code = `import sys; sys.argv.append("1"); sys.path.append(${JSON.stringify(pythonFolder)}); import ${module}`
    if (run(python, "-c", code)) fs.writeFileSync(file, "")
    else {
      fs.rmSync(file, { force: true })
      console.error(`${peer} is not usable and will be absent`)
    }
  }
}

if (import.meta.main) install()
