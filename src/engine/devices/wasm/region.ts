import { type Expr, type Fn, type FunctionBuilder, i32, type Local, type ModuleBuilder } from "./assembler/index.ts"
import type { Layout } from "./kernels/lowering.ts"
import { teamOf } from "./team.ts"
import type { Buffer, View } from "./views.ts"

/** An address: a buffer and bytes into it. */
export interface Pointer {
  readonly buffer: Buffer
  readonly offset: number
}

interface Slices {
  readonly pointer: Pointer
  readonly strideBytes: number
}

interface Branch {
  readonly fn: Fn<"i32"[]>
  readonly arena: Pointer
  readonly args: readonly Pointer[]
}

/** One thing that a program does. */
export type Step =
  | {
      readonly kind: "call"
      readonly fn: Fn<"i32"[]>
      readonly args: readonly Pointer[]
      /** In a profiled program: the host function that is told when the kernel has run, and the kernel's number. */
      readonly tick?: Fn<readonly ["i32"]>
      readonly number?: number
    }
  | {
      readonly kind: "scan"
      readonly fn: Fn<"i32"[]>
      readonly arena: Pointer
      readonly length: number
      readonly reverse: boolean
      readonly constants: readonly Pointer[]
      /** Where a carry starts, and the other buffer it alternates with (none where it is updated in place). */
      readonly carries: readonly { readonly start: Pointer; readonly other: Pointer | undefined }[]
      readonly xs: readonly Slices[]
      readonly ys: readonly Slices[]
      /** What its body was given besides. */
      readonly extras: readonly Pointer[]
    }
  | { readonly kind: "cond"; readonly condition: Pointer; readonly then: Branch; readonly otherwise: Branch }

/** A lowered graph: its steps, and the bytes that they need besides inputs and outputs. */
export interface Region {
  readonly steps: readonly Step[]
  readonly arenaBytes: number
  /** Matrices that it wants laid out anew before the loop that it is the body of; each is one more parameter, behind the outputs. */
  readonly laidOut: readonly LaidOut[]
}

/** A constant of a loop in the layout that products read. */
export interface LaidOut {
  /** Which constant. */
  readonly input: number
  /** What of it. */
  readonly view: View
  readonly layout: Layout
  readonly buffer: Buffer
}

/**
 * Writes the function `(arena, inputs..., outputs...)` of a region. It only calls: loops over elements are in the kernels, loops over
 * time call the function of their body. Where one of its kernels is run by all threads together, so is it.
 */
export function emitRegion(module: ModuleBuilder, name: string, region: Region, parameters: number): Fn<"i32"[]> {
  const types = new Array(parameters + 1).fill("i32") as "i32"[]
  const fn = module.function(name, { params: types }, (builder, arena, ...pointers) => {
    emitSteps(module, builder as unknown as FunctionBuilder, region.steps, arena, pointers)
  })
  if (region.steps.some((step) => isTogether(module, step))) teamOf(module).together.set(fn, 0)
  return fn
}

/** True for a step that all threads take part in. */
function isTogether(module: ModuleBuilder, step: Step): boolean {
  const { together } = teamOf(module)
  return step.kind === "cond" ? together.has(step.then.fn) || together.has(step.otherwise.fn) : together.has(step.fn)
}

/** True where some step of a region is run by all threads. */
export const isParallel = (module: ModuleBuilder, region: Region): boolean =>
  region.steps.some((step) => isTogether(module, step))

/**
 * Writes steps into an open function. What one thread does alone stands in stretches that the others wait for; every stretch, and every
 * step that all take part in, ends at a barrier.
 */
export function emitSteps(
  module: ModuleBuilder,
  f: FunctionBuilder,
  steps: readonly Step[],
  arena: Local<"i32">,
  parameters: readonly Local<"i32">[],
): void {
  const { barrier, thread, threads, parts } = teamOf(module)
  const address = ({ buffer, offset }: Pointer): Expr<"i32"> =>
    buffer.parameter === undefined
      ? i32.add(arena, (buffer.offset + offset) | 0) // addresses above 2 GiB are negative as constants
      : i32.add(parameters[buffer.parameter], offset | 0)
  const emit = (step: Step) => {
    if (step.kind === "call") {
      f.call(step.fn, step.args.map(address))
      if (step.tick !== undefined) f.call(step.tick, [step.number ?? 0])
    } else if (step.kind === "scan") emitScan(f, step, address)
    else emitCond(module, f, step, address)
  }
  if (!steps.some((step) => isTogether(module, step))) {
    for (const step of steps) emit(step)
    return
  }
  for (let i = 0; i < steps.length; ) {
    if (isTogether(module, steps[i])) emit(steps[i++])
    else {
      let end = i
      while (end < steps.length && !isTogether(module, steps[end])) end++
      f.if(i32.eqz(thread), () => {
        f.set(parts, 1)
        for (const step of steps.slice(i, end)) emit(step)
        f.set(parts, threads)
      })
      i = end
    }
    f.call(barrier, [])
  }
}

function emitCond(
  module: ModuleBuilder,
  f: FunctionBuilder,
  { condition, then, otherwise }: Extract<Step, { kind: "cond" }>,
  address: (p: Pointer) => Expr<"i32">,
): void {
  const { together, thread, threads, parts } = teamOf(module)
  const all = together.has(then.fn) || together.has(otherwise.fn)
  const run = ({ fn, arena, args }: Branch) => {
    const call = () => f.call(fn, [address(arena), ...args.map(address)])
    if (!all || together.has(fn)) return call()
    f.if(i32.eqz(thread), () => {
      f.set(parts, 1)
      call()
      f.set(parts, threads)
    })
  }
  f.if(
    i32.load8U(address(condition)),
    () => run(then),
    () => run(otherwise),
  )
}

function emitScan(
  f: FunctionBuilder,
  step: Extract<Step, { kind: "scan" }>,
  address: (p: Pointer) => Expr<"i32">,
): void {
  const { length, reverse } = step
  const moving = [...step.xs, ...step.ys].map(({ pointer, strideBytes }) => ({
    at: f.local("i32", i32.add(address(pointer), reverse ? strideBytes * Math.max(0, length - 1) : 0)),
    by: reverse ? -strideBytes : strideBytes,
  }))
  const fixed = step.constants.map((p) => f.local("i32", address(p)))
  const now = step.carries.map(({ start }) => f.local("i32", address(start)))
  const next = step.carries.map(({ other }, i) => (other === undefined ? now[i] : f.local("i32", address(other))))
  const own = f.local("i32", address(step.arena))
  const xs = moving.slice(0, step.xs.length).map((x) => x.at)
  const ys = moving.slice(step.xs.length).map((x) => x.at)
  const extras = step.extras.map((p) => f.local("i32", address(p)))
  const held = f.local("i32")
  f.for(f.local("i32"), 0, length, 1, () => {
    f.call(step.fn, [own, ...fixed, ...now, ...xs, ...next, ...ys, ...extras])
    for (const { at, by } of moving) if (by !== 0) f.add(at, by)
    now.forEach((carry, i) => {
      if (next[i] === carry) return
      f.set(held, carry)
      f.set(carry, next[i])
      f.set(next[i], held)
    })
  })
}
