import { afterEach, expect, test } from "vitest"
import {
  asEvents,
  device,
  grad,
  jit,
  key,
  normal,
  Profile,
  scan,
  type Tensor,
  useDevice,
  useProfile,
} from "../index.ts"

afterEach(() => useProfile(undefined))

const w = normal(key(1), [300, 200])
const x = normal(key(2), [40, 300])

test("kernels of all programs, what they did, how often, for which line", () => {
  const profile = new Profile()
  useProfile(profile)
  const step = jit(
    (a: Tensor) => scan((c: Tensor) => [c.matmul(w).matmul(w.T).mul(1e-3), c.sum()], a, undefined, { length: 5 })[0],
  )
  for (let i = 0; i < 3; i++) step(x)
  useProfile(undefined)
  jit((a: Tensor) => a.exp().sum())(x)
  const kernels = profile.kernels()
  expect(profile.programs).toEqual({ compiled: 1, runs: 3 })
  const products = kernels.filter(({ work }) => work.startsWith("matmul"))
  expect(products.reduce((n, { calls }) => n + calls, 0)).toBe(2 * 5 * 3)
  const operations = products.reduce((n, k) => n + (k.operations ?? 0), 0)
  expect(operations).toBeGreaterThanOrEqual(2 * 2 * 40 * 300 * 200 * 15)
  expect(operations).toBeLessThan(2.1 * 2 * 40 * 300 * 200 * 15)
  for (const { where, ms, bytes } of products) {
    expect(where).toContain("profiling.test.ts:")
    expect(ms).toBeGreaterThan(0)
    expect(bytes).toBeGreaterThan(4 * 40 * 300 * 15)
  }
  expect(kernels.some(({ work }) => work.includes("exp"))).toBe(false)
})

test("a profiled program computes what it computes otherwise, on several threads too", async () => {
  const many = device("wasm", { threads: 2 })
  await many.ready()
  const loss = (a: Tensor): Tensor => a.matmul(w).tanh().square().sum()
  useDevice(many, () => {
    const plain = jit(grad(loss))(x)
    const profile = new Profile()
    useProfile(profile)
    const profiled = jit(grad(loss))(x)
    expect(profiled.array()).toEqual(plain.array())
    const before = profile.programs.runs
    x.add(1).sum().item()
    expect(profile.programs.runs).toBeGreaterThan(before)
  })
})

test("operations that depend on events are not made up", () => {
  const profile = new Profile()
  useProfile(profile)
  jit((a: Tensor) => asEvents(a).matmul(w))(x.gt(2).cast("f32"))
  const [events] = profile.kernels().filter(({ work }) => work.startsWith("matmul"))
  expect(events).toMatchObject({ calls: 1, operations: undefined })
})
