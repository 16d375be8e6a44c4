/** A learning rate for each step of a training of `total` steps. */
export type Schedule = (step: number, total: number) => number

export const constantRate =
  (rate: number): Schedule =>
  () =>
    rate

/** Half a cosine from `rate` to `end`, after a linear rise over `warmup` steps. @source Loshchilov and Hutter, SGDR (2017), eq. 5 */
export const cosineRate =
  (rate: number, options: { readonly warmup?: number; readonly end?: number } = {}): Schedule =>
  (step, total) => {
    const { warmup = 0, end = 0 } = options
    if (step < warmup) return (rate * (step + 1)) / warmup
    const progress = Math.min(1, (step - warmup) / Math.max(1, total - warmup))
    return end + ((rate - end) * (1 + Math.cos(Math.PI * progress))) / 2
  }

/** `rate` times `factor` for every milestone (a share of the training, 0..1) that has been passed. */
export const steppedRate =
  (rate: number, milestones: readonly number[], factor = 0.1): Schedule =>
  (step, total) =>
    rate * factor ** milestones.filter((share) => step >= share * total).length

/** A straight line from `rate` to `end`. */
export const linearRate =
  (rate: number, end = 0): Schedule =>
  (step, total) =>
    rate + (end - rate) * Math.min(1, step / Math.max(1, total))
