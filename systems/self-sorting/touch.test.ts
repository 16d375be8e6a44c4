import { expect, test } from "vitest"
import { TouchedSystem } from "../../src/run/testing.ts"
import system from "./system.ts"

const heights = (svg: string): number[] => [...svg.matchAll(/height="([\d.]+)" fill="#/g)].map(([, h]) => Number(h))

test("the array sorts itself, and a broken cell stays where it is when others must not move it", async () => {
  const array = new TouchedSystem(system, { cells: 12, damage: "immovable" })
  const first = await array.figure("array")
  expect(first.svg).toContain('href="#press=cell:11"')
  expect(first.svg).not.toContain("broken")
  array.inputs.give("cell", 4)
  const broken = await array.figure("array", ({ svg }) => svg?.includes("broken") === true)
  const label = /aria-label="([^"]* at place 5), broken"/.exec(broken.svg!)![1]
  array.inputs.give("pace", 200)
  const settled = await array.figure("array", ({ caption }) => caption!.startsWith("No cell wants to move"))
  expect(settled.svg).toContain(`${label}, broken`)
  array.inputs.give("cell", 4)
  const sorted = await array.figure(
    "array",
    ({ svg, caption }) => !svg!.includes("broken") && caption!.startsWith("No cell wants to move"),
  )
  expect(sorted.caption).toContain("0 of 12 out of order")
  expect(heights(sorted.svg!)).toEqual(heights(sorted.svg!).sort((a, b) => a - b))
  array.stop()
  await expect(array.figure("array")).rejects.toThrow("stopped")
})

test("another kind of cells starts anew", async () => {
  const array = new TouchedSystem(system, { cells: 12 })
  await array.figure("array")
  array.inputs.give("kind", "bubble and selection")
  const { svg } = await array.figure("array", (event) => event.svg!.includes("selection cell"))
  expect(svg!.match(/selection cell/g)).toHaveLength(12) // six cells, each with its label and its title
  array.stop()
})
