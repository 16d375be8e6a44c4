import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  v128,
} from "../../assembler/index.ts"
import { vectorLanes } from "../../lanes.ts"
import { multiplyAdd } from "../../multiply-add.ts"
import { alone } from "../products/batched.ts"
import { aligned, area, type ConvolutionPlan, type ConvolutionSpec, emitCopy, parameters } from "./columns.ts"

/*
 * Depthwise convolution: every output plane sees one input plane, and nothing is to be gained from matrices. The plane is copied into a frame of
 * zeros, and whole vectors of a row are summed up tap by tap.
 */

type I = Expr<"i32">

/** Whether the kernels here take a convolution. */
export const isDepthwise = ({ inner, groups, dtype, kernel, dilation, low }: ConvolutionSpec): boolean =>
  inner === 1 &&
  groups > 1 &&
  dtype === "f32" &&
  area(kernel) <= 128 &&
  [0, 1].every((i) => low[i] <= (kernel[i] - 1) * dilation[i])

/** A plane of zeros that holds another one, rows `pitch` elements apart. Vectors that begin in it may end a little beyond it. */
interface Frame {
  readonly pitch: number
  readonly bytes: number
}

const frameFor = (rows: number, columns: number, stride: number): Frame => ({
  pitch: columns,
  bytes: aligned((rows * columns + 4 * stride + 4) * 4),
})

/** How far taps reach: elements that outputs see in a row or column. */
const reach = ({ kernel, dilation }: ConvolutionSpec, i: number, outputs: number, stride: number): number =>
  (outputs - 1) * stride + (kernel[i] - 1) * dilation[i] + 1

/** Four elements that are `stride` apart. */
export function strided(f: FunctionBuilder, from: Local<"i32">, stride: number, offset: number): Expr<"v128"> {
  if (stride === 1) return v128.load(from, offset)
  if (stride === 2) return i32x4.shuffle(v128.load(from, offset), v128.load(from, offset + 16), [0, 2, 4, 6])
  return vectorLanes.gather("f32", f.local("i32", i32.add(from, offset)), stride) as Expr<"v128">
}

/** Loops over blocks of up to four vectors of a row of `count` elements; of the last vector there may be only some `lanes`. */
function forEachBlock(
  f: FunctionBuilder,
  count: number,
  body: (column: Local<"i32">, vectors: number, lanes: number) => void,
): void {
  const column = f.local("i32")
  let done = 0
  for (const vectors of [4, 2, 1]) {
    const end = done + Math.floor((count - done) / (vectors * 4)) * vectors * 4
    if (end > done) f.for(column, done, end, vectors * 4, () => body(column, vectors, 4))
    done = end
  }
  if (done === count) return
  f.set(column, done)
  body(column, 1, count - done)
}

/** `(frame, taps, out)`: one plane; with `accumulate` added to what is there. */
function emitPlane(
  module: ModuleBuilder,
  name: string,
  { kernel, dilation }: ConvolutionSpec,
  { pitch }: Frame,
  [rows, columns]: readonly [number, number],
  [down, along]: readonly [number, number],
  { turned = false, accumulate = false } = {},
): Fn<readonly ["i32", "i32", "i32"]> {
  return module.function(name, { params: ["i32", "i32", "i32"] as const }, (builder, frame, taps, target) => {
    const f = builder as unknown as FunctionBuilder
    const [row, i, from, tap, x] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32"), f.local("v128")]
    const [line, out] = [f.local("i32", frame), f.local("i32", target)]
    const last = (area(kernel) - 1) * 4
    f.for(row, 0, rows, 1, () => {
      forEachBlock(f, columns, (column, vectors, lanes) => {
        const to = f.local("i32", i32.add(out, i32.shl(column, 2)))
        const sums = Array.from({ length: vectors }, (_, v) =>
          f.local("v128", accumulate && lanes === 4 ? v128.load(to, v * 16) : f32x4.splat(0)),
        )
        f.set(from, i32.add(line, i32.mul(column, along * 4)))
        f.set(tap, turned ? i32.add(taps, last) : taps)
        f.for(i, 0, kernel[0], 1, () => {
          for (let j = 0; j < kernel[1]; j++) {
            f.set(x, v128.load32Splat(tap))
            sums.forEach((sum, v) => {
              const seen = strided(f, from, along, (j * dilation[1] + v * 4 * along) * 4)
              f.set(sum, multiplyAdd(module, x, seen, sum))
            })
            f.add(tap, turned ? -4 : 4)
          }
          f.add(from, dilation[0] * pitch * 4)
        })
        if (lanes === 4)
          sums.forEach((sum, v) => {
            f.store("v128", to, sum, v * 16)
          })
        else
          for (let l = 0; l < lanes; l++) {
            const value = f32x4.extractLane(sums[0], l)
            f.store("f32", to, accumulate ? f32.add(f32.load(to, l * 4), value) : value, l * 4)
          }
      })
      f.add(line, down * pitch * 4)
      f.add(out, columns * 4)
    })
  })
}

const at = (base: I, index: I, elements: number): I => i32.add(base, i32.mul(index, elements * 4))

/** `(x, weight, y)` */
export function depthwise(spec: ConvolutionSpec): ConvolutionPlan {
  const { batch, groups, outer, size, low, stride, counts, kernel } = spec
  const frame = frameOfInput(spec)
  return {
    bytes: (threads) => threads * frame.bytes,
    emit(module, name) {
      const copy = emitCopy(module, `${name}.frame`, "f32", size, [size[1], 1], [frame.pitch, 1])
      const plane = emitPlane(module, `${name}.plane`, spec, frame, counts, stride)
      return module.function(name, parameters, (builder, x, weight, y, scratch) => {
        const f = builder as unknown as FunctionBuilder
        const [unit, k] = [f.local("i32"), f.local("i32")]
        alone(module, f, scratch, frame.bytes, batch * groups, ({ from, to }, own) => {
          f.memoryFill(own, 0, frame.bytes)
          f.for(unit, from, to, 1, () => {
            f.call(copy, [at(x, unit, area(size)), at(own, i32.const(low[0] * frame.pitch + low[1]), 1)])
            f.for(k, 0, outer, 1, () => {
              const filter = i32.add(i32.mul(i32.remU(unit, groups), outer), k)
              const place = i32.add(i32.mul(unit, outer), k)
              f.call(plane, [own, at(weight, filter, area(kernel)), at(y, place, area(counts))])
            })
          })
        })
      })
    },
  }
}

/** A frame for the input and all that outputs see of it. */
const frameOfInput = (spec: ConvolutionSpec): Frame => {
  const { counts, stride, low, size } = spec
  const sizes = [0, 1].map((i) => Math.max(reach(spec, i, counts[i], stride[i]), low[i] + size[i]))
  return frameFor(sizes[0], sizes[1], stride[1])
}

/** `(y, weight, x)`: the output gradient, its elements as far apart as the windows were, seen through the filters turned. */
export function depthwiseInput(spec: ConvolutionSpec): ConvolutionPlan {
  const { batch, groups, outer, size, low, stride, counts, kernel, dilation } = spec
  const pad = [0, 1].map((i) => (kernel[i] - 1) * dilation[i] - low[i])
  const sizes = [0, 1].map((i) => Math.max(reach(spec, i, size[i], 1), pad[i] + (counts[i] - 1) * stride[i] + 1))
  const frame = frameFor(sizes[0], sizes[1], 1)
  return {
    bytes: (threads) => threads * frame.bytes,
    emit(module, name) {
      const apart = [stride[0] * frame.pitch, stride[1]]
      const copy = emitCopy(module, `${name}.frame`, "f32", counts, [counts[1], 1], apart)
      const options = { turned: true, accumulate: outer > 1 }
      const plane = emitPlane(module, `${name}.plane`, spec, frame, size, [1, 1], options)
      return module.function(name, parameters, (builder, y, weight, x, scratch) => {
        const f = builder as unknown as FunctionBuilder
        const [unit, k] = [f.local("i32"), f.local("i32")]
        alone(module, f, scratch, frame.bytes, batch * groups, ({ from, to }, own) => {
          f.memoryFill(own, 0, frame.bytes)
          f.for(unit, from, to, 1, () => {
            const out = f.local("i32", at(x, unit, area(size)))
            if (outer > 1) f.memoryFill(out, 0, area(size) * 4)
            f.for(k, 0, outer, 1, () => {
              const given = at(y, i32.add(i32.mul(unit, outer), k), area(counts))
              const filter = i32.add(i32.mul(i32.remU(unit, groups), outer), k)
              f.call(copy, [given, at(own, i32.const(pad[0] * frame.pitch + pad[1]), 1)])
              f.call(plane, [own, at(weight, filter, area(kernel)), out])
            })
          })
        })
      })
    },
  }
}

/** Sums that are kept in registers at a time. */
const tapsAtOnce = 12

/** `(x, y, weight)`: threads share the filters. */
export function depthwiseWeights(spec: ConvolutionSpec): ConvolutionPlan {
  const { batch, groups, outer, size, low, stride, counts, kernel, dilation } = spec
  const taps = area(kernel)
  // Rows of the output gradient end in zeros, so that whole vectors of them can be taken.
  const wide = Math.ceil(counts[1] / 4) * 4
  const frame = frameFor(
    Math.max(reach(spec, 0, counts[0], stride[0]), low[0] + size[0]) + 1,
    Math.max(reach(spec, 1, wide, stride[1]), low[1] + size[1]),
    stride[1],
  )
  const given = frameFor(counts[0], wide, 1)
  const own = frame.bytes + given.bytes + taps * 16
  return {
    bytes: (threads) => threads * own,
    emit(module, name) {
      const copy = emitCopy(module, `${name}.frame`, "f32", size, [size[1], 1], [frame.pitch, 1])
      const copyGiven = emitCopy(module, `${name}.given`, "f32", counts, [counts[1], 1], [wide, 1])
      const passes = Array.from({ length: Math.ceil(taps / tapsAtOnce) }, (_, pass) => {
        const first = pass * tapsAtOnce
        const numbers = Array.from({ length: Math.min(tapsAtOnce, taps - first) }, (_, i) => first + i)
        return module.function(
          `${name}.taps${first}`,
          { params: ["i32", "i32", "i32"] as const },
          (b, x, y, sumsAt) => {
            const f = b as unknown as FunctionBuilder
            const [row, column, place] = [f.local("i32"), f.local("i32"), f.local("i32", y)]
            const [line, from, g] = [f.local("i32", x), f.local("i32"), f.local("v128")]
            const sums = numbers.map((tap) => f.local("v128", v128.load(sumsAt, tap * 16)))
            f.for(row, 0, counts[0], 1, () => {
              f.set(from, line)
              f.for(column, 0, wide, 4, () => {
                f.set(g, v128.load(place))
                numbers.forEach((tap, i) => {
                  const [down, along] = [Math.floor(tap / kernel[1]) * dilation[0], (tap % kernel[1]) * dilation[1]]
                  const seen = strided(f, from, stride[1], (down * frame.pitch + along) * 4)
                  f.set(sums[i], multiplyAdd(module, g, seen, sums[i]))
                })
                f.add(place, 16)
                f.add(from, 16 * stride[1])
              })
              f.add(line, stride[0] * frame.pitch * 4)
            })
            numbers.forEach((tap, i) => {
              f.store("v128", sumsAt, sums[i], tap * 16)
            })
          },
        )
      })
      return module.function(name, parameters, (builder, x, y, weight, scratch) => {
        const f = builder as unknown as FunctionBuilder
        const [filter, b, tap] = [f.local("i32"), f.local("i32"), f.local("i32")]
        alone(module, f, scratch, own, groups * outer, ({ from, to }, space) => {
          const givenAt = f.local("i32", i32.add(space, frame.bytes))
          const sumsAt = f.local("i32", i32.add(givenAt, given.bytes))
          f.memoryFill(space, 0, own)
          f.for(filter, from, to, 1, () => {
            f.memoryFill(sumsAt, 0, taps * 16)
            f.for(b, 0, batch, 1, () => {
              const seen = i32.add(i32.mul(b, groups), i32.divU(filter, outer))
              f.call(copy, [at(x, seen, area(size)), at(space, i32.const(low[0] * frame.pitch + low[1]), 1)])
              f.call(copyGiven, [at(y, i32.add(i32.mul(b, groups * outer), filter), area(counts)), givenAt])
              for (const pass of passes) f.call(pass, [space, givenAt, sumsAt])
            })
            f.for(tap, 0, taps, 1, () => {
              const sum = f.local("v128", v128.load(i32.add(sumsAt, i32.shl(tap, 4))))
              const lanes = [0, 1, 2, 3].map<Expr<"f32">>((l) => f32x4.extractLane(sum, l))
              const total = lanes.reduce((p, q) => f32.add(p, q))
              f.store("f32", at(weight, i32.add(i32.mul(filter, taps), tap), 1), total)
            })
          })
        })
      })
    },
  }
}
