import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { jit, key, normal, useDevice } from "../../engine/index.ts"
import {
  compileTerm,
  difference,
  domainOf,
  drawTerm,
  fusions,
  inspectDrawing,
  lawDifference,
  ownAxes,
  parametersIn,
  parseSvg,
  parseTerm,
  peakOf,
  printTerm,
  randomTerm,
  sameTerm,
  spaceOfTerm,
  tiledAxes,
  timeOfTerm,
} from "./index.ts"
import { boxesOf } from "./terms.ts"

const attention = `let y=5 x=3 k=4 h=2 m=6
bold Q : y m -> y k h | bold K + : x m -> x k h | bold V : x m -> x k h ;
einsum : y k h, x k h -> y x h | id : x k h ;
map[mul(a,0.5)] : y x h -> y x h | id : x k h ;
softmax[x] : y x h -> y x h | id : x k h ;
einsum : y x h, x k h -> y k h ;
bold O : y k h -> y m`

const seeds = fc.integer({ min: 0, max: 1e6 })

describe("there and back", () => {
  test("random terms as text", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const term = randomTerm(seed)
        expect(sameTerm(parseTerm(printTerm(term)), term)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  test("random terms as pictures, in which every word can be read", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const term = randomTerm(seed)
        const svg = drawTerm(term)
        expect(drawTerm(term)).toBe(svg)
        expect(sameTerm(parseSvg(svg), term)).toBe(true)
        expect(inspectDrawing(svg)).toMatchObject({ overlappingLabels: 0, wiresThroughBoxes: 0 })
      }),
      { numRuns: 60 },
    )
  })

  test("rows that are broken", () => {
    const term = parseTerm(attention)
    for (const width of [200, 300, 500]) {
      const svg = drawTerm(term, { width })
      expect(svg).toContain('class="stub end"')
      expect(sameTerm(parseSvg(svg), term)).toBe(true)
    }
  })

  test("more than 5,000 boxes are drawn by their blocks, with a notice", () => {
    const inner = Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? "sin : y -> y" : "tanh : y -> y")).join(" ;\n")
    const blocks = Array.from({ length: 18 }, (_, i) => `block "part ${i}" {\n${inner}\n}`).join(" ;\n")
    for (const text of [blocks, Array(18).fill(inner).join(" ;\n")]) {
      const svg = drawTerm(parseTerm(`let y=3\n${text}`))
      expect(svg).toContain("5,400 boxes: only their blocks are drawn")
      expect(svg).toMatch(/part 17 \(300 boxes\)|columns 1 to \d+/)
      expect(svg.length).toBeLessThan(400_000)
      expect([...boxesOf(parseSvg(svg))].length).toBeLessThan(600)
    }
  })

  test("the picture holds no script and nothing of the term but its marks", () => {
    const svg = drawTerm(parseTerm(attention))
    expect(svg).not.toMatch(/<script|foreignObject|<metadata/)
    expect(svg).not.toContain("softmax[x]")
    expect(svg).toContain('role="img"')
  })

  test("a wire that was moved away from its port is named", () => {
    const svg = drawTerm(parseTerm("let y=2 x=3\nsoftmax[x] : y x -> y x"))
    const broken = svg.replace(/(<path class="wire" d="M20 \d+H)(\d+)/, (_, head, x) => `${head}${Number(x) - 3}`)
    expect(() => parseSvg(broken)).toThrow(/the wire y ends nowhere, at \(/)
    expect(() => parseSvg("<svg><path/></svg>")).toThrow(/no neural circuit diagram/)
  })
})

const failing = (text: string): { message: string; where: string | undefined } => {
  try {
    parseTerm(text)
  } catch (error) {
    return error as never
  }
  throw new Error("it was read")
}

describe("errors of a text", () => {
  test("unknown operations, axes without a size, an axis of two sizes", () => {
    expect(failing("let y=2\nsoftmx[y] : y -> y")).toMatchObject({
      message: 'there is no operation "softmx"',
      hint: "did you mean softmax?",
      where: "the term, line 2, column 1",
    })
    expect(failing("relu : q -> q").message).toBe("the axis q has no size")
    expect(failing("let y=2 y=3\nrelu : y -> y").message).toBe(
      "the axis y has size 2 at line 1, column 5 and 3 at line 1, column 9",
    )
  })

  test("tuples that do not fit stand under one another, the first difference marked", () => {
    const { message } = failing("let y=2 x=3 k=4\nrelu : y x -> y x ;\nrelu : y k -> y k")
    const [, above, below, mark] = message.split("\n")
    expect(above).toBe("  gives  y x (2×3)")
    expect(below).toBe("  takes  y k (2×4)")
    expect(mark.indexOf("^")).toBe(above.indexOf("x"))
  })

  test("a place that leaves its axis", () => {
    expect(failing("let x=4 u=4 w=2\neinsum : x[u+w] -> u").message).toBe(
      "einsum reads index 4 of the axis x, which has size 4",
    )
  })
})

describe("wildcards", () => {
  const text = `let y=5 h=2 a=3 d=4 b=6
sin : y h a -> y h a | id : d ;
* H : * a, d -> * b ;
* softmax[b] : * b -> * b ;
block "more" {
  relu : * -> *
}`

  test("a star stands for the axes that come in", () => {
    expect(printTerm(parseTerm(text))).toContain("softmax[b] : y h b -> y h b ;")
    expect(printTerm(parseTerm(text))).toContain("H[a d b] : y h a, d -> y h b")
    expect(printTerm(parseTerm(text))).toContain("  relu : y h b -> y h b")
    const learned = "let y=5 h=2 m=3 k=4\nsin : y h m -> y h m ;\n* bold W + : * m -> k *"
    expect(printTerm(parseTerm(learned))).toContain("bold W + : y h m -> k y h")
  })

  test("what it does not fit is told with both", () => {
    expect(failing(text.replace("* a, d", "* d, d")).message).toBe("the tuples differ\n  gives  y h a\n  takes  * d")
    expect(failing("let b=2\n* F : * b -> * b")).toMatchObject({ message: "it is not known what * stands for" })
    const two = "let y=2 x=3 k=4\nsin : y k -> y k | sin : x k -> x k ;\nadd : * k, * k -> *"
    expect(failing(two).message).toBe("* stands for different axes\n  before  y\n  here    x")
    expect(failing("let b=2\n* relu : b -> b").message).toBe("no array says where the axes of * are")
  })
})

/** A box by its definition: for every index of the outputs a sum over all other indices, in double precision. */
test("contractions, windows and diagonals are the sums that they say", () => {
  const term = parseTerm(
    "let x=7 u=3 w=3 k=4 n=4\neinsum : x[2u+w-0] k, k n[k] -> n u k"
      .replace("-0", "")
      .replace("n[k] -> n", "n[k] -> w"),
  )
  const [a, b] = [normal(key(1), [7, 4]), normal(key(2), [4, 4])]
  const [y] = compileTerm(term)(a, b)
  const [p, q] = [a.toList() as number[][], b.toList() as number[][]]
  const expected = [0, 1, 2].map((w) => [0, 1, 2].map((u) => [0, 1, 2, 3].map((k) => p[2 * u + w][k] * q[k][k])))
  ;(y.toList() as number[][][]).flat(2).forEach((v, i) => expect(v).toBeCloseTo(expected.flat(2)[i], 5))
})

describe("laws", () => {
  test("an index before is the index after, on every tiled axis of random terms; a wrong one is found out", () => {
    useDevice("reference", () => {
      for (let seed = 0; seed < 25; seed++)
        for (const { box } of boxesOf(randomTerm(seed))) {
          const values = [...box.inputs, ...box.parameters].map((w, i) =>
            normal(
              key(seed * 9 + i),
              w.array.axes.map((a) => a.size),
            ),
          )
          const [inputs, parameters] = [values.slice(0, box.inputs.length), values.slice(box.inputs.length)]
          for (const axis of tiledAxes(box)) expect(lawDifference(box, inputs, parameters, axis)).toBeLessThan(1e-6)
          if (box.op === "softmax")
            for (const axis of ownAxes(box))
              if (axis.size > 1) expect(lawDifference(box, inputs, parameters, axis)).toBeGreaterThan(1e-3)
        }
    })
  })

  test("fusing linear operations keeps the function and stores less", () => {
    const term = parseTerm(`let y=5 x=3 k=4 h=2 k'=4
einsum : y k h -> h y k | einsum : x k[k'] h -> h x k' ;
einsum : h y k, h x k' -> h y k x k' ;
einsum : h y k x k'[k] -> h y x k ;
einsum : h y x k -> y x h`)
    const inputs = [normal(key(1), [5, 4, 2]), normal(key(2), [3, 4, 2])]
    const [before] = compileTerm(term)(...inputs)
    const steps = [...fusions(term)]
    expect(printTerm(steps.at(-1)!.term)).toContain("einsum : y k h, x k h -> y x h")
    for (const { term: one } of steps) expect(difference(before, compileTerm(one)(...inputs)[0])).toBeLessThan(1e-6)
  })
})

test("costs: polynomials in the sizes, and their values", () => {
  const term = parseTerm(attention)
  const time = timeOfTerm(term).multiplyAdds
  expect(time.value()).toBe(5 * 6 * 8 + 2 * (3 * 6 * 8) + 2 * (5 * 3 * 4 * 2) + 5 * 8 * 6)
  expect(`${time}`).toBe("2 h k m y + 2 h k m x + 2 h k x y")
  expect(time.value({ x: 6 })).toBe(time.value() + 3 * (2 * 6 * 8 + 2 * 5 * 4 * 2))
  expect(spaceOfTerm(term).sections.map((s) => s.value())).toEqual([66, 88, 54, 54, 54, 40, 30])
  expect(peakOf(term)).toBe(66 + 88)
})

test("a diagram is a function like any other: compiled, and differentiated by whoever calls it", () => {
  const term = parseTerm(attention)
  const parameters = Object.fromEntries(
    [...parametersIn(term)].map(([name, shape], i) => [name, normal(key(i), shape)]),
  )
  const inputs = domainOf(term).map((a, i) =>
    normal(
      key(20 + i),
      a.axes.map((x) => x.size),
    ),
  )
  const run = compileTerm(term, parameters)
  expect(difference(run(...inputs)[0], jit(run)(...inputs)[0])).toBeLessThan(1e-6)
  expect(() => compileTerm(term, {})(...inputs)).toThrow(/the parameter Q has no value/)
  expect(() => run(inputs[0])).toThrow(/takes 3 arrays, 1 were given/)
})
