import { expect, test } from "vitest"
import { outOfPatience } from "./early-stopping.ts"

test("patience ends where nothing was better for so many epochs", () => {
  const history = [3, 2, 1.99995, 2.5, 1.5, 1.6].map((loss) => ({ loss }))
  const ended = (length: number, epochs: number, gain = 0) =>
    outOfPatience(history.slice(0, length), { measure: "loss", epochs, gain })
  expect(ended(4, 2)).toBe(false)
  expect(ended(4, 2, 1e-4)).toBe(true)
  expect(ended(4, 1)).toBe(true)
  expect(ended(6, 2)).toBe(false)
  expect(ended(6, 0)).toBe(false)
  expect(outOfPatience([], { measure: "loss", epochs: 1 })).toBe(false)
})
