/** A thread of the wasm device: waits for programs and runs its part of each. */
import { type Mail, Member } from "./member.ts"

const node = typeof process !== "undefined" && process.getBuiltinModule !== undefined
if (node) {
  const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads")
  const member = new Member(workerData, (next) => setImmediate(next))
  parentPort?.on("message", (mail: Mail) => member.receive(mail))
  member.attend()
} else {
  let member: Member | undefined
  addEventListener("message", ({ data }: MessageEvent) => {
    if (member !== undefined) return member.receive(data)
    // A message to oneself lets the mailbox be emptied before the thread waits again.
    const { port1, port2 } = new MessageChannel()
    let next = (): void => undefined
    port1.onmessage = () => next()
    member = new Member(data, (run) => {
      next = run
      port2.postMessage(0)
    })
    member.attend()
  })
}
