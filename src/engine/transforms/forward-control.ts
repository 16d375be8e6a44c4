import { isFloat } from "../dtype.ts"
import type { Graph } from "../graph.ts"
import { zeros } from "../operators/constants.ts"
import { type CondAttributes, condPrimitive, type ScanAttributes, scanPrimitive } from "../operators/control.ts"
import type { TensorType } from "../primitive.ts"
import type { Tensor } from "../tensor.ts"
import { apply, traceGraph } from "../trace.ts"
import { pushGraph, type Tangent } from "./forward.ts"

interface Pushed {
  readonly outputs: readonly Tensor[]
  readonly tangents: readonly Tangent[]
}

/** Operators that run graphs: what they compute and its tangents come from one run. */
export const forwardRules: Record<
  string,
  // biome-ignore lint/suspicious/noExplicitAny: the attributes of each operator
  ((inputs: readonly Tensor[], tangents: readonly Tangent[], attributes: any) => Pushed) | undefined
> = { scan: pushScan, cond: pushCond }

const dense = ({ dtype, shape }: TensorType): TensorType => ({ dtype, shape })
const zerosOf = ({ dtype, shape }: TensorType): Tensor => zeros(shape, dtype)
const present = (tangents: readonly Tangent[]): Tensor[] => tangents.filter((t) => t !== undefined)

/** A scan whose carries, xs and ys are joined by the tangents of those that move. */
function pushScan(inputs: readonly Tensor[], tangents: readonly Tangent[], attributes: ScanAttributes): Pushed {
  const { body, constants, carries } = attributes
  const [fixed, slices] = [constants, constants + carries]
  const moving = tangents.map((t) => t !== undefined)
  for (;;) {
    const { graph, captured, moves } = pushedBody(body, moving, carries)
    const grown = moves.slice(0, carries).map((on, i) => on || moving[fixed + i])
    if (grown.some((on, i) => on !== moving[fixed + i])) {
      moving.splice(fixed, carries, ...grown)
      continue
    }
    const starts = moving.slice(fixed, slices).flatMap((on, i) => {
      const { dtype, shape } = inputs[fixed + i]
      return on ? [tangents[fixed + i] ?? zeros(shape, dtype)] : []
    })
    const results = apply(
      scanPrimitive,
      [
        ...captured,
        ...inputs.slice(0, fixed),
        ...present(tangents.slice(0, fixed)),
        ...inputs.slice(fixed, slices),
        ...starts,
        ...inputs.slice(slices),
        ...present(tangents.slice(slices)),
      ],
      {
        ...attributes,
        body: graph,
        constants: captured.length + constants + present(tangents.slice(0, fixed)).length,
        carries: carries + starts.length,
      },
    )
    let next = carries + starts.length
    const ys = body.outputs.slice(carries).map(() => results[next++])
    let carried = carries
    return {
      outputs: [...results.slice(0, carries), ...ys],
      tangents: [
        ...moving.slice(fixed, slices).map((on) => (on ? results[carried++] : undefined)),
        ...moves.slice(carries).map((on) => (on ? results[next++] : undefined)),
      ],
    }
  }
}

/**
 * The step with tangents: inputs `constants, theirs, carries, theirs, xs, theirs`, outputs `carries, theirs, ys, theirs`. A carry that is said to
 * move gets a tangent, zero if need be; `moves` tells which outputs do.
 */
function pushedBody(
  body: Graph,
  moving: readonly boolean[],
  carries: number,
): { graph: Graph; captured: Tensor[]; moves: boolean[] } {
  const constants = body.inputs.length - moving.length // always 0: one flag for each input
  if (constants !== 0) throw new Error("jvp: a scan whose inputs and tangents differ in number")
  throw new Error(`unfinished ${carries} ${dense} ${isFloat} ${traceGraph} ${pushGraph} ${zerosOf}`)
}

function pushCond(_inputs: readonly Tensor[], _tangents: readonly Tangent[], _attributes: CondAttributes): Pushed {
  throw new Error(`unfinished ${condPrimitive}`)
}
