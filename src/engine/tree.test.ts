import { describe, expect, test } from "vitest"
import { useDevice } from "./devices/device.ts"
import { flatten, leafNames, mapTree, type Tensor, tensor, unflatten } from "./index.ts"
import { structureKey } from "./tree.ts"

useDevice("reference")

class Model {
  weight = tensor([1, 2])
  parts = [{ bias: tensor(3) }, tensor(4)]
  readonly size = 2
  act = (x: Tensor): Tensor => x
  empty = {}
  nothing: Tensor | null = null
  doubled(): Tensor {
    return this.weight.mul(2)
  }
}

describe("trees", () => {
  test("leaves in the order of the fields, with their names", () => {
    const model = new Model()
    const { leaves } = flatten(model)
    expect(leaves.map((x) => x.toList())).toEqual([[1, 2], 3, 4])
    expect(leafNames(model)).toEqual(["weight", "parts.0.bias", "parts.1"])
    expect(leafNames(tensor(1))).toEqual([""])
    expect(
      flatten({
        data: new Float32Array(3),
        map: new Map([[1, tensor(1)]]),
        date: new Date(0),
        text: "x",
        none: undefined,
      }).leaves,
    ).toEqual([])
  })

  test("a round trip keeps class, methods, static values and what is not a tensor", () => {
    const model = new Model()
    const { leaves, structure } = flatten(model)
    const copy = unflatten(
      structure,
      leaves.map((x) => x.mul(10)),
    ) as Model
    expect(copy).toBeInstanceOf(Model)
    expect(copy.doubled().toList()).toEqual([20, 40])
    expect(copy.parts[1]).not.toBe(model.parts[1])
    expect([copy.size, copy.act, copy.nothing, copy.empty]).toEqual([2, model.act, null, {}])
    expect(Object.keys(copy)).toEqual(Object.keys(model))
    expect(model.weight.toList()).toEqual([1, 2])
  })

  test("mapTree, over several trees", () => {
    const sum = mapTree(
      (a, b, c) => a.add(b).mul(c),
      { x: tensor(1), rest: [tensor(2)] },
      { x: tensor(10), rest: [tensor(20)] },
      { x: tensor(2), rest: [tensor(3)] },
    )
    expect([sum.x.item(), sum.rest[0].item()]).toEqual([22, 66])
  })

  test("keys tell structures and static values apart", () => {
    const key = (tree: unknown): string => structureKey(flatten(tree).structure)
    const x = tensor(1)
    const different: unknown[] = [
      x,
      [x],
      [x, x],
      { x },
      { y: x },
      { x, n: 1 },
      { x, n: 2 },
      { x, n: "1" },
      { x, n: true },
      { x, n: null },
      { x, n: undefined },
      { x, n: 1n },
      new Model(),
      { x, f: () => 1 },
      { x, f: () => 2 },
      { x, n: [] },
      { x, n: {} },
      { x, n: -0 },
      { x, n: 0 },
      { "a:*,b": x },
      { a: x, b: x },
      { x, n: "a,b" },
      { x, n: "a", b: undefined },
    ]
    const keys = different.map(key)
    different.forEach((_, i) => {
      different.forEach((_, j) => {
        if (i < j) expect(keys[i] === keys[j], `${i} and ${j}: ${keys[i]}`).toBe(false)
      })
    })
    expect(key(new Model().parts)).toBe(key(new Model().parts))
    expect(key({ x, m: x })).toBe(key({ x: tensor([1, 2]), m: x }))
  })
})
