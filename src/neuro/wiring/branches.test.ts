import { expect, test } from "vitest"
import { hostRandom, range } from "../../engine/index.ts"
import { drawnLines, interlaced, oneToOne, windows } from "./branches.ts"

test("one synapse a line routes nothing", () => {
  const routing = oneToOne(6, 3)
  expect(routing.synapses).toBe(6)
  const x = range(6).reshape([1, 6])
  expect(routing.route(x)).toBe(x)
  expect(() => oneToOne(14, 4)).toThrow(/14 input lines .* 4 branches of 3.50 synapses/)
})

test("excitatory and inhibitory lines in turn", () => {
  expect(interlaced(8)).toEqual([0, 4, 1, 5, 2, 6, 3, 7])
  expect(() => interlaced(7)).toThrow(/7 is odd/)
})

test("windows of the paper: 45 branches of 100 synapses over 1,278 lines, overlapping; the last reaches beyond the end", () => {
  const { synapses, lines, present } = windows(1278, 45, 100)
  expect(synapses).toBe(4500)
  const order = interlaced(1278)
  const stride = Math.ceil(1278 / 45) // 29
  for (const branch of [0, 1, 30])
    expect(lines?.slice(branch * 100, branch * 100 + 3)).toEqual(order.slice(branch * stride, branch * stride + 3))
  const heard = new Set(lines?.filter((_, i) => present?.[i] === 1))
  expect(heard.size).toBe(1278)
  // Branch 44 begins at 1,276: two lines, then nothing.
  expect(present?.slice(4400, 4404)).toEqual([1, 1, 0, 0])
})

test("a synapse that listens to nothing gets nothing", () => {
  const routing = windows(4, 2, 3)
  expect(routing.route(range(4).add(1).reshape([1, 4])).toList()).toEqual([[1, 3, 2, 2, 4, 0]])
})

test("lines that no window would reach are counted", () => {
  expect(() => windows(12, 3, 3)).toThrow(
    /3 of 12 input lines would be lost: 3 branches begin 4 lines apart and hear 3/,
  )
})

test("drawn lines: any, with repetitions, the same for a seed", () => {
  const { lines, present } = drawnLines(10, 200, hostRandom(2))
  expect(present).toBeUndefined()
  expect(new Set(lines).size).toBe(10)
  expect(drawnLines(10, 200, hostRandom(2)).lines).toEqual(lines)
})
