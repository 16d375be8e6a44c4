import { beforeAll, describe, expect, test } from "vitest"
import {
  asEvents,
  bernoulli,
  concat,
  type Device,
  device,
  grad,
  jit,
  key,
  normal,
  range,
  scan,
  type Tensor,
  take,
  uniform,
  useDevice,
} from "../../index.ts"

const devices = [1, 2, 3].map((threads) => device("wasm", { threads }))

const spikes = (seed: number, density: number, shape: number[]): Tensor =>
  asEvents(bernoulli(key(seed), density, shape).cast("f32"))

/** Programs large enough to be shared, with tails in every direction. */
const programs: Record<string, () => Tensor> = {
  elementwise: () => normal(key(1), [333, 517]).mul(2).exp().add(1).log(),
  "one long row": () => uniform(key(1), [100_003]).sub(0.5).tanh(),
  broadcast: () =>
    normal(key(1), [301, 97])
      .add(normal(key(2), [97]))
      .mul(normal(key(3), [301, 1])),
  transpose: () => normal(key(1), [257, 131]).T.add(1),
  "few long rows": () => normal(key(1), [3, 20_001]).add(normal(key(2), [20_001])),
  "random bits": () => uniform(key(9), [50_001]),
  "matmul, many columns": () => normal(key(1), [131, 300]).matmul(normal(key(2), [300, 301])),
  "matmul, few columns": () => normal(key(1), [1003, 290]).matmul(normal(key(2), [290, 10])),
  "matmul, few rows": () => normal(key(1), [5, 700]).matmul(normal(key(2), [700, 515])),
  "events by row": () => spikes(1, 0.1, [128, 300]).matmul(normal(key(2), [300, 257])),
  "events by column": () => spikes(1, 0.1, [128, 301]).T.matmul(normal(key(2), [128, 257])),
  "dense events": () => spikes(1, 0.7, [128, 300]).matmul(normal(key(2), [300, 10])),
  "row sums": () => normal(key(1), [501, 203]).exp().sum(1),
  "column sums": () => normal(key(1), [501, 203]).exp().sum(0),
  "sum of all": () => normal(key(1), [501, 203]).sum(),
  softmax: () => normal(key(1), [700, 61]).softmax(),
  argmax: () => normal(key(1), [700, 61]).argmax().cast("f32"),
  rows: () => take(normal(key(1), [100, 300]), range(99)),
  joined: () => concat([normal(key(1), [100, 200]), normal(key(2), [57, 200])]),
  "a loop": () =>
    scan(
      (u: Tensor, x: Tensor) => {
        const next = u
          .mul(0.9)
          .add(x.matmul(normal(key(5), [100, 200])))
          .tanh()
        return [next, next.sum(1)]
      },
      normal(key(6), [130, 200]),
      normal(key(7), [7, 130, 100]),
    )[1] as Tensor,
  "a gradient through a loop": () =>
    grad((w: Tensor) =>
      (
        scan(
          (u: Tensor, x: Tensor) => [u.mul(0.9).add(x.matmul(w)).tanh(), u.square().sum()],
          normal(key(6), [130, 200]),
          normal(key(7), [7, 130, 100]),
        )[1] as Tensor
      ).sum(),
    )(normal(key(5), [100, 200])),
}

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
