/** The worker that runs diagrams, from the page's side: one question at a time, which can be given up. */
import { useCallback, useEffect, useRef, useState } from "react"
import type { Answer, Ask } from "./protocol.ts"

export interface Runs {
  readonly isBusy: boolean
  ask(question: Ask): Promise<Answer | undefined>
  /** Ends what is running: its answer is undefined. */
  stop(): void
}

export function useRuns(): Runs {
  const worker = useRef<Worker | undefined>(undefined)
  const give = useRef<((answer: Answer | undefined) => void) | undefined>(undefined)
  const [isBusy, setBusy] = useState(false)
  const answered = useCallback((answer: Answer | undefined): void => {
    give.current?.(answer)
    give.current = undefined
    setBusy(false)
  }, [])
  const stop = useCallback((): void => {
    worker.current?.terminate()
    worker.current = undefined
    answered(undefined)
  }, [answered])
  useEffect(() => stop, [stop])
  const ask = useCallback(
    (question: Ask): Promise<Answer | undefined> => {
      if (give.current !== undefined) stop()
      if (worker.current === undefined) {
        worker.current = new Worker(new URL("./run-worker.ts", import.meta.url), { type: "module" })
        worker.current.addEventListener("message", ({ data }: MessageEvent<Answer>) => answered(data))
        worker.current.addEventListener("error", ({ message }) => answered({ type: "failed", message }))
      }
      worker.current.postMessage(question)
      setBusy(true)
      return new Promise((resolve) => {
        give.current = resolve
      })
    },
    [answered, stop],
  )
  return { isBusy, ask, stop }
}
