import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { einsum, jit, type Tensor, tensor } from "../index.ts"
import { checkGradient, checkVmap, examples, expectClose, otherDevices, randomTensor } from "../testing.ts"

useDevice("reference")

/** The sum of the definition: a loop over the values of every axis. */
function plain(inputs: string[], output: string, tensors: Tensor[]): Tensor {
  const sizes = new Map<string, number>()
  inputs.forEach((axes, i) => {
    ;[...axes].forEach((axis, n) => {
      sizes.set(axis, tensors[i].shape[n])
    })
  })
  const names = [...sizes.keys()]
  const shape = [...output].map((axis) => sizes.get(axis) as number)
  const data = tensors.map((t) => t.array())
  const total = new Float64Array(shape.reduce((n, m) => n * m, 1))
  const at = new Map<string, number>()
  const offset = (axes: string): number =>
    [...axes].reduce((n, axis) => n * (sizes.get(axis) as number) + (at.get(axis) as number), 0)
  const visit = (depth: number): void => {
    if (depth === names.length) {
      total[offset(output)] += inputs.reduce((product, axes, i) => product * data[i][offset(axes)], 1)
      return
    }
    for (let i = 0; i < (sizes.get(names[depth]) as number); i++) {
      at.set(names[depth], i)
      visit(depth + 1)
    }
  }
  visit(0)
  return tensor(total, { shape })
}

const size: Record<string, number> = { i: 2, j: 3, k: 4, l: 5, b: 2, h: 3, q: 4, t: 2, d: 3, r: 5 }
const make = (axes: string, seed: number): Tensor =>
  randomTensor(
    [...axes].map((axis) => size[axis]),
    seed,
  )

const equations = [
  "ij,jk->ik",
  "ij,jk->ki",
  "ji,kj->ik",
  "ij,ij->ij",
  "ij,ij->",
  "ij,ij->i",
  "i,j->ij",
  "i,j->ji",
  "i,i->",
  "bij,bjk->bik",
  "bij,jk->bik",
  "bqhd,bkhd->bhqk",
  "bhqk,bkhd->bqhd",
  "tqk,qkdr->tqdr",
  "ijk,jil->lk",
  "ijk,l->kl",
  "ij,->ji",
  "ijk->ki",
  "ijk->",
  "ij->ij",
]

test.each(equations)("%s against loops", (equation) => {
  const [left, output] = equation.split("->")
  const inputs = left.split(",")
  const tensors = inputs.map((axes, i) => make(axes, i + 1))
  const expected = plain(inputs, output, tensors)
  expectClose(einsum(equation, ...tensors), expected, { relative: 1e-12 })
  for (const name of otherDevices)
    useDevice(name, () => {
      const single = tensors.map((t) => t.cast("f32"))
      expectClose(jit((...xs: Tensor[]) => einsum(equation, ...xs))(...single), expected.cast("f32"), {
        relative: 1e-5,
      })
    })
  checkGradient((...xs) => einsum(equation, ...xs), tensors)
})

describe("forms", () => {
  const [a, b] = [make("ij", 1), make("jk", 2)]
  test("without an arrow: what occurs once, in alphabetical order", () => {
    expectClose(einsum("ij,jk", a, b), a.matmul(b))
    expectClose(einsum("kj,ij", b.T, a), a.matmul(b)) // i before k
    expectClose(einsum("ba", a), a.T)
  })
  test("leading axes behind dots, spaces", () => {
    const [x, y] = [randomTensor([5, 2, 2, 3], 1), randomTensor([5, 2, 3, 4], 2)]
    expectClose(einsum("...ij, ...jk -> ...ik", x, y), x.matmul(y))
    expectClose(einsum("...ij,jk->...ik", x, b), x.matmul(b))
    expectClose(einsum("i...->...i", x), x.transpose([1, 2, 3, 0]))
    expectClose(einsum("...ij->...", x), x.sum([2, 3]))
    expectClose(einsum("...ij,...jk", x, y), x.matmul(y))
  })
  test("vmap against a loop", () => {
    checkVmap(
      (p, q) => einsum("ij,jk->ki", p, q),
      [examples(3, (s) => make("ij", s)), examples(3, (s) => make("jk", s), 7)],
    )
  })
})

test("errors", () => {
  const a = make("ij", 1)
  expect(() => einsum("ij,jk->ik", a, a)).toThrow(/the axis j has size 3 in \[2, 3\] and 2 in \[2, 3\]/)
  expect(() => einsum("ijk->i", a)).toThrow(/"ijk" names 3 axes of \[2, 3\], which has 2/)
  expect(() => einsum("ii->i", a)).toThrow(/names an axis twice/)
  expect(() => einsum("ij->ik", a)).toThrow(/the axis k of the result is new/)
  expect(() => einsum("ij->ii", a)).toThrow(/the axis i of the result is named twice/)
  expect(() => einsum("ij,jk->ik", a)).toThrow(/has 2 operands, 1 were given/)
  expect(() => einsum("ij,jk,kl->il", a, a, a)).toThrow(/it takes one or two|3 operands/)
  expect(() => einsum("i;j", a)).toThrow(/is not an equation/)
  expect(() => einsum("i.j->i", a)).toThrow(/is not an equation/)
})
