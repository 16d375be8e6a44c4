/** For the tests of the engine: finite differences, comparisons, random tensors, the devices to compare. */
import { activeDevice, type DeviceName, device, useDevice } from "./devices/device.ts"
import { allocate, type DType, isFloat, type TypedArray } from "./dtype.ts"
import { concat, stack } from "./operators/layout.ts"
import { hostRandom } from "./random-host.ts"
import { formatShape, type Shape, sameShape, sizeOf } from "./shape.ts"
import { Tensor } from "./tensor.ts"
import { grad } from "./transforms/gradient.ts"
import { jit } from "./transforms/jit.ts"
import { vmap } from "./transforms/vectorize.ts"

/** The devices whose results are held against the reference device. */
export const otherDevices: readonly DeviceName[] = (["wasm"] as const).filter((name) => device(name).name === name)

/** All devices, the reference first. */
export const allDevices: readonly DeviceName[] = ["reference", ...otherDevices]

export interface RandomOptions {
  readonly from?: number
  readonly to?: number
  readonly dtype?: DType
}

/** Uniform numbers of a seed, f64 in [-1, 1) unless told otherwise; integers are cut down. */
export function randomTensor(
  shape: Shape,
  seed: number,
  { from = -1, to = 1, dtype = "f64" }: RandomOptions = {},
): Tensor {
  const random = hostRandom(seed)
  const data = allocate(dtype, sizeOf(shape))
  for (let i = 0; i < data.length; i++) {
    const x = from + (to - from) * random.uniform()
    data[i] = isFloat(dtype) ? x : Math.floor(x)
  }
  return Tensor.from({ dtype, shape, data })
}

/** Numbers that are all at least `1 / (2 n)` apart, in random order: for operators that compare. */
export function distinctTensor(shape: Shape, seed: number, dtype: DType = "f64"): Tensor {
  const random = hostRandom(seed)
  const data = allocate(dtype, sizeOf(shape))
  for (let i = 0; i < data.length; i++) {
    const j = Math.floor(random.uniform() * (i + 1))
    data[i] = data[j]
    data[j] = (2 * i + 1) / data.length - 1
  }
  return Tensor.from({ dtype, shape, data })
}

export interface Tolerance {
  readonly relative?: number
  readonly absolute?: number
}

/** Throws unless two tensors have one dtype and shape and nearly the same elements; NaN equals NaN. */
export function expectClose(
  actual: Tensor,
  expected: Tensor,
  { relative = 1e-6, absolute = relative }: Tolerance = {},
  what = "",
): void {
  if (actual.dtype !== expected.dtype || !sameShape(actual.shape, expected.shape))
    throw new Error(`${what}: got ${actual.describe()}, expected ${expected.describe()}`)
  const [a, b] = [actual.array(), expected.array()]
  for (let i = 0; i < a.length; i++) {
    const near = Object.is(a[i], b[i]) || a[i] === b[i] || Math.abs(a[i] - b[i]) <= absolute + relative * Math.abs(b[i])
    if (!near)
      throw new Error(
        `${what}: element ${i} of ${formatShape(actual.shape)} is ${a[i]}, expected ${b[i]}\n got      ${a}\n expected ${b}`,
      )
  }
}

/** Makes a function of tensors a function to one number: every output times random numbers, summed. */
function projected(fn: (...inputs: Tensor[]) => Tensor | readonly Tensor[]): (inputs: readonly Tensor[]) => Tensor {
  return (inputs) => {
    const made = fn(...inputs)
    const outputs = made instanceof Tensor ? [made] : made
    return outputs
      .filter((y) => isFloat(y.dtype))
      .map((y, i) => y.mul(randomTensor(y.shape, 1000 + i, { dtype: y.dtype })).sum())
      .reduce((a, b) => a.add(b))
  }
}

export interface GradientCheck extends Tolerance {
  /** 2 checks the gradient of the gradient too. */
  readonly order?: number
  readonly step?: number
}

/**
 * Holds the gradient of `fn` with respect to every f64 input against central differences, on the active device, compiled and eagerly.
 * @param fn tensors to one tensor or several, smooth where it is called
 */
export function checkGradient(
  fn: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradientCheck = {},
): void {
  const { order = 1, step = 1e-5, relative = 2e-6, absolute = 2e-7 } = options
  const floats = inputs.flatMap((x, i) => (x.dtype === "f64" ? [i] : []))
  const place = (own: readonly Tensor[]): Tensor[] => inputs.map((x, i) => own[floats.indexOf(i)] ?? x)
  const loss = projected((...own) => fn(...place(own)))
  const own = floats.map((i) => inputs[i])
  const compiled = jit(loss)
  const analytic = jit(grad(loss))(own)
  const eager = grad(loss)(own)
  own.forEach((x, k) => {
    expectClose(
      analytic[k],
      eager[k],
      { relative: 1e-9, absolute: 1e-11 },
      `order ${order}: compiled and eager gradient of input ${floats[k]}`,
    )
    const data = x.array()
    const numeric = allocate("f64", data.length)
    for (let i = 0; i < data.length; i++) {
      const moved = (by: number): number => {
        const copy = data.slice()
        copy[i] += by
        return compiled(
          own.map((t, j) => (j === k ? Tensor.from({ dtype: "f64", shape: x.shape, data: copy }) : t)),
        ).item()
      }
      numeric[i] = (moved(step) - moved(-step)) / (2 * step)
    }
    expectClose(
      analytic[k],
      Tensor.from({ dtype: "f64", shape: x.shape, data: numeric }),
      { relative, absolute },
      `order ${order}: gradient of input ${floats[k]}`,
    )
  })
  if (order > 1)
    checkGradient((...xs) => grad(loss)(xs), own, {
      ...options,
      order: order - 1,
      relative: relative * 10,
      absolute: absolute * 10,
    })
}

/** Holds `vmap(fn)` against a loop over the examples, for every choice of which inputs are mapped; compiled too. */
export function checkVmap(
  fn: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  tolerance: Tolerance = { relative: 1e-10 },
): void {
  const many = (...xs: Tensor[]): Tensor[] => [fn(...xs)].flat()
  const size = inputs[0].shape[0]
  for (let mask = 1; mask < 2 ** inputs.length; mask++) {
    const mapped = inputs.map((_, i) => ((mask >> i) & 1) === 1)
    const given = inputs.map((x, i) => (mapped[i] ? x : x.at(0)))
    const rows = Array.from({ length: size }, (_, n) => many(...given.map((x, i) => (mapped[i] ? x.at(n) : x))))
    const expected = rows[0].map((_, k) => stack(rows.map((row) => row[k])))
    const batched = vmap(many, { axes: mapped.map((on) => (on ? 0 : null)) })
    for (const [name, results] of [
      ["vmap", batched(...given)],
      ["compiled vmap", jit(batched)(...given)],
    ] as const)
      expected.forEach((y, k) => {
        expectClose(
          results[k],
          y,
          tolerance,
          `${name} over inputs ${mapped.flatMap((on, i) => (on ? [i] : []))}, output ${k}`,
        )
      })
  }
}

/** What scan means: a loop. */
export function unrolled(
  step: (carry: Tensor[], x: Tensor[]) => readonly [Tensor[], Tensor[]],
  init: Tensor[],
  xs: Tensor[],
  { reverse = false }: { readonly reverse?: boolean } = {},
): [Tensor[], Tensor[]] {
  const length = xs[0].shape[0]
  let carry = init
  const rows: Tensor[][] = []
  for (let i = 0; i < length; i++) {
    const t = reverse ? length - 1 - i : i
    const [next, y] = step(
      carry,
      xs.map((x) => x.at(t)),
    )
    carry = next
    rows[t] = y
  }
  return [carry, rows[0].map((_, k) => stack(rows.map((row) => row[k])))]
}

/** The same random examples joined in a batch: `[size, ...shape]`. */
export const examples = (size: number, make: (seed: number) => Tensor, seed = 1): Tensor =>
  concat(Array.from({ length: size }, (_, n) => make(seed + n).expandDims(0)))

/** Runs `body` on each device in turn. */
export function onEachDevice<T>(body: (name: DeviceName) => T): T[] {
  return allDevices.map((name) => useDevice(name, () => body(name)))
}

/**
 * Throws unless a program gives the same bits on 1, 2 and 3 threads, in strict numerics.
 * @returns what it gives
 */
export async function checkThreads(program: () => readonly Tensor[]): Promise<TypedArray[]> {
  const devices = [1, 2, 3].map((threads) => device("wasm", { threads, numerics: "strict" }))
  await Promise.all(devices.map((own) => own.ready()))
  const [one, ...others] = devices.map((own) => useDevice(own, () => program().map((y) => y.array())))
  for (const [more, results] of others.entries())
    results.forEach((y, k) => {
      const at = y.findIndex((x, i) => !Object.is(x, one[k][i]))
      if (y.length !== one[k].length || at >= 0)
        throw new Error(`output ${k}, element ${at}: ${one[k][at]} on one thread, ${y[at]} on ${more + 2}`)
    })
  return one
}

/** Pairs of a source and a place, drawn from a seed, some of them twice. */
export function randomPairs(rows: number, size: number, count: number): { sources: number[]; places: number[] } {
  const draw = (seed: number, below: number): number[] =>
    [...randomTensor([count], seed, { from: 0, to: below }).array()].map(Math.floor)
  return { sources: draw(1, rows), places: draw(2, size) }
}

/** A copy of a tensor on the active device. */
export const moved = (x: Tensor): Tensor => (x.storage.device === activeDevice() ? x : Tensor.from(x.host()))
