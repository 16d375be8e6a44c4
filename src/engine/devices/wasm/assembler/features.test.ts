import { afterEach, expect, it, vi } from "vitest"
import { features } from "./index.ts"

afterEach(() => {
  vi.restoreAllMocks()
  vi.resetModules()
})

it("finds vectors and threads in Node, and looks only once", () => {
  expect(features()).toMatchObject({ simd: true, threads: true })
  const validate = vi.spyOn(WebAssembly, "validate")
  expect(features()).toBe(features())
  expect(validate).not.toHaveBeenCalled()
})

it("reports what the machine refuses", async () => {
  vi.spyOn(WebAssembly, "validate").mockReturnValue(false)
  vi.resetModules()
  const fresh = await import("./features.ts")
  expect(fresh.features()).toEqual({ simd: false, relaxedSimd: false, threads: false })
})
