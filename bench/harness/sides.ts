/** The processes of one run of the benchmarks: started when first asked for, started again when one has ended. */
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { writeSafetensors } from "../../src/data/formats/safetensors.ts"
import type { Case, Group } from "./case.ts"
import { Participant } from "./participant.ts"
import { commandFor, isInstalled, ourCommand, peers } from "./peers.ts"

export class Sides {
  /** What each side said of itself, by name. */
  readonly versions: Record<string, Readonly<Record<string, string>>> = {}
  readonly usedThreads: Record<string, number> = {}
  /** Peers that are not installed, or do not start. */
  readonly absent: Record<string, string> = {}
  readonly #running = new Map<string, Participant>()
  readonly #folder = fs.mkdtempSync(path.join(os.tmpdir(), "cajal-bench-"))
  readonly #wanted: (name: string) => boolean

  /** @param wanted which peers take part */
  constructor(wanted: (name: string) => boolean = () => true) {
    this.#wanted = wanted
  }

  /** Ours first, then the peers that are there and have anything for the group. */
  async all(group: Group, threads: number): Promise<Participant[]> {
    const commands = [ourCommand(threads)]
    for (const peer of peers) {
      if (!this.#wanted(peer.name) || !peer.groups.includes(group)) continue
      if (isInstalled(peer)) commands.push(commandFor(peer, threads))
      else this.absent[peer.name] ??= "not installed: npm run bench -- --install"
    }
    const found: Participant[] = []
    for (const command of commands) {
      if (this.absent[command.name] !== undefined) continue
      const key = `${command.name} ${threads}`
      let side = this.#running.get(key)
      if (side === undefined || side.ended) {
        // What it leaves in temporary files goes with the folder, however it ends.
        side = new Participant({ ...command, env: { ...command.env, TMPDIR: this.#folder } })
        const { versions, threads: used, error } = await side.ask({ do: "introduce" })
        if (error !== undefined) {
          this.absent[command.name] = error
          continue
        }
        this.versions[command.name] = versions ?? {}
        this.usedThreads[`${command.name}, ${threads} asked`] = used ?? threads
        this.#running.set(key, side)
      }
      found.push(side)
    }
    return found
  }

  /** Writes what a case starts from where every side can read it. */
  inputsFile(of: Case): string {
    const file = path.join(this.#folder, "inputs.safetensors")
    fs.writeFileSync(file, writeSafetensors(of.inputs()))
    return file
  }

  /** Ends all processes: those of the next number of threads do not share the memory with them. */
  rest(): void {
    for (const side of this.#running.values()) side.end()
    this.#running.clear()
  }

  end(): void {
    this.rest()
    fs.rmSync(this.#folder, { recursive: true, force: true })
  }
}
