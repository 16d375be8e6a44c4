import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { grad, jit, scan, type Tensor, tensor, vmap } from "../index.ts"
import { checkVmap, examples, expectClose, randomTensor } from "../testing.ts"

useDevice("reference")

describe("vmap", () => {
  test("axes: any axis, shared arguments, trees", () => {
    const [a, b] = [randomTensor([3, 4], 1), randomTensor([4, 3], 2)]
    const f = (x: Tensor, y: Tensor): Tensor => x.mul(2).add(y)
    expectClose(vmap(f, { axes: [0, 1] })(a, b), a.mul(2).add(b.T))
    expectClose(vmap(f, { axes: [1, -2] })(a, b), a.T.mul(2).add(b))
    expectClose(vmap(f, { axes: [0, null] })(a, b.at(0, 1)), a.mul(2).add(b.at(0, 1)))
    const tree = vmap((t: { x: Tensor; label: string }, y: Tensor) => ({ z: t.x.sum().add(y), label: t.label }))(
      { x: a, label: "kept" },
      b.T.at(0, 1),
    )
    expect(tree.label).toBe("kept")
    expectClose(tree.z, a.sum(1).add(b.T.at(0, 1)))
  })

  test("a result that does not depend on the mapped arguments is repeated", () => {
    const y = vmap((_: Tensor) => tensor([1, 2]))(tensor([5, 6, 7]))
    expect(y.toList()).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ])
  })

  test("nested", () => {
    const x = randomTensor([2, 3, 4], 1)
    expectClose(vmap(vmap((v: Tensor) => v.softmax()))(x), x.softmax(-1), { relative: 1e-12 })
    expectClose(
      vmap(
        vmap((u: Tensor, v: Tensor) => u.mul(v).sum(), { axes: [null, 0] }),
        { axes: [0, null] },
      )(x.at(0), x.at(1)),
      x.at(0).matmul(x.at(1).T),
      { relative: 1e-12 },
    )
  })

  test("of scan, with constants, carries and xs mapped or shared", () => {
    const f = (xs: Tensor, w: Tensor, c: Tensor): Tensor[] =>
      scan((h: Tensor, x: Tensor) => [h.matmul(w).add(x).tanh(), h.sum()], c, xs).flat()
    checkVmap(f, [
      examples(3, (s) => randomTensor([4, 2], s)),
      examples(3, (s) => randomTensor([2, 2], s), 5),
      examples(3, (s) => randomTensor([2], s), 9),
    ])
  })

  test("of the gradient through scan; gradient of vmap", () => {
    const f = (xs: Tensor, w: Tensor): Tensor =>
      scan((h: Tensor, x: Tensor) => [h.mul(w).add(x).tanh(), undefined], w.mul(0), xs)[0].sum()
    const inputs = [examples(3, (s) => randomTensor([4, 2], s)), examples(3, (s) => randomTensor([2], s), 5)]
    checkVmap((x, w) => grad((both: Tensor[]) => f(both[0], both[1]))([x, w]), inputs)
    const shared = inputs[1].at(0)
    const all = jit(grad((w: Tensor) => vmap(f, { axes: [0, null] })(inputs[0], w).sum()))(shared)
    const parts = [0, 1, 2].map((i) => grad((w: Tensor) => f(inputs[0].at(i), w))(shared))
    expectClose(all, parts[0].add(parts[1]).add(parts[2]), { relative: 1e-12 })
  })

  test("the Jacobian by vmap of grad", () => {
    const w = randomTensor([3, 4], 1)
    const f = (x: Tensor): Tensor => w.matmul(x).tanh()
    const rows = vmap((i: Tensor, x: Tensor) => grad((v: Tensor) => f(v).take(i))(x), { axes: [0, null] })
    const x = randomTensor([4], 2)
    const jacobian = rows(tensor([0, 1, 2], { dtype: "i32" }), x)
    const y = f(x)
    expectClose(jacobian, y.mul(y).neg().add(1).reshape([3, 1]).mul(w), { relative: 1e-12 })
  })

  test("errors", () => {
    expect(() => vmap((x: Tensor, y: Tensor) => x.add(y))(tensor([1, 2]), tensor([1, 2, 3]))).toThrow(
      /axes of different sizes: \[2\], \[3\]/,
    )
    expect(() => vmap((x: Tensor) => x, { axes: [null] })(tensor([1]))).toThrow(/nothing to map over/)
    expect(() => vmap((x: Tensor) => x)(tensor(1))).toThrow(/vmap/)
    expect(() => vmap((x: Tensor) => x, { axes: [2] })(tensor([1]))).toThrow(/axis 2 does not exist/)
  })
})
