import { expect, test } from "vitest"
import { TouchedSystem } from "../../src/run/testing.ts"
import system from "./system.ts"

test("it reads which way a drawn texture is dragged, and without delays it does not", async () => {
  const held = new TouchedSystem(system, { movies: 24, testMovies: 4, steps: 400 })
  const texture = new Float32Array(64 * 64)
  for (let at = 0; at < texture.length; at++) {
    const [x, y] = [at % 64, Math.floor(at / 64)]
    if ((x * 7 + y * 3) % 23 < 9 && (x * 5 - y * 11 + 704) % 31 < 14) texture[at] = 1
  }
  held.inputs.give("texture", texture)
  /** The direction that is named most often in some steps. */
  const named = async (): Promise<number> => {
    for (let i = 0; i < 14; i++) await held.figure("drag") // until the old motion has left the delays
    const votes = new Map<number, number>()
    for (let i = 0; i < 12; i++) {
      const { caption } = await held.figure("drag")
      const angle = Number(/read: [\d.]+ px\/step towards (\d+)°/.exec(caption!)![1])
      votes.set(angle, (votes.get(angle) ?? 0) + 1)
    }
    return [...votes].sort(([, a], [, b]) => b - a)[0][0]
  }
  const off = (angle: number, from: number): number => Math.abs(((angle - from + 540) % 360) - 180)
  const told: number[] = []
  for (const [right, down, angle] of [
    [0.8, 0, 0],
    [0, 0.8, 90],
    [-0.8, 0, 180],
    [0, -0.8, 270],
  ]) {
    held.inputs.give("right", right)
    held.inputs.give("down", down)
    told.push(off(await named(), angle))
  }
  expect(told.filter((error) => error <= 45).length).toBeGreaterThanOrEqual(3)
  held.inputs.give("delays", "reversed")
  expect(off(await named(), 270)).toBeGreaterThanOrEqual(90)
  held.inputs.give("down", 0)
  await held.figure("drag", ({ caption }) => caption!.startsWith("Nothing moves"))
  held.stop()
}, 60_000)
