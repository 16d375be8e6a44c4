import type { Graph } from "../graph.ts"
import { zeros } from "../operators/constants.ts"
import { type CondAttributes, cond, type ScanAttributes, scanPrimitive } from "../operators/control.ts"
import type { TensorType } from "../primitive.ts"
import type { Tensor } from "../tensor.ts"
import { apply, traceGraph } from "../trace.ts"
import { type Pushed, pushGraph, type Tangent } from "./forward.ts"

/** Operators that run graphs: what they compute and its tangents come from one run. */
export const forwardRules: Record<
  string,
  // biome-ignore lint/suspicious/noExplicitAny: the attributes of each operator
  ((inputs: readonly Tensor[], tangents: readonly Tangent[], attributes: any) => Pushed) | undefined
> = { scan: pushScan, cond: pushCond }

const present = (tangents: readonly Tangent[]): Tensor[] => tangents.filter((t) => t !== undefined)
const zerosOf = ({ dtype, shape }: TensorType): Tensor => zeros(shape, dtype)

/** Constants, carries and xs of a scan, each followed by the tangents of those that move. */
const parts = <T>({ constants, carries }: ScanAttributes, list: readonly T[]): T[][] => [
  list.slice(0, constants),
  list.slice(constants, constants + carries),
  list.slice(constants + carries),
]

function pushScan(inputs: readonly Tensor[], tangents: readonly Tangent[], attributes: ScanAttributes): Pushed {
  const { constants, carries } = attributes
  const { body, captured, moving, moves } = pushBody(
    attributes,
    tangents.map((t) => t !== undefined),
  )
  const [fixed, starts, slices] = parts(attributes, inputs)
  const given = tangents.map((t, i) => t ?? (moving[i] ? zerosOf(inputs[i].type) : undefined))
  const [fixedGiven, startsGiven, slicesGiven] = parts(attributes, given).map(present)
  const results = apply(
    scanPrimitive,
    [...captured, ...fixed, ...fixedGiven, ...starts, ...startsGiven, ...slices, ...slicesGiven],
    {
      ...attributes,
      body,
      constants: captured.length + constants + fixedGiven.length,
      carries: carries + startsGiven.length,
    },
  )
  return apart(results, moves, carries)
}

/** Results in the order `carries, their tangents, ys, their tangents`. */
function apart(results: readonly Tensor[], moves: readonly boolean[], carries: number): Pushed {
  const moved = moves.slice(0, carries).filter((on) => on).length
  const ys = results.slice(carries + moved)
  let [carry, y] = [carries, moves.length - carries]
  return {
    outputs: [...results.slice(0, carries), ...ys.slice(0, moves.length - carries)],
    tangents: moves.map((on, i) => (on ? (i < carries ? results[carry++] : ys[y++]) : undefined)),
  }
}

/** The step with tangents. A carry moves when any step makes it move, so the step is traced until their set no longer grows. */
function pushBody(attributes: ScanAttributes, given: readonly boolean[]) {
  const { body, constants, carries } = attributes
  let moving = given
  for (;;) {
    let moves: boolean[] = []
    const types = parts(attributes, body.inputs).flatMap((own, part) => {
      const flags = parts(attributes, moving)[part]
      const all = own.map((v) => v.type)
      return [...all, ...all.filter((_, i) => flags[i]).map(({ dtype, shape }) => ({ dtype, shape }))]
    })
    const { graph, captured } = traceGraph(types, (...all) => {
      let next = 0
      const [inputs, tangents]: [Tensor[], Tangent[]] = [[], []]
      for (const flags of parts(attributes, moving)) {
        inputs.push(...flags.map(() => all[next++]))
        tangents.push(...flags.map((on) => (on ? all[next++] : undefined)))
      }
      const pushed = pushGraph(body, inputs, tangents)
      moves = pushed.tangents.map((t, i) => t !== undefined || (i < carries && moving[constants + i]))
      const filled = pushed.tangents.map((t, i) => t ?? (moves[i] ? zerosOf(pushed.outputs[i].type) : undefined))
      return [0, carries].flatMap((from, part) => {
        const to = part === 0 ? carries : undefined
        return [...pushed.outputs.slice(from, to), ...present(filled.slice(from, to))]
      })
    })
    const grown = moving.map((on, i) => on || (i >= constants && i < constants + carries && moves[i - constants]))
    if (grown.every((on, i) => on === moving[i])) return { body: graph, captured, moving, moves }
    moving = grown
  }
}

/** Both branches with tangents; what moves in one of them moves. */
function pushCond(
  [condition, ...inputs]: readonly Tensor[],
  [, ...tangents]: readonly Tangent[],
  { then, otherwise, split }: CondAttributes,
): Pushed {
  const branches = [
    { graph: then, inputs: inputs.slice(0, split), tangents: tangents.slice(0, split) },
    { graph: otherwise, inputs: inputs.slice(split), tangents: tangents.slice(split) },
  ]
  const moves = branches.map((branch) => movesOf(branch.graph, branch.inputs, branch.tangents))
  const moved = then.outputs.map((_, i) => moves.some((flags) => flags[i]))
  const run =
    ({ graph, inputs: own, tangents: directions }: (typeof branches)[0]) =>
    () => {
      const pushed = pushGraph(graph, own, directions)
      return [
        ...pushed.outputs,
        ...pushed.tangents.flatMap((t, i) => (moved[i] ? [t ?? zerosOf(pushed.outputs[i].type)] : [])),
      ]
    }
  const results = cond(condition, run(branches[0]), run(branches[1]))
  let next = moved.length
  return { outputs: results.slice(0, moved.length), tangents: moved.map((on) => (on ? results[next++] : undefined)) }
}

/** Which outputs of a graph a tangent reaches. */
function movesOf(graph: Graph, inputs: readonly Tensor[], tangents: readonly Tangent[]): boolean[] {
  let moves: boolean[] = []
  traceGraph([], () => {
    const pushed = pushGraph(graph, inputs, tangents)
    moves = pushed.tangents.map((t) => t !== undefined)
    return pushed.outputs
  })
  return moves
}
