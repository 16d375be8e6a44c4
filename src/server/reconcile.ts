import fs from "node:fs"
import path from "node:path"
import { systems } from "../../systems/index.ts"
import { CajalError } from "../engine/errors.ts"
import { readSettings } from "../run/store.ts"
import { changedOf } from "./asking.ts"
import type { History } from "./history.ts"
import type { RunQueue } from "./queue.ts"

/**
 * Brings the index to what the folder of runs says, before the queue starts: a run that was under way when the server went is stopped,
 * or done if it had ended; a run of the command line, or one that an index of earlier days had, is taken in; one whose folder is gone, failed.
 */
export async function reconcile(queue: RunQueue, history: History): Promise<void> {
  for (const id of history.idsIn("running")) {
    const result = queue.resultOf(id)
    if (result === undefined) history.stop(id)
    else history.finish(id, result)
  }
  for (const id of history.idsIn("waiting"))
    if (!fs.existsSync(path.join(queue.folderOf(id), "settings.json")))
      history.fail(id, { message: "the run's folder is gone" })
  for (const id of fs.readdirSync(queue.root)) if (history.get(id) === undefined) await takeIn(queue, history, id)
}

async function takeIn(queue: RunQueue, history: History, id: string): Promise<void> {
  if (!fs.existsSync(path.join(queue.folderOf(id), "settings.json"))) return
  try {
    const settings = readSettings(queue.root, id)
    if (!Object.hasOwn(systems, settings.system)) return
    const system = (await systems[settings.system]!()).default
    const result = queue.resultOf(id)
    history.add(id, settings, changedOf(system, settings.preset, settings.parameters), "stopped")
    if (result !== undefined) history.finish(id, result)
  } catch (error) {
    // A damaged folder is nobody's run; the others are served all the same.
    if (!(error instanceof CajalError || error instanceof SyntaxError)) throw error
    console.error(`cajal: left out ${id}: ${error.message}`)
  }
}
