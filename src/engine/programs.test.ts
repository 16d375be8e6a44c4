import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { simplify } from "./compile/simplify.ts"
import { type DeviceName, useDevice } from "./devices/device.ts"
import { evaluateGraph } from "./devices/reference.ts"
import { evalShape, grad, jit, scan, stack, Tensor, tensor, vmap } from "./index.ts"
import { expectClose, moved, otherDevices } from "./testing.ts"
import { programInputs, type RandomProgram, randomPrograms, runProgram } from "./testing-programs.ts"

/** `FC_SEED=... FC_RUNS=...` tries other programs, and more. */
const seed = Number(process.env.FC_SEED ?? 20)
const runs = Number(process.env.FC_RUNS ?? 1)
const tolerance = { relative: 2e-3, absolute: 2e-4 }

function property(
  options: { smooth?: boolean; longest?: number; runs: number },
  check: (program: RandomProgram, salt: number) => void,
): void {
  fc.assert(fc.property(randomPrograms(options), fc.nat(1000), check), {
    seed,
    numRuns: Math.ceil(options.runs * runs),
    endOnFailure: false,
  })
}

const onReference = <T>(body: () => T): T => useDevice("reference", body)

function compare(what: string, actual: readonly Tensor[], expected: readonly Tensor[]): void {
  expect(actual.length, what).toBe(expected.length)
  actual.forEach((y, i) => {
    expectClose(y, expected[i], tolerance, `${what}, result ${i}`)
  })
}

/** Inputs of three programs, stacked, for scans and maps over them. */
function stackedInputs(program: RandomProgram, salt: number, length: number): { each: Tensor[][]; stacked: Tensor[] } {
  const each = Array.from({ length }, (_, n) => programInputs(program, salt + 100 * n))
  return { each, stacked: each[0].map((_, k) => stack(each.map((inputs) => inputs[k]))) }
}

const scanned =
  (program: RandomProgram) =>
  (xs: Tensor[]): Tensor[] =>
    scan((count: Tensor, inputs: Tensor[]) => [count.add(1), runProgram(program, inputs)], tensor(0), xs)[1]

/** Gradients of the mean of all results with respect to the floats. */
const gradients =
  (program: RandomProgram) =>
  (inputs: Tensor[]): Tensor[] => {
    const floats = inputs.slice(0, -1)
    const loss = (own: Tensor[]): Tensor =>
      runProgram(program, [...own, inputs[inputs.length - 1]])
        .map((y) => y.mean())
        .reduce((a, b) => a.add(b))
    return grad(loss)(floats)
  }

describe("random programs on the reference device", () => {
  test("compiled as eagerly", () => {
    property({ runs: 150 }, (program, salt) =>
      onReference(() => {
        const inputs = programInputs(program, salt)
        compare("compiled", jit((xs: Tensor[]) => runProgram(program, xs))(inputs), runProgram(program, inputs))
      }),
    )
  })

  test("the simplified graph as the traced one, to the last digits", () => {
    property({ runs: 100 }, (program, salt) =>
      onReference(() => {
        const inputs = programInputs(program, salt)
        const { graph } = evalShape((xs: Tensor[]) => [...runProgram(program, xs), ...gradients(program)(xs)], inputs)
        const hosts = inputs.map((x) => x.host())
        // Tensors that the program closed over come first: there are none here.
        expect(graph.inputs.length).toBe(inputs.length)
        const expected = evaluateGraph(graph, hosts)
        const simplified = simplify(graph)
        expect(simplified.outputs.map((v) => v.type.shape)).toEqual(graph.outputs.map((v) => v.type.shape))
        evaluateGraph(simplified, hosts).forEach((y, i) => {
          expectClose(Tensor.from(y), Tensor.from(expected[i]), { relative: 1e-4, absolute: 1e-5 }, `result ${i}`)
        })
      }),
    )
  })

  test("inside a scan as in a loop", () => {
    property({ runs: 80 }, (program, salt) =>
      onReference(() => {
        const { each, stacked } = stackedInputs(program, salt, 1 + (salt % 3))
        const rows = each.map((inputs) => runProgram(program, inputs))
        const expected = rows[0].map((_, k) => stack(rows.map((row) => row[k])))
        compare("scanned", scanned(program)(stacked), expected)
        compare("scanned, compiled", jit(scanned(program))(stacked), expected)
      }),
    )
  })

  test("mapped as in a loop", () => {
    property({ runs: 80, longest: 6 }, (program, salt) =>
      onReference(() => {
        const { each, stacked } = stackedInputs(program, salt, 2)
        const rows = each.map((inputs) => runProgram(program, inputs))
        const expected = rows[0].map((_, k) => stack(rows.map((row) => row[k])))
        compare("mapped", vmap((xs: Tensor[]) => runProgram(program, xs))(stacked), expected)
      }),
    )
  })

  test("gradients: compiled as eagerly; of a scan as the sum over a loop", () => {
    property({ runs: 60, smooth: true, longest: 6 }, (program, salt) =>
      onReference(() => {
        const { each, stacked } = stackedInputs(program, salt, 2)
        const expected = each.map((inputs) => gradients(program)(inputs))
        compare("compiled", jit(gradients(program))(each[0]), expected[0])
        const floats = stacked.slice(0, -1)
        const loss = (own: Tensor[]): Tensor =>
          scanned(program)([...own, stacked[stacked.length - 1]])
            .map((y) => y.mean().mul(2))
            .reduce((a, b) => a.add(b))
        const rows = expected[0].map((_, k) => stack(expected.map((row) => row[k])))
        compare("through the scan", jit(grad(loss))(floats), rows)
      }),
    )
  })
})

describe.each(otherDevices)("random programs on %s as on the reference device", (device: DeviceName) => {
  const both = (f: (inputs: Tensor[]) => Tensor[], inputs: Tensor[], what: string): void => {
    const expected = onReference(() => jit(f)(inputs))
    useDevice(device, () => {
      compare(what, jit(f)(inputs.map(moved)), expected)
    })
  }

  test("compiled, and eagerly", () => {
    property({ runs: 120 }, (program, salt) => {
      const inputs = onReference(() => programInputs(program, salt))
      both((xs) => runProgram(program, xs), inputs, "compiled")
      if (salt % 4 !== 0) return
      const expected = onReference(() => runProgram(program, inputs))
      useDevice(device, () => compare("eagerly", runProgram(program, inputs.map(moved)), expected))
    })
  })

  test("inside a scan of one to three steps", () => {
    property({ runs: 80 }, (program, salt) => {
      const { stacked } = onReference(() => stackedInputs(program, salt, 1 + (salt % 3)))
      both(scanned(program), stacked, "scanned")
    })
  })

  test("gradients", () => {
    property({ runs: 60, smooth: true, longest: 6 }, (program, salt) => {
      const inputs = onReference(() => programInputs(program, salt))
      both(gradients(program), inputs, "gradients")
    })
  })

  test("gradients through a scan", () => {
    property({ runs: 40, smooth: true, longest: 5 }, (program, salt) => {
      const { stacked } = onReference(() => stackedInputs(program, salt, 1 + (salt % 3)))
      const f = (xs: Tensor[]): Tensor[] => {
        const loss = (own: Tensor[]): Tensor =>
          scanned(program)([...own, xs[xs.length - 1]])
            .map((y) => y.mean())
            .reduce((a, b) => a.add(b))
        return grad(loss)(xs.slice(0, -1))
      }
      both(f, stacked, "gradients of a scan")
    })
  })
})
