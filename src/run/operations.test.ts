import { expect, test } from "vitest"
import { DataSource } from "../data/index.ts"
import { jit, ones, type Tensor } from "../engine/index.ts"
import { metric } from "./events.ts"
import { execute } from "./runner.ts"
import { system } from "./system.ts"

const product = jit((a: Tensor, b: Tensor) => a.matmul(b))

const multiplying = system({
  slug: "sltt",
  parameters: {},
  presets: { smoke: {}, quick: {}, full: {} },
  async *run() {
    for (let i = 0; i < 3; i++) yield metric("first", product(ones([2, 3]), ones([3, 4])).array()[0])
  },
  claims: [],
})

const run = async (count: boolean) => {
  const data = new DataSource({ find: async () => undefined } as never)
  const events = []
  for await (const event of execute(multiplying, { data, device: { name: "wasm", threads: 1 }, count }))
    events.push(event)
  return events
}

test("any run reports what its compiled functions did, if it is asked to", async () => {
  const events = await run(true)
  const result = events.at(-1)
  if (result?.type !== "result") throw new Error("no result")
  expect(result.metrics).toMatchObject({
    "operations/multiplyAdds": 3 * 24,
    "operations/bytesWritten": 3 * 8 * 4,
    first: 3,
  })
  const counted = events.find((event) => event.type === "table")
  expect(counted?.rows.at(-2)).toEqual([
    "energy of the arithmetic at 45 nm, estimated, µJ",
    expect.closeTo(72 * 4.6e-6, 12),
  ])
})

test("and else nothing is counted", async () => {
  expect((await run(false)).filter((event) => event.type === "table")).toEqual([])
})
