import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { grad, key, normal, type Tensor, useDevice } from "../../engine/index.ts"
import {
  backwardOf,
  codomainOf,
  compileTerm,
  difference,
  domainOf,
  drawTerm,
  type Morphism,
  type ParameterValues,
  parseSvg,
  parseTerm,
  printTerm,
  randomTerm,
  randomValues,
  sameTerm,
} from "./index.ts"
import { shapeOf } from "./terms.ts"

/** The gradients of a term's real inputs by the engine: of the sum of its results times the seeds. */
function byEngine(
  term: Morphism,
  values: ParameterValues,
  inputs: readonly Tensor[],
  seeds: readonly Tensor[],
): Tensor[] {
  const run = compileTerm(term, values)
  const wanted = domainOf(term).flatMap((a, i) => (a.kind === "real" ? [i] : []))
  const whole = (own: Tensor[]): Tensor =>
    run(...inputs.map((x, i) => (wanted.includes(i) ? own[wanted.indexOf(i)] : x)))
      .filter((_, i) => codomainOf(term)[i].kind === "real")
      .map((y, i) => y.mul(seeds[i]).sum())
      .reduce((a, b) => a.add(b))
  return grad(whole)(wanted.map((i) => inputs[i]))
}

function check(term: Morphism, seed = 1, tolerance = 1e-5): string {
  return useDevice("reference", () => {
    const { inputs, parameters } = randomValues(term, seed)
    const seeds = codomainOf(term)
      .filter((a) => a.kind === "real")
      .map((a, i) => normal(key(seed * 7 + i), shapeOf(a)))
    const backward = backwardOf(term)
    const expected = byEngine(term, parameters, inputs, seeds)
    const given = compileTerm(backward, parameters)(...inputs, ...seeds)
    expect(given.length).toBe(expected.length)
    expected.forEach((g, i) => expect(difference(g, given[i])).toBeLessThan(tolerance))
    const text = printTerm(backward)
    expect(sameTerm(parseTerm(text), backward)).toBe(true)
    expect(sameTerm(parseSvg(drawTerm(backward)), backward)).toBe(true)
    return text
  })
}

describe("backward: the gradients of the engine", () => {
  test("random terms", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => void check(randomTerm(seed), seed)),
      { numRuns: 60 },
    )
  })

  test.each([
    [
      "learned maps and their mirror images",
      "let y=5 m=6 k=4\nbold L + : y m -> y k ;\ntanh : y k -> y k",
      'linear {"mirrored":true}',
    ],
    ["an inner product has its two partners", "let y=5 x=3 k=4\neinsum : y k, x k -> y x", "einsum : y x, x k -> y k"],
    ["softmax over two axes", "let y=5 x=3 k=2\nsoftmax[x k] : y x k -> y x k", "sub(a,c)"],
    ["extremes, shared where they are equal", "let y=5 x=3\nrelu : y x -> y x ;\nmax[x] : y x -> y", "eq(a,b)"],
    [
      "windows with stride and dilation",
      'let x=9 u=3 w=3 k=2 b=2\neinsum {"padding":0} : b x[2u+2w-1] k, w k -> b u k',
      "put[",
    ],
    ["diagonals and fixed places", "let x=4 y=4 k=3\neinsum : x y[x] k[1] -> x", "put["],
    ["rows at indices", "let n=5 i=4 k=3\nindex[n] : n k, i:natural -> i k", '"of":"index"'],
    ["sums that are repeated", "let y=5 x=3\nadd : y x, x -> y x", "einsum : y x -> x"],
    ["a repeated block", 'let y=3\nblock "layer" x3 {\n  sin : y -> y\n}', "cos(b)"],
    ["a choice", 'let y=3\nchoice "if" {\n  [0,0] : y ;\n  exp : y -> y | tanh : y -> y\n}', 'choice "∂ if"'],
    [
      "a scan, its constants too",
      'let t=5 y=3\nscan t constants 1 carries 1 "scan" {\n  map[tanh(add(mul(a,b),c))] : y, y, y -> y ;\n  [0,0] : y\n}',
      "scan t reverse constants 1 carries 2",
    ],
  ])("%s", (_, text, part) => {
    expect(check(parseTerm(text))).toContain(part)
  })

  test("elementwise functions take one operation an index", () => {
    expect(check(parseTerm("let y=5 x=3\ntanh : y x -> y x"))).toMatch(/^map\[.*\] : y x, y x -> y x$/m)
  })

  test("what has no gradient says so", () => {
    expect(() => backwardOf(parseTerm("let y=2\nF : y -> y"))).toThrow("the box F has no gradient")
    expect(() => backwardOf(parseTerm('let y=2\ncustom "spike" {\n  relu : y -> y\n}'))).toThrow(/gradient of its own/)
  })
})
