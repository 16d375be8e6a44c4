import { bytesOf, type DType } from "../../../dtype.ts"
import {
  type Expr,
  type FunctionBuilder,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  v128,
} from "../assembler/index.ts"
import { scalarLane } from "../lane-f64.ts"
import type { Lanes } from "../lanes.ts"
import { multiplyAdd, multiplySubtract } from "../multiply-add.ts"
import { type Share, teamOf } from "../team.ts"
import type { LoopAxis } from "../views.ts"

/** An operand of a fused operator: an input of the kernel, the result of an operator before it, or a number. */
export type Ref =
  | { readonly input: number }
  | { readonly node: number }
  | { readonly constant: number; readonly dtype: DType }

/** Elementwise operators computed together, in order. */
export interface Expression {
  readonly inputs: readonly { readonly dtype: DType; readonly strides: readonly number[] }[]
  readonly nodes: readonly {
    readonly name: string
    readonly input: DType
    readonly output: DType
    readonly args: readonly Ref[]
  }[]
}

export const dtypesOf = ({ inputs, nodes }: Expression): DType[] => [
  ...inputs.map((x) => x.dtype),
  ...nodes.flatMap((x) => [x.input, x.output]),
]

/** Writes the operators of an expression for one group of elements and gives the value of any operand. */
export function emitExpression(
  module: ModuleBuilder,
  f: FunctionBuilder,
  lanes: Lanes,
  { inputs, nodes: given }: Expression,
  load: (input: number) => Expr,
): (ref: Ref) => Expr {
  const isScalar = lanes === scalarLane
  const nodes = teamOf(module).strict ? given : given.map(withoutDivision)
  const sums = isScalar ? [] : fusedSums(nodes)
  const products = new Set(sums.map((sum) => sum?.product))
  const loaded = inputs.map((_, i) => load(i))
  const computed: (Expr | undefined)[] = []
  const compute = (i: number): Expr => {
    const { name, input, output, args } = nodes[i]
    const shift = isScalar ? undefined : constantShift(nodes[i])
    if (shift !== undefined) return f.local("v128", shift(value(args[0]) as Expr<"v128">))
    const sum = sums[i]
    const result =
      sum === undefined
        ? lanes.apply({ module, f }, name, input, output, args.map(value))
        : (name === "add" ? multiplyAdd : multiplySubtract)(module, ...operandsOf(sum))
    return f.local(lanes.local(output), result as never)
  }
  const operandsOf = ({ product, other }: FusedSum) =>
    [...nodes[product].args, other].map(value) as [Expr<"v128">, Expr<"v128">, Expr<"v128">]
  const value = (ref: Ref): Expr => {
    if ("input" in ref) return loaded[ref.input]
    if ("constant" in ref) return lanes.constant(ref.dtype, ref.constant)
    computed[ref.node] ??= compute(ref.node)
    return computed[ref.node] as Expr
  }
  // In order, but for products that are part of a sum, which are computed on their own only where something else asks for them.
  nodes.forEach((_, i) => {
    if (!products.has(i)) value({ node: i })
  })
  return value
}

type Nodes = Expression["nodes"]

/** A shift of all lanes by one number, which is one instruction; undefined for all other operators. */
function constantShift({ name, input, args }: Nodes[number]): ((x: Expr<"v128">) => Expr<"v128">) | undefined {
  const [, by] = args
  if ((name !== "shiftLeft" && name !== "shiftRight") || !("constant" in by)) return undefined
  const shift = name === "shiftLeft" ? i32x4.shl : input === "u32" ? i32x4.shrU : i32x4.shrS
  return (x) => shift(x, by.constant)
}

/** A division by a number as a multiplication, which is several times quicker and at most one unit in the last place away. */
function withoutDivision(node: Nodes[number]): Nodes[number] {
  const [x, y] = node.args
  if (node.name !== "div" || node.input !== "f32" || !("constant" in y)) return node
  const factor = 1 / y.constant
  const isPlain = Math.abs(factor) > 1e-30 && Math.abs(factor) < 1e30
  return isPlain ? { ...node, name: "mul", args: [x, { ...y, constant: factor }] } : node
}

/** A sum x · y + z, or a difference z - x · y: the operator of the product, and z. */
interface FusedSum {
  readonly product: number
  readonly other: Ref
}

/** By operator, those of f32 whose product nothing else of the group reads. */
function fusedSums(nodes: Nodes): (FusedSum | undefined)[] {
  const uses = nodes.map(() => 0)
  for (const { args } of nodes) for (const ref of args) if ("node" in ref) uses[ref.node]++
  const isProduct = (ref: Ref): ref is { readonly node: number } =>
    "node" in ref && nodes[ref.node].name === "mul" && nodes[ref.node].input === "f32" && uses[ref.node] === 1
  return nodes.map(({ name, input, args }) => {
    if ((name !== "add" && name !== "sub") || input !== "f32") return undefined
    const [x, y] = args
    if (name === "add" && isProduct(x)) return { product: x.node, other: y }
    return isProduct(y) ? { product: y.node, other: x } : undefined
  })
}

/** Where an operand of a loop nest is: its pointer at the current iteration. */
export interface Cursor {
  readonly dtype: DType
  readonly pointer: Local<"i32">
}

/**
 * Writes a loop nest over `axes`, outermost first; in `body` every cursor points at its operand's element. A cursor whose stride is 0
 * along an axis keeps its pointer.
 * @param share the part of the outermost axis that is visited; all of it by default
 */
export function emitNest(
  f: FunctionBuilder,
  axes: readonly LoopAxis[],
  cursors: readonly Cursor[],
  body: (cursors: readonly Cursor[]) => void,
  share?: Share,
): void {
  const [axis, ...rest] = axes
  if (axis === undefined) return body(cursors)
  const inner = cursors.map((cursor, k) => {
    if (axis.strides[k] === 0) return cursor
    const skipped = share === undefined ? 0 : i32.mul(share.from, axis.strides[k] * bytesOf[cursor.dtype])
    return { ...cursor, pointer: f.local("i32", i32.add(cursor.pointer, skipped)) }
  })
  f.for(f.local("i32"), share?.from ?? 0, share?.to ?? axis.size, 1, () => {
    emitNest(f, rest, inner, body)
    inner.forEach(({ pointer, dtype }, k) => {
      if (axis.strides[k] !== 0) f.add(pointer, axis.strides[k] * bytesOf[dtype])
    })
  })
}

/** Reads of one row of operands: element `e` (times `unit` bytes in the counter) of each, by its stride along the row. */
export function rowReader(
  f: FunctionBuilder,
  main: Lanes,
  cursors: readonly Cursor[],
  strides: readonly number[],
  unit: number,
) {
  const repeated = cursors.map(({ dtype, pointer }, k) =>
    strides[k] === 0 ? f.local(main.local(dtype), main.splat(dtype, pointer) as never) : undefined,
  )
  const address = (k: number, counter: Expr<"i32">): Expr<"i32"> => {
    const step = bytesOf[cursors[k].dtype] * strides[k]
    const scaled = step === unit ? counter : i32.mul(unit === 1 ? counter : i32.shrU(counter, Math.log2(unit)), step)
    return i32.add(cursors[k].pointer, scaled)
  }
  const load = (lanes: Lanes, k: number, counter: Expr<"i32">): Expr => {
    const kept = repeated[k]
    if (kept !== undefined) return kept
    const { dtype } = cursors[k]
    const from = address(k, counter)
    const value =
      strides[k] === 1 || lanes.width === 1
        ? lanes.load(dtype, from)
        : lanes.gather(dtype, f.local("i32", from), strides[k])
    return f.local(lanes.local(dtype), value as never)
  }
  return { address, load }
}

/**
 * Writes loops over `count` elements: the wide lanes as far as they go, then the narrow ones. The counter runs in units of `unit` bytes.
 * @param share the part that is visited, from a multiple of the width; all by default
 */
export function emitRow(
  f: FunctionBuilder,
  main: Lanes,
  tail: Lanes,
  count: number,
  unit: number,
  body: (lanes: Lanes, counter: Local<"i32">) => void,
  share?: Share,
): void {
  const counter = f.local("i32")
  if (share !== undefined) {
    const length = f.local("i32", i32.sub(share.to, share.from))
    const whole = f.local("i32", i32.add(share.from, i32.and(length, -main.width)))
    f.for(counter, i32.mul(share.from, unit), i32.mul(whole, unit), main.width * unit, () => body(main, counter))
    if (main !== tail && count % main.width !== 0)
      f.for(counter, i32.mul(whole, unit), i32.mul(share.to, unit), unit, () => body(tail, counter))
    return
  }
  const whole = count - (count % main.width)
  if (whole > 0) f.for(counter, 0, whole * unit, main.width * unit, () => body(main, counter))
  if (whole < count) f.for(counter, whole * unit, count * unit, unit, () => body(tail, counter))
}

/**
 * Writes loops over columns of f32 in blocks that fit the registers: eight vectors at a time as far as they go, then four, two and one.
 * `column` runs in bytes.
 * @returns how many columns are done; fewer than four are left
 */
export function emitColumnBlocks(
  f: FunctionBuilder,
  column: Local<"i32">,
  count: number,
  block: (vectors: number) => void,
): number {
  let done = 0
  for (const vectors of [8, 4, 2, 1]) {
    const width = vectors * 4
    const end = done + Math.floor((count - done) / width) * width
    if (end > done) f.for(column, done * 4, end * 4, width * 4, () => block(vectors))
    done = end
  }
  return done
}

/** The first `lanes` numbers from an address, zeros behind them. */
export function partial(f: FunctionBuilder, from: Expr<"i32">, lanes: number, pitchBytes = 4): Expr<"v128"> {
  if (lanes === 4 && pitchBytes === 4) return v128.load(from)
  const start = f.local("i32", from)
  let vector = v128.load32Zero(start)
  for (let lane = 1; lane < lanes; lane++) vector = v128.load32Lane(i32.add(start, lane * pitchBytes), vector, lane)
  return f.local("v128", vector)
}
