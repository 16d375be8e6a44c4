import { CajalError } from "../engine/errors.ts"
import { type CheckpointState, checkpoint, type RunEvent } from "./events.ts"
import type { JsonValue } from "./json.ts"

interface Position {
  /** Results of the stages that are done, by name. */
  readonly done: Record<string, JsonValue>
  /** The stage under way, and what its own last checkpoint said. */
  readonly stage?: string
  readonly state?: JsonValue
}

/**
 * A run in stages, each with a result that later stages and figures use. A resumed run skips the stages that were done and hands
 * the one that was under way its own last checkpoint.
 */
export class Stages {
  readonly #done: Record<string, JsonValue>
  #open: { readonly name: string; readonly state: CheckpointState } | undefined

  constructor(resumed: CheckpointState | undefined) {
    const position = resumed?.json as unknown as Position | undefined
    if (
      position !== undefined &&
      (typeof position !== "object" || position === null || typeof position.done !== "object")
    )
      throw new CajalError("the checkpoint is not one of a run in stages", { hint: "start the run anew" })
    this.#done = { ...position?.done }
    if (resumed !== undefined && position?.stage !== undefined)
      this.#open = { name: position.stage, state: { json: position.state ?? null, tensors: resumed.tensors } }
  }

  /** Runs a stage, or gives the result it had. Its checkpoints become checkpoints of the run. */
  async *stage<R extends JsonValue>(
    name: string,
    body: (saved: CheckpointState | undefined) => AsyncGenerator<RunEvent, R, void>,
  ): AsyncGenerator<RunEvent, R, void> {
    if (Object.hasOwn(this.#done, name)) return this.#done[name] as R
    const saved = this.#open?.name === name ? this.#open.state : undefined
    const running = body(saved)
    for (;;) {
      const next = await running.next()
      if (next.done === true) {
        this.#done[name] = next.value
        yield checkpoint({ done: { ...this.#done } })
        return next.value
      }
      const event = next.value
      yield event.type === "checkpoint"
        ? checkpoint({ done: { ...this.#done }, stage: name, state: event.state.json }, event.state.tensors)
        : event
    }
  }
}
