/** What a reader does with their hands while a system goes on: said by the door, taken by the system. */
import { CajalError } from "../engine/errors.ts"

interface Described {
  readonly label: string
  readonly help?: string
}

/** A picture drawn with the mouse: `Float32Array [height * width]`, row by row, 0 where nothing and 1 where all is ink. */
export interface DrawingInput extends Described {
  readonly kind: "drawing"
  readonly width: number
  readonly height: number
}

/** A value that is moved. */
export interface LevelInput extends Described {
  readonly kind: "level"
  readonly from: number
  readonly to: number
  readonly start: number
  readonly unit?: string
  /** Whether it goes back to its start when it is let go. */
  readonly springs?: boolean
}

/** Marks of a figure, pressed one at a time: each press is the number of the mark, from 0. See `pressAddress`. */
export interface PressInput extends Described {
  readonly kind: "press"
  readonly below: number
}

/** One of the named options. */
export interface PickInput<O extends string = string> extends Described {
  readonly kind: "pick"
  readonly options: readonly O[]
}

export type Input = DrawingInput | LevelInput | PressInput | PickInput
export type InputSchema = Readonly<Record<string, Input>>

export type InputValue<I extends Input = Input> = I extends DrawingInput
  ? Float32Array
  : I extends PickInput<infer O>
    ? O
    : number

/** @param label what to draw, as in "a digit" */
export const drawing = (label: string, options: { width: number; height: number; help?: string }): DrawingInput => ({
  kind: "drawing",
  label,
  ...options,
})

export const level = (
  label: string,
  options: { from: number; to: number; start: number; unit?: string; springs?: boolean; help?: string },
): LevelInput => ({ kind: "level", label, ...options })

/** @param label what a press does, as in "break a cell" */
export const press = (label: string, options: { below: number; help?: string }): PressInput => ({
  kind: "press",
  label,
  ...options,
})

export const pick = <const O extends string>(
  label: string,
  options: { options: readonly O[]; help?: string },
): PickInput<O> => ({ kind: "pick", label, ...options })

/** The address of a link in a figure which, pressed, gives the mark `index` to the input `name`. */
export const pressAddress = (name: string, index: number): string => `#press=${name}:${index}`

/** What `pressAddress` has put into a link; undefined for any other address. */
export function pressOf(address: string): { readonly name: string; readonly index: number } | undefined {
  const match = /^#press=(\w+):(\d+)$/.exec(address)
  return match === null ? undefined : { name: match[1]!, index: Number(match[2]) }
}

/**
 * The inputs of one system between the door, which gives, and the system, which takes when it is ready to.
 * A level and a pick always have a value: at first the start of a level, and the first option.
 */
export class Inputs<S extends InputSchema = InputSchema> {
  readonly #schema: S
  readonly #waiting = new Map<string, InputValue[]>()
  readonly #held = new Map<string, number | string>()
  #wake: () => void = () => undefined
  #isNew = false

  constructor(schema: S) {
    this.#schema = schema
    for (const [name, input] of Object.entries(schema)) {
      if (input.kind === "level") this.#held.set(name, input.start)
      if (input.kind === "pick") this.#held.set(name, input.options[0]!)
    }
  }

  /** @throws CajalError when there is no such input, or it cannot be this */
  give(name: string, value: unknown): void {
    if (!Object.hasOwn(this.#schema, name)) throw new CajalError(`there is no input "${name}"`)
    const input = this.#schema[name]!
    const checked = checkInput(name, input, value)
    if (input.kind === "level" || input.kind === "pick") this.#held.set(name, checked as number | string)
    else this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), checked])
    this.#isNew = true
    this.#wake()
  }

  /** What was drawn or pressed since the last time, the earliest first. */
  take<N extends keyof S & string>(name: N): InputValue<S[N]>[] {
    const taken = this.#waiting.get(name) ?? []
    this.#waiting.delete(name)
    return taken as InputValue<S[N]>[]
  }

  /** The present value of a level or a pick. */
  value<N extends keyof S & string>(name: N): InputValue<S[N]> {
    return this.#held.get(name) as InputValue<S[N]>
  }

  /**
   * Waits until something was given since the last wait, or for `limitMs`.
   * @throws the signal's reason when it aborts
   */
  async wait(signal: AbortSignal, limitMs?: number): Promise<void> {
    signal.throwIfAborted()
    if (!this.#isNew) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const wake = (): void => resolve()
      const timer = limitMs === undefined ? undefined : setTimeout(wake, limitMs)
      this.#wake = wake
      signal.addEventListener("abort", wake)
      await promise
      signal.removeEventListener("abort", wake)
      clearTimeout(timer)
    }
    this.#isNew = false
    signal.throwIfAborted()
  }
}

function checkInput(name: string, input: Input, value: unknown): InputValue {
  const refuse = (what: string): CajalError => new CajalError(`${name} must be ${what}`)
  switch (input.kind) {
    case "drawing": {
      const { width, height } = input
      const isPicture = value instanceof Float32Array && value.length === width * height
      if (!isPicture || !value.every((ink) => ink >= 0 && ink <= 1))
        throw refuse(`a Float32Array of ${height} x ${width} numbers in 0..1`)
      return value
    }
    case "level": {
      const { from, to } = input
      if (typeof value !== "number" || !(value >= from && value <= to)) throw refuse(`a number in ${from}..${to}`)
      return value
    }
    case "press": {
      const { below } = input
      const isMark = typeof value === "number" && Number.isInteger(value) && value >= 0 && value < below
      if (!isMark) throw refuse(`a whole number in 0..${below - 1}`)
      return value
    }
    case "pick": {
      if (typeof value !== "string" || !input.options.includes(value))
        throw refuse(`one of ${input.options.join(", ")}`)
      return value
    }
  }
}
