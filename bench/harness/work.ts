/** The two forms that our side of a case takes: a function of fixed arguments, and a step of training. */
import { disposeTree, jit, mapTree, Tensor, type Tree, valueAndGrad } from "../../src/engine/index.ts"
import type { Work } from "./case.ts"

/** Computes a compiled function of the same arguments again and again. */
export function calling<A extends Tree[]>(fn: (...args: A) => readonly Tensor[], ...args: A): Work {
  const compiled = jit(fn)
  return { start() {}, run: () => compiled(...args), report: () => compiled.program(...args).report }
}

/** Takes compiled steps of any kind of learning and returns the loss of each. */
export function stepping<M extends Tree, A extends Tree[]>(
  learn: (model: M, ...args: A) => [next: M, loss: Tensor],
  model: M,
  ...args: A
): Work {
  const step = jit(learn, { donate: [0] })
  const copy = (): M => mapTree((x) => Tensor.from(x.host()), model)
  let current = copy()
  return {
    start() {
      disposeTree(current)
      current = copy()
    },
    run() {
      const [next, value] = step(current, ...args)
      current = next
      return [value]
    },
    report: () => step.program(current, ...args).report,
  }
}

/** Plain gradient descent, w - rate · dL/dw. */
export const descended = <M extends Tree>(model: M, gradient: M, rate: number): M =>
  mapTree((w, g) => w.sub(g.mul(rate)), model, gradient)

/**
 * Takes compiled steps of plain gradient descent and returns the loss of each. Plain, so that every peer can do exactly the
 * same, and so that the losses of the second and third step say whether the gradients agree, size included.
 */
export const descending = <M extends Tree, A extends Tree[]>(
  loss: (model: M, ...args: A) => Tensor,
  rate: number,
  model: M,
  ...args: A
): Work =>
  stepping(
    (from: M, ...given: A) => {
      const [value, gradient] = valueAndGrad((m: M) => loss(m, ...given))(from)
      return [descended(from, gradient, rate), value]
    },
    model,
    ...args,
  )
