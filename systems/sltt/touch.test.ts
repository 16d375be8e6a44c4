import { expect, test } from "vitest"
import { drawnDigits } from "../../src/data/index.ts"
import { TouchedSystem } from "../../src/run/testing.ts"
import system from "./system.ts"

test("it reads most digits that are drawn, and shows how it fires", async () => {
  const reader = new TouchedSystem(system, { images: 6000, epochs: 3 })
  await reader.figure("read", ({ caption }) => caption!.endsWith("Now draw one."))
  reader.inputs.give("digit", new Float32Array(784)) // nothing is drawn: nothing is read
  const { images, labels } = drawnDigits(20, "test")
  let right = 0
  for (let i = 0; i < 20; i++) {
    reader.inputs.give(
      "digit",
      Float32Array.from(images.data.subarray(784 * i, 784 * (i + 1)), (x) => x / 255),
    )
    const { caption } = await reader.figure("read")
    if (caption!.startsWith(`It reads a ${labels.data[i]};`)) right++
    expect((await reader.figure("raster")).title).toContain("Spikes")
  }
  expect(right).toBeGreaterThan(12)
  reader.stop()
}, 30_000)
