import { expect, test } from "vitest"
import { Newcomers } from "./browser-id.ts"

test("an address sends so many new browsers an hour, and no more", () => {
  const newcomers = new Newcomers()
  const start = 1e12
  for (let i = 0; i < 60; i++) newcomers.admit("10.0.0.1", start + i)
  expect(() => newcomers.admit("10.0.0.1", start + 60)).toThrow("too many new browsers")
  newcomers.admit("10.0.0.2", start + 61)
  newcomers.admit("10.0.0.1", start + 3_600_002)
})
