/** The last value of each metric of a run. Reading a name that was never measured makes the claim "not run". */
export type Metrics = Readonly<Record<string, number>>

export interface ClaimOptions {
  /** What the paper printed, with its place: "over 70 % less than BPTT (abstract)". */
  paper: string
  /** Our number. */
  value: (m: Metrics) => number
  /** Whether our number supports the claim. */
  meets: (value: number, m: Metrics) => boolean
  /** The condition of `meets` in words: "<= 1.05". */
  threshold: string
  /** The number of the control that must lose. */
  control?: (m: Metrics) => number
  /** What the control is, and its condition in words: "BPTT >= 2.5". */
  controlText?: string
  /** Whether the control loses, as it must. Required with `control`. */
  loses?: (value: number, m: Metrics) => boolean
  unit?: string
}

/** One statement of a paper that a run can support or not. */
export interface Claim extends Readonly<ClaimOptions> {
  readonly id: string
  readonly text: string
}

/** A claim weighed against the metrics of a run. `value` and `met` are null when the run did not measure what it takes. */
export interface ClaimResult {
  readonly id: string
  readonly text: string
  readonly paper: string
  readonly value: number | null
  /** The control's number; null when the claim has no control, or it was not measured. */
  readonly control: number | null
  readonly met: boolean | null
}

/**
 * A claim with its predicate. A claim with a control is met only if our number meets it and the control loses.
 * @throws Error when a control comes without `loses`, or the other way round
 */
export function claim(id: string, text: string, options: ClaimOptions): Claim {
  if ((options.control === undefined) !== (options.loses === undefined)) {
    throw new Error(`claim ${id}: control and loses belong together`)
  }
  return { id, text, ...options }
}

/** Weighs every claim against the metrics of a run. */
export const weigh = (claims: readonly Claim[], metrics: Metrics): ClaimResult[] =>
  claims.map((one) => weighOne(one, metrics))

function weighOne(one: Claim, metrics: Metrics): ClaimResult {
  const m = strict(metrics)
  const value = measured(() => one.value(m))
  const { control: controlOf, loses } = one
  const control = controlOf === undefined ? null : measured(() => controlOf(m))
  const complete = value !== null && (controlOf === undefined || control !== null)
  const meets = complete ? measured(() => one.meets(value, m) && (control === null || loses!(control, m))) : null
  return { id: one.id, text: one.text, paper: one.paper, value, control, met: meets }
}

/** "met", "not met" or "not run": verdicts are words first. */
export const verdict = (result: ClaimResult): "met" | "not met" | "not run" =>
  result.met === null ? "not run" : result.met ? "met" : "not met"

class NotMeasured extends Error {}

/** Metrics that refuse to give a name that was never measured, instead of an undefined that arithmetic would hide. */
const strict = (metrics: Metrics): Metrics =>
  new Proxy(metrics, {
    get(target, name) {
      if (typeof name === "string" && !Object.hasOwn(target, name)) throw new NotMeasured(name)
      return Reflect.get(target, name)
    },
  })

/** What `read` gives, or null when it needs a metric that was not measured or is not a finite number. */
function measured<T extends number | boolean>(read: () => T): T | null {
  try {
    const value = read()
    return typeof value === "number" && !Number.isFinite(value) ? null : value
  } catch (error) {
    if (error instanceof NotMeasured) return null
    throw error
  }
}
