import { CajalError } from "../../engine/errors.ts"

export interface EventCameraOptions {
  /** Change of grey that makes an event. */
  readonly threshold: number
  /**
   * What is left of a change after an event. "full": the residual is kept until it makes the next event, so that no change is lost. "last": the
   * change of each step is taken alone, less what the event of the step before has already told. Default "full".
   */
  readonly residual?: "full" | "last"
}

/**
 * A simulated event camera: each pixel says when it has become brighter (ON) or darker (OFF) by the threshold, at most once a step.
 *   r += I[t] - I[t-1];   r > threshold: ON, r -= threshold;   r < -threshold: OFF, r += threshold
 * @source Grimaldi and Perrinet, Learning heterogeneous delays (2023), "Task definition"
 */
export class EventCamera {
  readonly #options: EventCameraOptions
  readonly #residual: Float32Array
  #last: Float32Array

  /** @throws CajalError when the threshold is not positive */
  constructor(first: Float32Array, options: EventCameraOptions) {
    if (!(options.threshold > 0))
      throw new CajalError(`the threshold of an event camera must be above 0, not ${options.threshold}`, {
        hint: "it is the change of grey that makes an event",
      })
    this.#options = options
    this.#last = first.slice()
    this.#residual = new Float32Array(first.length)
  }

  /** The events of the next frame: OFF of all pixels, then ON of all pixels, 0 or 1 each. */
  see(frame: Float32Array): Uint8Array {
    const { threshold, residual = "full" } = this.#options
    const pixels = frame.length
    const events = new Uint8Array(2 * pixels)
    const r = this.#residual
    for (let i = 0; i < pixels; i++) {
      const change = r[i] + frame[i] - this.#last[i]
      const event = change > threshold ? 1 : change < -threshold ? -1 : 0
      if (event !== 0) events[event > 0 ? pixels + i : i] = 1
      r[i] = residual === "full" ? change - event * threshold : -event * threshold
    }
    this.#last = frame.slice()
    return events
  }
}
