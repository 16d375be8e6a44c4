import { expect, test } from "vitest"
import { energyOf } from "./energy.ts"

const counts = {
  multiplyAdds: 1_000_000,
  accumulates: 2_000_000,
  other: 0,
  bytesRead: 8e6,
  bytesWritten: 0,
  spikes: 10,
}

test("operations times their energies", () => {
  const energy = energyOf(counts)
  expect(energy.arithmeticMicrojoules).toBeCloseTo(4.6 + 1.8, 10)
  expect(energy.memoryMicrojoules).toBeCloseTo(10, 10)
})

test("with a table of one's own", () => {
  const free = energyOf(counts, { multiplyAddPJ: 0, accumulatePJ: 8e-5 * 1e6, bytePJ: 0 })
  expect(free).toEqual({ arithmeticMicrojoules: 160, memoryMicrojoules: 0 })
})
