/** For the tests of the engine: random programs, as data that can be shrunk, and what they mean. */
import fc from "fast-check"
import type { Tensor } from "./index.ts"
import * as ops from "./index.ts"
import { randomTensor } from "./testing.ts"

/** One operator and which values it is applied to; all numbers are taken modulo what there is. */
export interface Instruction {
  readonly op: string
  readonly a: number
  readonly b: number
  readonly p: number
  readonly q: number
  /** The step of a scan, a branch, what is mapped or checkpointed. */
  readonly body: readonly Instruction[]
}

export interface RandomProgram {
  readonly shapes: readonly (readonly number[])[]
  readonly instructions: readonly Instruction[]
}

interface Context {
  readonly instruction: Instruction
  /** Whole numbers to gather with, i32 [4]. */
  readonly indices: Tensor
  /** Runs the body on other values; gives its last result. */
  readonly body: (...pool: Tensor[]) => Tensor
}

type Operator = (a: Tensor, b: Tensor, context: Context) => Tensor

const most = 300
/** Results stay bounded and small, so that errors of rounding do. */
const tame = (x: Tensor): Tensor => x.mul(0.5).tanh()
const axisOf = (x: Tensor, { p }: Instruction): number => p % x.rank
const asRows = (x: Tensor): Tensor =>
  x.rank === 0 ? x.reshape([1, 1]) : x.reshape([x.size / x.shape[x.rank - 1], x.shape[x.rank - 1]])
/** The axes of a tensor of rank 0 are none: such a tensor gets one. */
const ranked = (x: Tensor): Tensor => (x.rank === 0 ? x.reshape([1]) : x)
/** `b` made to broadcast with `a`: as it is where it fits, its mean where it does not. */
function fitting(a: Tensor, b: Tensor): Tensor {
  const fits = b.shape.every((n, i) => {
    const m = a.shape[a.rank - b.rank + i]
    return m === undefined || m === n || m === 1 || n === 1
  })
  const size = Math.max(a.size, b.size) * (a.size === b.size ? 1 : Math.min(a.size, b.size))
  return fits && size <= most ? b : b.mean()
}
const unary =
  (f: (x: Tensor) => Tensor): Operator =>
  (a) =>
    f(a)
const binary =
  (f: (a: Tensor, b: Tensor) => Tensor): Operator =>
  (a, b) =>
    f(a, fitting(a, b))
const ranks =
  (f: (x: Tensor, axis: number, instruction: Instruction) => Tensor): Operator =>
  (a, _, { instruction }) => {
    const x = ranked(a)
    return f(x, axisOf(x, instruction), instruction)
  }

/** Operators whose results and first derivatives are continuous: those can be differentiated and compared between devices. */
const smooth: Record<string, Operator> = {
  neg: unary(ops.neg),
  exp: unary((x) => x.tanh().exp()),
  expm1: unary((x) => x.tanh().expm1()),
  log: unary((x) => x.square().add(0.5).log()),
  log1p: unary((x) => x.square().log1p()),
  sqrt: unary((x) => x.square().add(0.5).sqrt()),
  sin: unary(ops.sin),
  cos: unary(ops.cos),
  tanh: unary(ops.tanh),
  sigmoid: unary(ops.sigmoid),
  erf: unary(ops.erf),
  gelu: unary(ops.gelu),
  silu: unary(ops.silu),
  softplus: unary(ops.softplus),
  square: unary((x) => tame(x.square())),
  scale: (a, _, { instruction }) => a.mul((instruction.p % 7) - 3).div(2),
  add: binary(ops.add),
  sub: binary(ops.sub),
  mul: binary((a, b) => a.tanh().mul(b)),
  div: binary((a, b) => a.div(b.square().add(1))),
  pow: binary((a, b) => a.square().add(0.5).pow(b.tanh())),
  sum: ranks((x, axis) => tame(x.sum(axis))),
  sumKept: ranks((x, axis) => tame(x.sum(axis, true))),
  mean: unary((x) => x.mean()),
  meanOf: ranks((x, axis) => x.mean(axis)),
  variance: ranks((x, axis) => x.variance(axis)),
  softmax: ranks((x, axis) => x.softmax(axis)),
  logSumExp: ranks((x, axis) => ops.logSumExp(x, axis)),
  reshape: ranks((x, _, { q }) => (x.size % (q + 1) === 0 ? x.reshape([q + 1, x.size / (q + 1)]) : x.flatten())),
  transpose: ranks((x, axis, { q }) => {
    const axes = x.shape.map((_, i) => i)
    const turned = [...axes.slice(axis), ...axes.slice(0, axis)]
    return x.transpose(q % 2 === 0 ? turned : turned.reverse())
  }),
  flip: ranks((x, axis) => x.flip(axis)),
  slice: ranks((x, axis, { q }) =>
    x.shape[axis] < 2 ? x : x.slice(axis, q % (x.shape[axis] - 1), x.shape[axis], 1 + (q % 2)),
  ),
  at: ranks((x, axis, { q }) => x.at(q % x.shape[axis], axis)),
  pad: ranks((x, axis, { q }) =>
    ops.pad(
      x,
      x.shape.map((_, i) => (i === axis ? [q % 2, 1] : [0, 0])),
      q / 4,
    ),
  ),
  concat: (a, b, { instruction }) => {
    const x = ranked(a)
    const y =
      b.rank === x.rank && b.shape.every((n, i) => i === axisOf(x, instruction) || n === x.shape[i]) ? b : x.mul(2)
    return ops.concat([x, y], axisOf(x, instruction))
  },
  stack: (a, b, { instruction }) =>
    ops.stack(
      [a, b.shape.length === a.rank && b.shape.every((n, i) => n === a.shape[i]) ? b : a.neg()],
      instruction.p % (a.rank + 1),
    ),
  broadcast: (a, _, { instruction }) => a.broadcastTo([1 + (instruction.q % 3), ...a.shape]),
  matmul: (a) => tame(asRows(a).matmul(asRows(a).T)),
  matmulOf: (a, b) => {
    const [x, y] = [asRows(a), asRows(b)]
    return tame(x.shape[1] === y.shape[0] ? x.matmul(y) : x.shape[1] === y.shape[1] ? x.matmul(y.T) : x.T.matmul(x))
  },
  events: (a, b) => {
    const [x, y] = [asRows(a), asRows(b)]
    const spikes = ops.asEvents(x.tanh().square())
    return tame(x.shape[1] === y.shape[0] ? spikes.matmul(y) : spikes.matmul(x.T))
  },
  batched: (a) =>
    a.rank < 3 ? a : tame(a.matmul(a.transpose([...a.shape.slice(2).map((_, i) => i), a.rank - 1, a.rank - 2]))),
  take: (a, _, { instruction, indices }) => ranked(a).take(indices, axisOf(ranked(a), instruction)),
  scatter: (a, _, { indices }) => tame(ops.scatterAdd([5, ...ranked(a).shape.slice(1)], indices, ranked(a).at(0))),
  cumsum: ranks((x, axis, { q }) => tame(ops.cumsum(x, axis, { reverse: q % 2 === 1, exclusive: q > 2 }))),
  cumprod: ranks((x, axis) => ops.cumprod(x.tanh(), axis)),
  recurrence: binary((a, b) =>
    a.rank === 0 ? a : ops.linearRecurrence(b.tanh().broadcastTo(a.add(b).shape), a.add(b.mul(0))),
  ),
  conv: (a, b) => {
    const [x, w] = [asRows(a), asRows(b)]
    return tame(
      ops.conv2d(x.reshape([1, 1, ...x.shape]), w.slice(0, 0, 2).slice(1, 0, 3).expandDims(0).expandDims(0), {
        padding: "same",
      }),
    ).reshape(x.shape)
  },
  avgPool: (a) => {
    const x = asRows(a)
    return ops.avgPool2d(x.reshape([1, 1, ...x.shape]), 2, { stride: 1, padding: 1 }).squeeze([0, 1])
  },
  stop: binary((a, b) => ops.stopGradient(a).add(b)),
  checkpoint: (a, b, { body }) => ops.checkpoint((x: Tensor, y: Tensor) => body(x, y))(a, b),
  vmap: (a, b, { body }) => ops.vmap((x: Tensor) => body(x, b))(ranked(a)),
  cond: (a, b, { instruction, indices, body }) =>
    ops.cond(
      indices.sum().gt((instruction.p % 5) + 2),
      () => fitBack(body(a, b), a),
      () => a.mul(0.7),
    ),
  scan: (a, b, { instruction, body }) => {
    const xs = ranked(a)
    const [last, ys] = ops.scan(
      (c: Tensor, x: Tensor) => {
        const y = body(c, x, b)
        return [c.mul(0.5).add(y.mean()).tanh(), instruction.q % 3 === 0 ? c : y]
      },
      instruction.p % 2 === 0 ? xs.at(0) : b.mean(),
      xs,
      { reverse: instruction.q % 2 === 1 },
    )
    return instruction.p % 3 === 0 ? last : ys
  },
  gradient: (a, b, { body }) =>
    ops
      .grad((x: Tensor) => body(x, b).mean())(a)
      .mul(5)
      .tanh(),
}

/** Operators that are continuous, but whose derivatives jump. */
const kinked: Record<string, Operator> = {
  abs: unary(ops.abs),
  relu: unary(ops.relu),
  leaky: unary((x) => ops.where(x.gt(0), x, x.mul(0.1))),
  clip: unary((x) => x.clip(-0.5, 0.5)),
  minimum: binary(ops.minimum),
  maximum: binary(ops.maximum),
  gated: binary((a, b) => ops.where(a.gt(0).and(b.gt(0)), ops.minimum(a, b), 0)),
  max: ranks((x, axis) => x.max(axis)),
  min: ranks((x, axis) => x.min(axis, true)),
  norm: ranks((x, axis) => x.norm(axis)),
  topK: ranks((x, axis, { q }) => ops.topK(x, 1 + (q % x.shape[axis]), axis).values),
  sort: ranks((x, axis, { q }) => ops.sort(x, axis, { descending: q % 2 === 1 })),
  maxPool: (a) => {
    const x = asRows(a)
    return ops.maxPool2d(x.reshape([1, 1, ...x.shape]), 2, { stride: 1, padding: 1 }).squeeze([0, 1])
  },
  straight: unary((x) => ops.straightThrough((y) => y.tanh())(x)),
}

/** A result in the shape of another tensor. */
const fitBack = (x: Tensor, like: Tensor): Tensor =>
  x.shape.length === like.rank && x.shape.every((n, i) => n === like.shape[i]) ? x : like.add(x.mean())

const all: Record<string, Operator> = { ...smooth, ...kinked }

export interface ProgramOptions {
  /** Only operators whose derivatives are continuous. */
  readonly smooth?: boolean
  readonly longest?: number
}

/** Random programs of up to so many operators. */
export function randomPrograms({
  smooth: only = false,
  longest = 8,
}: ProgramOptions = {}): fc.Arbitrary<RandomProgram> {
  const names = Object.keys(only ? smooth : all)
  const number = fc.nat(11)
  const step = (depth: number): fc.Arbitrary<Instruction> =>
    fc.record({
      op: fc.constantFrom(
        ...(depth > 0
          ? names
          : names.filter((name) => !["scan", "cond", "vmap", "checkpoint", "gradient"].includes(name))),
      ),
      a: number,
      b: number,
      p: number,
      q: fc.nat(5),
      body: depth > 0 ? fc.array(step(depth - 1), { minLength: 1, maxLength: 3 }) : fc.constant([]),
    })
  const shape = fc.constantFrom<readonly number[]>([], [1], [4], [5], [3, 4], [4, 3], [2, 1, 5], [2, 3, 2], [1, 6])
  return fc.record({
    shapes: fc.array(shape, { minLength: 2, maxLength: 3 }),
    instructions: fc.array(step(2), { minLength: 1, maxLength: longest }),
  })
}

/** Inputs of a program: its float tensors, then the whole numbers that it gathers with. */
export function programInputs({ shapes }: RandomProgram, seed: number): Tensor[] {
  const floats = shapes.map((shape, i) => randomTensor(shape, seed + i, { from: -1.5, to: 1.5, dtype: "f32" }))
  return [...floats, randomTensor([4], seed + 9, { from: 0, to: 3, dtype: "i32" })]
}

/** The results of all operators that no later one reads, at least one. */
export function runProgram({ instructions }: RandomProgram, inputs: readonly Tensor[]): Tensor[] {
  const indices = inputs[inputs.length - 1]
  const pool = inputs.slice(0, -1)
  const read = interpret(instructions, pool, indices)
  return pool.filter((_, i) => i >= inputs.length - 1 && !read.has(i))
}

/** Adds the result of each instruction to the pool; gives the places that were read. */
function interpret(instructions: readonly Instruction[], pool: Tensor[], indices: Tensor): Set<number> {
  const read = new Set<number>()
  for (const instruction of instructions) {
    // Later values are preferred, so that chains grow long.
    const pick = (n: number): Tensor => {
      const place = pool.length - 1 - (n % Math.min(pool.length, 4))
      read.add(place)
      return pool[place]
    }
    const body = (...own: Tensor[]): Tensor => {
      interpret(instruction.body, own, indices)
      return own[own.length - 1]
    }
    const y = all[instruction.op](pick(instruction.a), pick(instruction.b), { instruction, indices, body })
    pool.push(y.size > most ? y.flatten().slice(0, 0, most) : y)
  }
  return read
}
