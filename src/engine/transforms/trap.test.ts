import { expect, test } from "vitest"
import { cond, jit, scan, type Tensor, tensor } from "../index.ts"

const trapped = (f: (x: Tensor) => unknown) => jit(f, { trapNaN: true })

test("the operator that makes NaN is named, with its shape and what it was given", () => {
  const f = trapped((x) => x.sub(2).log().mul(3).sum())
  expect(f(tensor([3, 4]))).toBeDefined()
  expect(() => f(tensor([3, 1]))).toThrow(/NaN came out of log f32 \[2\]/)
  try {
    f(tensor([3, 1]))
  } catch (error) {
    expect((error as { hint: string }).hint).toBe("its inputs lie between -1 and 1")
    expect((error as { where: string }).where).toMatch(/trap\.test\.ts:\d+/)
  }
})

test("inside a loop the step is named, inside a branch the branch", () => {
  const loop = trapped((x) => scan((u: Tensor, v: Tensor) => [u.sub(1), u.sqrt().add(v)], x, tensor([1, 2, 3, 4]))[1])
  expect(() => loop(tensor(1.5))).toThrow(/NaN came out of sqrt f32 \[\] at step 2 of 4 of a scan/)
  const branch = trapped((x) =>
    cond(
      x.lt(0),
      () => x.sqrt(),
      () => x,
    ),
  )
  expect(branch(tensor(4))).toBeDefined()
  expect(() => branch(tensor(-4))).toThrow(/sqrt f32 \[\] in a branch of cond/)
})

test("NaN in what a function was given is said to be there", () => {
  expect(() => trapped((x) => x.add(1))(tensor([Number.NaN]))).toThrow(/do not make/)
})
