import { beforeAll, describe, expect, test } from "vitest"
import { type Device, device, jit, key, normal, type Tensor, useDevice } from "../../index.ts"
import { programs } from "./testing-threads.ts"

const devices = [1, 2, 3].map((threads) => device("wasm", { threads }))

beforeAll(async () => {
  await Promise.all(devices.map((d) => d.ready()))
})

const bits = (d: Device, program: () => Tensor): Uint8Array =>
  useDevice(d, () => new Uint8Array(jit(program)().array().buffer))

test.each(Object.keys(programs))("%s: the same bits on 1, 2 and 3 threads", (name) => {
  const [one, two, three] = devices.map((d) => bits(d, programs[name]))
  expect(Buffer.compare(one, two)).toBe(0)
  expect(Buffer.compare(one, three)).toBe(0)
})

describe("a thread's life", () => {
  test("programs follow one another and sleep between, thousands of times", async () => {
    useDevice(devices[1], () => {
      const step = jit((x: Tensor) => x.mul(0.5).add(1))
      let x = normal(key(1), [200, 200])
      for (let i = 0; i < 3000; i++) {
        const next = step(x)
        x.dispose()
        x = next
      }
      expect(x.array().every((v) => Math.abs(v - 2) < 1e-6)).toBe(true)
    })
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(bits(devices[1], programs.softmax)).toEqual(bits(devices[0], programs.softmax))
  })

  test("a number of threads that makes no sense is refused", () => {
    expect(() => device("wasm", { threads: 0 })).toThrow(/threads must be a whole number from 1 to 64, not 0/)
    expect(() => device("wasm", { threads: 1.5 })).toThrow(/not 1.5/)
  })
})

describe("strict numerics", () => {
  const strict = [1, 2, 3].map((threads) => device("wasm", { threads, numerics: "strict" }))

  test("the bits of a product are those of plain multiplications and additions, on any number of threads", async () => {
    await Promise.all(strict.map((d) => d.ready()))
    const [m, k, n] = [70, 300, 70]
    const [a, b] = useDevice(strict[0], () => [normal(key(1), [m, k]).array(), normal(key(2), [k, n]).array()])
    const expected = new Float32Array(m * n)
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let total = 0
        for (let l = 0; l < k; l++) total = Math.fround(total + Math.fround(a[i * k + l] * b[l * n + j]))
        expected[i * n + j] = total
      }
    for (const d of strict)
      expect(
        useDevice(d, () =>
          normal(key(1), [m, k])
            .matmul(normal(key(2), [k, n]))
            .array(),
        ),
      ).toEqual(expected)
  })

  test.each(Object.keys(programs))("%s: the same bits on 1, 2 and 3 threads", (name) => {
    const [one, two, three] = strict.map((d) => bits(d, programs[name]))
    expect(Buffer.compare(one, two)).toBe(0)
    expect(Buffer.compare(one, three)).toBe(0)
  })
})

test("a thousand programs compiled, run and let go do not grow the memory", () => {
  const d = device("wasm", { threads: 2 })
  const sizes: number[] = []
  useDevice(d, () => {
    const x = normal(key(1), [40, 30])
    for (let i = 0; i < 1000; i++) {
      const f = jit((a: Tensor) =>
        a
          .mul(i + 2)
          .add(a.sum())
          .matmul(a.T),
      )
      using y = f(x)
      expect(y.shape).toEqual([40, 40])
      f.dispose()
      if (i % 100 === 99)
        sizes.push((d as unknown as { heap: { memory: WebAssembly.Memory } }).heap.memory.buffer.byteLength)
    }
  })
  expect(sizes[9]).toBe(sizes[0])
})
