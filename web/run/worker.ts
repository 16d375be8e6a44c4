/** Runs one system, away from the page: it stays free to answer. */
import { DataSource, fetchFiles } from "../../src/data/index.ts"
import { activeDevice, CajalError } from "../../src/engine/index.ts"
import { execute, type RunStore } from "../../src/run/index.ts"
import { systems } from "../../systems/index.ts"
import type { FromWorker, SeenEvent, ToWorker } from "./protocol.ts"

/** Events are sent together, so often. */
const pauseMs = 40
const stop = new AbortController()

const send = (message: FromWorker): void => postMessage(message)

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === "stop") stop.abort(new Error("stopped"))
  else void start(data)
})

async function start({ settings, dataUrl, restored }: Extract<ToWorker, { type: "start" }>): Promise<void> {
  let waiting: SeenEvent[] = []
  let sent = performance.now()
  const flush = (): void => {
    if (waiting.length > 0) send({ type: "events", events: waiting })
    waiting = []
    sent = performance.now()
  }
  const progress = (label: string, done: number, total: number | undefined): void => {
    waiting.push({ type: "progress", label, done, total: total ?? 0 })
    if (performance.now() - sent > pauseMs) flush()
  }
  const store: RunStore = {
    restored,
    append: () => undefined,
    checkpoint(state, elapsedMs) {
      flush()
      send({ type: "checkpoint", state, elapsedMs })
    },
    finish: () => undefined,
  }
  try {
    const { default: system } = await systems[settings.slug]()
    const device = activeDevice()
    await device.ready()
    send({ type: "device", name: device.name, threads: device.threads })
    const data = new DataSource(fetchFiles(dataUrl), { onProgress: progress })
    for await (const event of execute(system, { ...settings, data, device, store, signal: stop.signal })) {
      if (event.type === "result") {
        flush()
        send({ type: "result", result: event })
      } else if (event.type !== "checkpoint") {
        waiting.push(event)
        if (performance.now() - sent > pauseMs) flush()
      }
    }
  } catch (error) {
    flush()
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
