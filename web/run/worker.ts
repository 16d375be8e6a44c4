/** Runs one system, away from the page: it stays free to answer. */
import { DataSource, fetchFiles } from "../../src/data/index.ts"
import { activeDevice, CajalError } from "../../src/engine/index.ts"
import { attend, execute, type Inputs, type Restored, type RunStore } from "../../src/run/index.ts"
import { systems } from "../../systems/index.ts"
import type { FromWorker, SeenEvent, ToWorker } from "./protocol.ts"

/** Events are sent together, so often. */
const pauseMs = 40
const stop = new AbortController()
/** What the reader has done before the system was there to take it. */
let early: Extract<ToWorker, { type: "input" }>[] = []
let inputs: Inputs | undefined

const send = (message: FromWorker): void => postMessage(message)

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === "stop") stop.abort(new Error("stopped"))
  else if (data.type === "start") void start(data)
  else if (inputs === undefined) early.push(data)
  else give(inputs, data)
})

const give = (to: Inputs, { name, value }: Extract<ToWorker, { type: "input" }>): void => to.give(name, value)

/** Events on their way to the page. */
class Outbox {
  #waiting: SeenEvent[] = []
  #sent = performance.now()

  add(event: SeenEvent): void {
    this.#waiting.push(event)
    if (performance.now() - this.#sent > pauseMs) this.flush()
  }

  flush(): void {
    if (this.#waiting.length > 0) send({ type: "events", events: this.#waiting })
    this.#waiting = []
    this.#sent = performance.now()
  }
}

async function start({ settings, dataUrl, restored, isTouched }: Extract<ToWorker, { type: "start" }>): Promise<void> {
  const out = new Outbox()
  try {
    const { default: system } = await systems[settings.slug]()
    const device = activeDevice()
    await device.ready()
    send({ type: "device", name: device.name, threads: device.threads })
    const data = new DataSource(fetchFiles(dataUrl), {
      onProgress: (label, done, total) => out.add({ type: "progress", label, done, total: total ?? 0 }),
    })
    const common = { ...settings, data, signal: stop.signal }
    if (isTouched) await beTouched(attend(system, common), out)
    else
      for await (const event of execute(system, { ...common, device, store: storeOf(restored, out) })) {
        if (event.type === "result") {
          out.flush()
          send({ type: "result", result: event })
        } else if (event.type !== "checkpoint" && event.type !== "model") out.add(event)
      }
  } catch (error) {
    out.flush()
    if (stop.signal.aborted) return send({ type: "stopped" })
    const { message, hint, where } = error as CajalError
    if (!(error instanceof CajalError)) console.error(error)
    send({
      type: "failed",
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(where === undefined ? {} : { where }),
    })
  }
}

/** What is shown is sent at once: a hand waits for it. */
async function beTouched(attended: ReturnType<typeof attend>, out: Outbox): Promise<void> {
  inputs = attended.inputs
  for (const message of early) give(inputs, message)
  early = []
  for await (const event of attended.events) {
    if (event.type === "checkpoint" || event.type === "model") continue
    out.add(event)
    if (event.type === "figure") out.flush()
  }
}

/** The page keeps what a run emits, and the state to go on from. */
const storeOf = (restored: Restored | undefined, out: Outbox): RunStore => ({
  restored,
  append: () => undefined,
  checkpoint(state, elapsedMs) {
    out.flush()
    send({ type: "checkpoint", state, elapsedMs })
  },
  model: send,
  finish: () => undefined,
})
