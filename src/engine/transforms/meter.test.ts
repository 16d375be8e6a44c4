import { afterEach, expect, test } from "vitest"
import { asEvents, jit, Meter, ones, scan, type Tensor, tensor, useMeter, zeros } from "../index.ts"

afterEach(() => useMeter(undefined))

const spiking = (threshold: Tensor): ((x: Tensor, w: Tensor) => Tensor) =>
  jit((x: Tensor, w: Tensor) => {
    const [, y] = scan(
      (u: Tensor) => {
        const s = asEvents(u.ge(threshold).cast("f32"))
        return [u.add(1), s.matmul(w)]
      },
      x,
      undefined,
      { length: 4 },
    )
    return y.sum()
  })

test("counts every run of a compiled function, by shapes and by events", () => {
  const meter = new Meter()
  const dense = jit((a: Tensor, b: Tensor) => a.matmul(b))
  const events = spiking(tensor(2))
  dense(ones([3, 5]), ones([5, 7]))
  useMeter(meter)
  for (let i = 0; i < 3; i++) dense(ones([3, 5]), ones([5, 7]))
  expect(meter.total()).toMatchObject({ multiplyAdds: 3 * 105, accumulates: 0, spikes: 0 })
  // Of potentials that start at 0 and 1 the first fires in the steps 2 and 3, the second in 1, 2 and 3.
  for (let i = 0; i < 5; i++) events(tensor([[0, 1]]), zeros([2, 10]))
  expect(meter.total()).toMatchObject({ multiplyAdds: 3 * 105, accumulates: 5 * 5 * 10, spikes: 5 * 5 })
  expect(meter.programs).toEqual({ compiled: 2, runs: 8 })
  useMeter(undefined)
  dense(ones([3, 5]), ones([5, 7]))
  expect(meter.programs.runs).toBe(8)
})

test("measures events again as a program goes on running", () => {
  const meter = new Meter()
  useMeter(meter)
  const events = spiking(tensor(4))
  events(tensor([[0, 0]]), zeros([2, 10])) // run 1: silent
  events(tensor([[4, 4]]), zeros([2, 10])) // run 2: both fire in all four steps
  events(tensor([[0, 0]]), zeros([2, 10])) // run 3 is taken to be like run 2
  expect(meter.total().spikes).toBe(16)
})

test("arguments that are given away are counted before they are gone", () => {
  const meter = new Meter()
  useMeter(meter)
  const step = jit((x: Tensor) => asEvents(x.ge(1).cast("f32")).matmul(ones([3, 2])), { donate: [0] })
  step(tensor([[0, 1, 2]]))
  expect(meter.total()).toMatchObject({ accumulates: 4, spikes: 2 })
})
