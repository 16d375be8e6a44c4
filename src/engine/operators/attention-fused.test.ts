import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { useDevice } from "../devices/device.ts"
import { attention, count, grad, jit, jvp, type Tensor, vmap } from "../index.ts"
import { allDevices, checkThreads, expectClose, moved, randomTensor } from "../testing.ts"

useDevice("reference")

interface Sizes {
  readonly lead: number[]
  readonly queries: number
  readonly keys: number
  readonly depth: number
  readonly width: number
  readonly causal: boolean
  readonly mask: "none" | "whole" | "keys"
  /** Rows of q, k and v lie apart, as those of heads do. */
  readonly apart: boolean
}

/** The operands in f64, for which attention is composed: the oracle; and the mask. */
function operandsOf({ lead, queries, keys, depth, width, mask }: Sizes): [Tensor[], Tensor | undefined] {
  const make = (rows: number, columns: number, seed: number): Tensor => randomTensor([...lead, rows, columns], seed)
  const own = [make(queries, depth, 1), make(keys, depth, 2), make(keys, width, 3), make(queries, width, 4)]
  const shape = mask === "whole" ? [...lead, queries, keys] : [keys]
  return [own, mask === "none" ? undefined : randomTensor(shape, 5, { from: 0, to: 1 }).gt(0.4)]
}

/** The result and the gradients of <result, g>. */
const all = ([q, k, v, g]: readonly Tensor[], mask: Tensor | undefined, { causal, apart }: Sizes): Tensor[] => {
  // Rows lie apart where their order was changed: [..., rows, n] seen through the transpose of what holds them otherwise.
  const swap = (x: Tensor): Tensor => {
    const order = [...Array(x.rank).keys()]
    ;[order[0], order[x.rank - 2]] = [order[x.rank - 2], order[0]]
    return x.transpose(order)
  }
  const seen = (x: Tensor): Tensor => (apart && x.rank > 2 ? swap(swap(x).mul(1)) : x)
  const run = ([a, b, c]: Tensor[]): Tensor => attention(seen(a), seen(b), seen(c), { causal, mask, scale: 1.3 })
  return [run([q, k, v]), ...grad((p: Tensor[]) => run(p).mul(g).sum())([q, k, v])]
}

function expectAsComposed(sizes: Sizes): void {
  const [own, mask] = operandsOf(sizes)
  const expected = all(own, mask, sizes)
  for (const name of allDevices)
    useDevice(name, () => {
      const given = own.map((x) => moved(x).cast("f32"))
      const hidden = mask && moved(mask)
      const found = jit((...xs: Tensor[]) => all(xs, hidden, sizes))(...given)
      found.forEach((y, i) => {
        expectClose(y.cast("f64"), expected[i], { relative: 1e-4, absolute: 2e-5 }, `${name}, result ${i}`)
      })
    })
}

describe("against the composed form", () => {
  const size = (max: number) => fc.integer({ min: 1, max })
  const sizes = fc.record<Sizes>({
    lead: fc.array(size(3), { maxLength: 2 }),
    queries: size(60),
    keys: size(110),
    depth: size(18),
    width: size(18),
    causal: fc.boolean(),
    mask: fc.constantFrom("none", "whole", "keys"),
    apart: fc.boolean(),
  })
  test("any sizes", () => {
    fc.assert(fc.property(sizes, expectAsComposed), { numRuns: 40 })
  })

  const usual: Sizes = {
    lead: [2],
    queries: 50,
    keys: 50,
    depth: 64,
    width: 64,
    causal: true,
    mask: "none",
    apart: true,
  }
  test.each<[string, Partial<Sizes>]>([
    ["heads of 64", {}],
    ["heads of 8, all keys", { depth: 8, width: 8, causal: false }],
    ["one query", { queries: 1, keys: 129, depth: 33 }],
    ["two queries with a mask", { queries: 2, keys: 70, mask: "whole" }],
    ["more queries than keys, the first of which see none", { queries: 60, keys: 13 }],
    ["a long head in parts", { lead: [], queries: 205, keys: 591, depth: 5, width: 7 }],
    ["two long heads in parts, all keys", { queries: 50, keys: 800, depth: 5, width: 7, causal: false }],
    ["a single key", { keys: 1, causal: false }],
  ])("%s", (_, own) => {
    expectAsComposed({ ...usual, ...own })
  })
})

test("large scores, and queries that see nothing", () => {
  for (const name of allDevices)
    useDevice(name, () => {
      const make = (rows: number, seed: number): Tensor => randomTensor([rows, 8], seed, { dtype: "f32" })
      for (const queries of [2, 30]) {
        const [q, k, v] = [make(queries, 1).mul(1e3), make(60, 2), make(60, 3)]
        const y = attention(q, k, v)
        expectClose(y, attention(q.cast("f64"), k.cast("f64"), v.cast("f64")).cast("f32"), { relative: 1e-3 }, name)
        const mask = randomTensor([queries, 1], 4).gt(2)
        const run = (p: Tensor[]): Tensor => attention(p[0], p[1], p[2], { mask })
        const gradients = grad((p: Tensor[]) => run(p).square().sum())([q, k, v])
        for (const x of [run([q, k, v]), ...gradients]) expect(x.array().every((n) => n === 0)).toBe(true)
      }
    })
})

test.each(allDevices)("second derivatives, jvp and vmap on %s", (name) => {
  const own = [randomTensor([9, 5], 1), randomTensor([11, 5], 2), randomTensor([11, 4], 3)]
  const loss = (p: Tensor[]): Tensor => attention(p[0], p[1], p[2], { causal: true }).square().sum()
  const programs: ((p: Tensor[]) => Tensor[])[] = [
    (p) => grad((x: Tensor[]) => grad(loss)(x).reduce((sum, g) => sum.add(g.square().sum()), loss(x)))(p),
    (p) => jvp(loss, [p], [p.map((x) => x.mul(0.3))]),
    (p) => jvp((x: Tensor[]) => grad(loss)(x), [p], [p.map((x) => x.add(1))]).flat(),
    (p) =>
      grad((x: Tensor[]) =>
        vmap((q: Tensor) => attention(q, x[1], x[2]))(x[0].reshape([3, 3, 5]))
          .exp()
          .sum(),
      )(p),
  ]
  for (const program of programs) {
    const expected = program(own)
    useDevice(name, () => {
      const found = jit(program)(own.map((x) => moved(x).cast("f32")))
      found.forEach((y, i) => {
        expectClose(y.cast("f64"), expected[i], { relative: 1e-3, absolute: 1e-4 })
      })
    })
  }
})

test("counted: the products of the pairs that causality leaves", () => {
  const [q, k, v] = [randomTensor([2, 3, 8], 1), randomTensor([2, 5, 8], 2), randomTensor([2, 5, 4], 3)].map((x) =>
    x.cast("f32"),
  )
  expect(count((a: Tensor) => attention(a, k, v), q).multiplyAdds).toBe(2 * 15 * 12)
  expect(count((a: Tensor) => attention(a, k, v, { causal: true }), q).multiplyAdds).toBe(2 * 12 * 12)
})

describe("threads", () => {
  test.each<[string, Partial<Sizes>]>([
    ["five heads", { lead: [5] }],
    ["one head", { lead: [1], queries: 250, keys: 250 }],
    ["one long head in parts", { lead: [], queries: 411, keys: 587, depth: 8, width: 5 }],
    ["one query", { lead: [5], queries: 1, keys: 700 }],
  ])("the same bits on 1, 2 and 3: %s", async (_, own) => {
    const sizes: Sizes = {
      lead: [],
      queries: 100,
      keys: 131,
      depth: 40,
      width: 36,
      causal: true,
      mask: "whole",
      apart: true,
      ...own,
    }
    await checkThreads(() => {
      const [given, mask] = operandsOf(sizes)
      return jit((...xs: Tensor[]) => all(xs, mask, sizes))(...given.map((x) => x.cast("f32")))
    })
  })
})
