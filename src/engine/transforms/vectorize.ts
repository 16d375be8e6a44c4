import { operationError } from "../errors.ts"
import type { Graph, Value } from "../graph.ts"
import { broadcastTo, transpose } from "../operators/layout.ts"
import { formatShape, normalizeAxis } from "../shape.ts"
import type { Tensor } from "../tensor.ts"
import { apply, traceGraph } from "../trace.ts"
import { flatten, type Tree, unflatten } from "../tree.ts"

/**
 * Runs a graph on inputs of which some have one more leading axis.
 * @returns its outputs, every one with that axis
 */
export function vectorizeGraph(
  graph: Graph,
  inputs: readonly Tensor[],
  batched: readonly boolean[],
  size: number,
): Tensor[] {
  const known = new Map<Value, { tensor: Tensor; batched: boolean }>()
  for (const [v, tensor] of graph.constants) known.set(v, { tensor, batched: false })
  graph.inputs.forEach((v, i) => {
    known.set(v, { tensor: inputs[i], batched: batched[i] })
  })
  for (const node of graph.nodes) {
    const own = node.inputs.map((v) => known.get(v) as { tensor: Tensor; batched: boolean })
    const tensors = own.map((x) => x.tensor)
    const any = own.some((x) => x.batched)
    if (any && node.primitive.batch === undefined) throw operationError(`vmap cannot batch ${node.primitive.name}`)
    const results =
      any && node.primitive.batch !== undefined
        ? node.primitive.batch(
            tensors,
            own.map((x) => x.batched),
            node.attributes,
            size,
          )
        : apply(node.primitive, tensors, node.attributes)
    node.outputs.forEach((v, i) => {
      known.set(v, { tensor: results[i], batched: any })
    })
  }
  return graph.outputs.map((v) => {
    const { tensor, batched: on } = known.get(v) as { tensor: Tensor; batched: boolean }
    return on ? tensor : broadcastTo(tensor, [size, ...tensor.shape])
  })
}

/**
 * The function for many examples at once: `fn` is written for one.
 * @param options.axes for each argument the axis that its tensors are mapped over (0 by default), or null to share the argument
 * @returns a function whose results have the mapped axis first
 */
export function vmap<A extends Tree[], R extends Tree>(
  fn: (...args: A) => R,
  options: { readonly axes?: readonly (number | null)[] } = {},
): (...args: A) => R {
  return (...args) => {
    const flats = args.map((argument) => flatten(argument))
    const axes = args.map((_, i) => (options.axes === undefined || options.axes[i] === undefined ? 0 : options.axes[i]))
    const mapped = flats.flatMap(({ leaves }, i) => leaves.map((x) => moveFirst(x, axes[i])))
    const batched = flats.flatMap(({ leaves }, i) => leaves.map(() => axes[i] !== null))
    const sizes = new Set(mapped.filter((_, i) => batched[i]).map((x) => x.shape[0]))
    const [size] = sizes
    if (sizes.size !== 1)
      throw operationError(
        sizes.size === 0
          ? "vmap has nothing to map over"
          : `vmap over axes of different sizes: ${mapped.map((x) => formatShape(x.shape)).join(", ")}`,
        { hint: "share an argument with null in { axes }" },
      )
    let structure: ReturnType<typeof flatten>["structure"] | undefined
    const { graph, captured } = traceGraph(
      mapped.map(({ type }, i) => (batched[i] ? { ...type, shape: type.shape.slice(1) } : type)),
      (...leaves) => {
        let next = 0
        const own = flats.map((flat) => unflatten(flat.structure, leaves.slice(next, (next += flat.leaves.length))))
        const result = flatten(fn(...(own as A)))
        structure = result.structure
        return result.leaves
      },
    )
    const results = vectorizeGraph(graph, [...captured, ...mapped], [...captured.map(() => false), ...batched], size)
    return unflatten(structure as never, results)
  }
}

function moveFirst(x: Tensor, axis: number | null): Tensor {
  if (axis === null) return x
  if (x.rank === 0)
    throw operationError(`vmap cannot map over ${x.describe()}`, { hint: "share an argument with null in { axes }" })
  const at = normalizeAxis(axis, x.rank, "vmap")
  return transpose(x, [at, ...x.shape.map((_, i) => i).filter((i) => i !== at)])
}
