import type { Node } from "../../../../graph.ts"
import type { NormaliseAttributes } from "../../../../operators/normalise.ts"
import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
} from "../../assembler/index.ts"
import { shared, shareOf } from "../../team.ts"
import { type View, wholeView } from "../../views.ts"
import type { Lowering } from "../lowering.ts"
import { sumParts } from "../reduce.ts"
import { along, type Run, spread, sums } from "./runs.ts"

interface NormaliseSpec extends NormaliseAttributes {
  readonly outer: number
  readonly groups: number
  readonly length: number
}

/** The runs of a group one after another; `body` has the number of the run and pointers to it. */
function forEachRun(
  f: FunctionBuilder,
  { outer, groups, length }: NormaliseSpec,
  starts: readonly Expr<"i32">[],
  body: (run: Local<"i32">, pointers: Local<"i32">[]) => void,
): void {
  const pointers = starts.map((start) => f.local("i32", start))
  const run = f.local("i32")
  f.for(run, 0, outer, 1, () => {
    body(run, pointers)
    for (const pointer of pointers) f.add(pointer, groups * length * 4)
  })
}

/**
 * A kernel `(x, scale, [shift,] y, variances[, means])`: group by group; runs are read twice in the cache, and their means and variances combined.
 * @source Chan, Golub and LeVeque, Updating formulae and a pairwise algorithm for computing sample variances, 1979
 */
function emitNormalise(module: ModuleBuilder, name: string, spec: NormaliseSpec): Fn<"i32"[]> {
  const { outer, groups, length, epsilon, perElement, centred } = spec
  const pointers = Array.from({ length: centred ? 6 : 4 }, () => "i32" as const)
  const one = module.function(`${name}.group`, { params: ["i32", ...pointers] }, (builder, group, ...given) => {
    const f = builder as unknown as FunctionBuilder
    const [x, scale] = given
    const shift = centred ? given[2] : undefined
    const [y, variances, means] = given.slice(centred ? 3 : 2)
    const start = f.local("i32", i32.mul(group, length * 4))
    const place = (base: Expr<"i32">): Local<"i32"> => f.local("i32", i32.add(base, i32.shl(group, 2)))
    const [mean, squares] = [f.local("f32", 0), f.local("f32", 0)]
    forEachRun(f, spec, [i32.add(x, start)], (run, [from]) => {
      const own = f.local("f32", 0)
      if (centred) f.set(own, f32.div(sums(f, length, 1, ({ load }) => [load(from)])[0], length))
      const middle = spread(f, own)
      const [total] = sums(f, length, 1, ({ load }) => {
        const distance = f.local("v128", f32x4.sub(load(from), middle))
        return [f32x4.mul(distance, distance)]
      })
      const delta = f.local("f32", f32.sub(own, mean))
      const next = f.local("f32", f32.convertI32S(i32.add(run, 1)))
      const weight = f32.mul(f32.div(f32.convertI32S(run), next), length)
      f.set(squares, f32.add(squares, total))
      if (outer > 1 && centred) f.set(squares, f32.add(squares, f32.mul(f32.mul(delta, delta), weight)))
      f.set(mean, f32.add(mean, f32.div(delta, next)))
    })
    const variance = f.local("f32", f32.div(squares, outer * length))
    f.store("f32", place(variances), variance)
    if (centred) f.store("f32", place(means), mean)
    const factor = spread(f, f32.div(1, f32.sqrt(f32.add(variance, epsilon))))
    const middle = spread(f, mean)
    const [ownScale, ownShift] = [scale, shift].map((p) =>
      perElement || p === undefined ? undefined : spread(f, f32.load(place(p))),
    )
    forEachRun(f, spec, [i32.add(x, start), i32.add(y, start)], (_, [from, to]) =>
      along(f, length, ({ load, store }) => {
        const moved = centred ? f32x4.sub(load(from), middle) : load(from)
        const scaled = f32x4.mul(f32x4.mul(moved, factor), ownScale ?? load(scale))
        store(to, shift === undefined ? scaled : f32x4.add(scaled, ownShift ?? load(shift)))
      }),
    )
  }) as unknown as Fn<"i32"[]>
  const kernel = module.function(name, { params: pointers }, (builder, ...given) => {
    const f = builder as unknown as FunctionBuilder
    const share = shareOf(module, f, groups)
    const group = f.local("i32")
    f.for(group, share.from, share.to, 1, () => f.call(one, [group, ...given]))
  })
  return shared(module, kernel as unknown as Fn<"i32"[]>, outer * groups * length * 4)
}

/** Groups that add up the cotangents of scale and shift per element, one after another: so many stretches of them, for any number of threads. */
const stretches = ({ groups, perElement }: NormaliseSpec): number =>
  perElement ? Math.min(16, Math.ceil(groups / 4)) : groups

/**
 * A kernel `(x, scale, g, variances, [means,] dx, dscale[, dshift])`; where scale and shift are per element, the last two are sums of each stretch of
 * groups, `[stretches, length]`.
 */
function emitNormaliseGradient(module: ModuleBuilder, name: string, spec: NormaliseSpec): Fn<"i32"[]> {
  const { outer, groups, length, epsilon, perElement, centred } = spec
  const pointers = Array.from({ length: centred ? 8 : 6 }, () => "i32" as const)
  const one = module.function(`${name}.group`, { params: ["i32", ...pointers] }, (builder, group, ...given) => {
    const f = builder as unknown as FunctionBuilder
    const [x, scale, g, variances] = given
    const means = centred ? given[4] : undefined
    const [dx, dscale, dshift] = given.slice(centred ? 5 : 4)
    const start = f.local("i32", i32.mul(group, length * 4))
    const place = (base: Expr<"i32">): Local<"i32"> => f.local("i32", i32.add(base, i32.shl(group, 2)))
    const scalar = (base: Expr<"i32">): Expr<"f32"> => f32.load(place(base))
    const factor = spread(f, f32.div(1, f32.sqrt(f32.add(scalar(variances), epsilon))))
    const middle = means === undefined ? undefined : spread(f, scalar(means))
    const normal = ({ load }: Run, from: Local<"i32">): Expr<"v128"> =>
      f32x4.mul(middle === undefined ? load(from) : f32x4.sub(load(from), middle), factor)
    const [sum, products] = [f.local("f32", 0), f.local("f32", 0)]
    forEachRun(f, spec, [i32.add(x, start), i32.add(g, start)], (_, [from, pulled]) => {
      const found = sums(f, length, 2, (run) => {
        const value = f.local("v128", run.load(pulled))
        const product = f.local("v128", f32x4.mul(value, normal(run, from)))
        if (!perElement) return [value, product]
        run.store(dscale, f32x4.add(run.load(dscale), product))
        if (centred) run.store(dshift, f32x4.add(run.load(dshift), value))
        const own = f.local("v128", run.load(scale))
        return [f32x4.mul(value, own), f32x4.mul(product, own)]
      })
      f.set(sum, f32.add(sum, found[0]))
      f.set(products, f32.add(products, found[1]))
    })
    if (!perElement) {
      f.store("f32", place(dscale), products)
      if (centred) f.store("f32", place(dshift), sum)
    }
    const count = outer * length
    const [share, slope] = [spread(f, f32.div(sum, count)), spread(f, f32.div(products, count))]
    const ownScale = perElement ? undefined : spread(f, scalar(scale))
    const starts = [i32.add(x, start), i32.add(g, start), i32.add(dx, start)]
    forEachRun(f, spec, starts, (_, [from, pulled, to]) =>
      along(f, length, (run) => {
        const value = perElement ? f32x4.mul(run.load(pulled), run.load(scale)) : run.load(pulled)
        const level = centred ? f32x4.sub(value, share) : value
        const inner = f32x4.mul(f32x4.sub(level, f32x4.mul(normal(run, from), slope)), factor)
        run.store(to, ownScale === undefined ? inner : f32x4.mul(inner, ownScale))
      }),
    )
  }) as unknown as Fn<"i32"[]>
  const count = stretches(spec)
  const each = Math.ceil(groups / count)
  const kernel = module.function(name, { params: pointers }, (builder, ...given) => {
    const f = builder as unknown as FunctionBuilder
    const share = shareOf(module, f, count)
    const [stretch, group] = [f.local("i32"), f.local("i32")]
    const kept = given.slice(0, centred ? 6 : 5)
    const results = given.slice(kept.length).map((base) => f.local("i32", base))
    f.for(stretch, share.from, share.to, 1, () => {
      if (perElement)
        results.forEach((own, i) => {
          f.set(own, i32.add(given[kept.length + i], i32.mul(stretch, length * 4)))
          f.memoryFill(own, 0, length * 4)
        })
      f.set(group, i32.mul(stretch, each))
      const end = f.local("i32", i32.add(group, each))
      f.if(i32.gtS(end, groups), () => f.set(end, groups))
      f.while(i32.ltS(group, end), () => {
        f.call(one, [group, ...kept, ...results])
        f.add(group, 1)
      })
    })
  })
  return shared(module, kernel as unknown as Fn<"i32"[]>, outer * groups * length * 8)
}

const specOf = ({ inputs: [x], attributes }: Node): NormaliseSpec => {
  const [outer, groups, length] = x.type.shape
  return { outer, groups, length, ...(attributes as NormaliseAttributes) }
}

export const normaliseKernels: Record<string, (lower: Lowering, node: Node) => void> = {
  normalise(lower, node) {
    const spec = specOf(node)
    const operands = [...node.inputs.map((x) => lower.contiguous(x)), ...node.outputs.map((y) => lower.output(y))]
    lower.call(`normalise ${JSON.stringify(spec)}`, operands, (name) => emitNormalise(lower.module, name, spec))
  },
  normaliseGradient(lower, node) {
    const spec = specOf(node)
    const [dx, ...sums] = node.outputs.map((y) => lower.output(y))
    const shape = [stretches(spec), spec.length]
    const partial = (): View => wholeView(lower.scratch(shape[0] * shape[1] * 4), "f32", shape)
    const parts = spec.perElement ? sums.map(partial) : sums
    const operands = [...node.inputs.map((x) => lower.contiguous(x)), dx, ...parts]
    lower.call(`normaliseGradient ${JSON.stringify(spec)}`, operands, (name) =>
      emitNormaliseGradient(lower.module, name, spec),
    )
    if (!spec.perElement) return
    parts.forEach((part, i) => {
      sumParts(lower, part, sums[i])
    })
  },
}
