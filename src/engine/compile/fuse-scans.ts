import { type Graph, type Node, newNode, newValue, originOf, setOrigin, type Value } from "../graph.ts"
import { type ScanAttributes, scanPrimitive } from "../operators/control.ts"

/**
 * Runs two scans in one loop where the second reads the first only step by step. This is what makes the memory of training
 * independent of the number of steps when nothing is carried backwards through time: the reverse of each step then follows its
 * forward part at once, and its residuals are never stacked.
 */
export function fuseScans(graph: Graph): Graph {
  let current = graph
  for (let pair = findPair(current); pair !== undefined; pair = findPair(current)) current = fuse(current, ...pair)
  return current
}

const attributesOf = (node: Node): ScanAttributes => node.attributes as ScanAttributes

function findPair(graph: Graph): [Node, Node, Set<Value>] | undefined {
  for (const [i, first] of graph.nodes.entries()) {
    if (first.primitive !== scanPrimitive) continue
    const late = new Set<Value>(first.outputs)
    for (const node of graph.nodes.slice(i + 1)) {
      if (node.primitive === scanPrimitive && canFollow(first, node, late)) return [first, node, late]
      if (node.inputs.some((v) => late.has(v))) for (const v of node.outputs) late.add(v)
    }
  }
  return undefined
}

/** True where `second` needs of `first`, and of all that depends on it (`late`), only the slice of the step that it is in. */
function canFollow(first: Node, second: Node, late: ReadonlySet<Value>): boolean {
  const a = attributesOf(first)
  const b = attributesOf(second)
  if (a.length !== b.length) return false
  const stacked = new Set(first.outputs.slice(a.carries))
  const firstX = b.constants + b.carries
  const reads = second.inputs.some((v, i) => i >= firstX && stacked.has(v))
  const onlySlices = second.inputs.every((v, i) => !late.has(v) || (i >= firstX && stacked.has(v)))
  return reads && onlySlices && (a.reverse === b.reverse || isOrderFree(a) || isOrderFree(b))
}

/** True for a scan whose carries are sums over the steps: it may run in either direction. */
function isOrderFree({ body, constants, carries }: ScanAttributes): boolean {
  for (let i = 0; i < carries; i++) {
    const carry = body.inputs[constants + i]
    const result = body.outputs[i]
    const uses = body.nodes.flatMap((node) => node.inputs).filter((v) => v === carry).length
    if (result === carry && uses === 0) continue
    const sum = result.node
    const again = body.outputs.filter((v) => v === result).length
    const readInside = body.nodes.some((node) => node.inputs.includes(result))
    if (sum?.primitive.name !== "add" || !sum.inputs.includes(carry) || uses !== 1 || again !== 1 || readInside)
      return false
  }
  return true
}

function fuse(graph: Graph, first: Node, second: Node, late: Set<Value>): Graph {
  const a = attributesOf(first)
  const b = attributesOf(second)
  const slices = new Map<Value, Value>(first.outputs.slice(a.carries).map((v, i) => [v, a.body.outputs[a.carries + i]]))

  // The second step on the slices that the first one has just made.
  const names = new Map<Value, Value>()
  const bInputs = b.body.inputs.map((v, i) => {
    const slice = i >= b.constants + b.carries ? slices.get(second.inputs[i]) : undefined
    const own = slice ?? newValue(v.type)
    names.set(v, own)
    return { own, outer: second.inputs[i], fresh: slice === undefined }
  })
  const bNodes = b.body.nodes.map((node) => {
    setOrigin(originOf(node))
    const made = newNode(
      node.primitive,
      node.inputs.map((v) => names.get(v) ?? v),
      node.attributes,
    )
    node.outputs.forEach((v, i) => {
      names.set(v, made.outputs[i])
    })
    return made
  })
  const bOutputs = b.body.outputs.map((v) => names.get(v) ?? v)
  const part = (from: number, to?: number) => bInputs.slice(from, to).filter((x) => x.fresh)
  const [bConstants, bCarries, bXs] = [
    part(0, b.constants),
    part(b.constants, b.constants + b.carries),
    part(b.constants + b.carries),
  ]
  const split = <T>(list: readonly T[]): [T[], T[], T[]] => [
    list.slice(0, a.constants),
    list.slice(a.constants, a.constants + a.carries),
    list.slice(a.constants + a.carries),
  ]
  const [aConstants, aCarries, aXs] = split(a.body.inputs)
  const [outerConstants, outerCarries, outerXs] = split(first.inputs)
  const own = (list: typeof bInputs) => list.map((x) => x.own)
  const outer = (list: typeof bInputs) => list.map((x) => x.outer)
  const fused = newNode(
    scanPrimitive,
    [...outerConstants, ...outer(bConstants), ...outerCarries, ...outer(bCarries), ...outerXs, ...outer(bXs)],
    {
      body: {
        inputs: [...aConstants, ...own(bConstants), ...aCarries, ...own(bCarries), ...aXs, ...own(bXs)],
        nodes: [...a.body.nodes, ...bNodes],
        outputs: [
          ...a.body.outputs.slice(0, a.carries),
          ...bOutputs.slice(0, b.carries),
          ...a.body.outputs.slice(a.carries),
          ...bOutputs.slice(b.carries),
        ],
        constants: new Map([...a.body.constants, ...b.body.constants]),
      },
      length: a.length,
      reverse: a.reverse === b.reverse || isOrderFree(b) ? a.reverse : b.reverse,
      constants: a.constants + bConstants.length,
      carries: a.carries + b.carries,
    } satisfies ScanAttributes,
  )
  return replacePair(graph, first, second, fused, a.carries, b.carries, late)
}

/** Puts the fused node where both were: after all that the second needs, before all that depends on the first. */
function replacePair(
  graph: Graph,
  first: Node,
  second: Node,
  fused: Node,
  aCarries: number,
  bCarries: number,
  late: Set<Value>,
): Graph {
  const aYs = first.outputs.length - aCarries
  const stands = new Map<Value, Value>()
  first.outputs.forEach((v, i) => {
    stands.set(v, fused.outputs[i < aCarries ? i : i + bCarries])
  })
  second.outputs.forEach((v, i) => {
    stands.set(v, fused.outputs[i < bCarries ? aCarries + i : aCarries + aYs + i])
  })
  const at = graph.nodes.indexOf(second)
  const others = graph.nodes.slice(0, at).filter((node) => node !== first)
  const isLate = (node: Node): boolean => node.outputs.some((v) => late.has(v))
  const order = [...others.filter((n) => !isLate(n)), fused, ...others.filter(isLate), ...graph.nodes.slice(at + 1)]
  const of = (v: Value): Value => stands.get(v) ?? v
  const nodes = order.map((node) => {
    if (node === fused || !node.inputs.some((v) => stands.has(v))) return node
    setOrigin(originOf(node))
    const made = newNode(node.primitive, node.inputs.map(of), node.attributes)
    node.outputs.forEach((v, i) => {
      stands.set(v, made.outputs[i])
    })
    return made
  })
  return { ...graph, nodes, outputs: graph.outputs.map(of) }
}
