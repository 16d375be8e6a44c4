/** Diagrams in a real browser: the shapes along a paper's circuit, and the laboratory in which terms are written. */
import type { Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { hasBrowser } from "./fixtures/browser.ts"
import { hindrances, looks, overhang, StaticPage } from "./fixtures/static-page.ts"

describe.runIf(hasBrowser("of the page's diagrams"))("diagrams of the page", () => {
  let built: StaticPage

  const open = async (options: Parameters<StaticPage["open"]>[1] = {}, slug = "neural-circuit-diagrams") => {
    const opened = await built.open(`#/${slug}`, options)
    return { ...opened, lab: opened.page.locator(".lab") }
  }
  const says = (page: Page, place: string, words: string | RegExp) =>
    page.locator(place, { hasText: words }).first().waitFor({ timeout: 20_000 })

  beforeAll(async () => {
    built = await StaticPage.build()
  }, 120_000)
  afterAll(() => built?.close())

  test("pointing at a paper's circuit tells the shapes there; so do the arrow keys", async () => {
    const { page, problems } = await open()
    const pan = page.locator(".diagram .pan")
    await pan.locator("svg .fn").first().waitFor()
    await pan.scrollIntoViewIfNeeded()
    const box = (await pan.locator("svg .wire").first().boundingBox())!
    await page.mouse.move(box.x + 8, box.y)
    await says(page, ".diagram .probed", /y:20, a wire of y m: 20 × 128 \(real\)/)
    expect(await pan.locator("svg .probe.wire").count()).toBe(1)
    await pan.focus()
    for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight")
    await says(page, ".diagram .probed", /→|numbers/)
    expect(await pan.locator("svg .probe").count()).toBe(1)
    await page.keyboard.press("Escape")
    await says(page, ".diagram .probed", "Point at a wire")
    expect(problems).toEqual([])
  })

  test("the drawing follows the text, and what is wrong is told with its place", async () => {
    const { page, lab, problems } = await open()
    const text = lab.getByLabel("the term")
    await text.fill("let y=5 x=3\nrelu : y x -> y x ;\nsoftmax[x] : y x -> y x")
    await lab.locator("svg .fn[data-op=softmax]").waitFor()
    await text.fill("let y=5 x=3\nrelu : y x -> y x ;\nsoftmax[y] : y -> y")
    await says(page, ".fault", /gives {2}y x \(5×3\)\s+takes {2}y \(5\)/)
    // The last picture that could be read stays.
    expect(await lab.locator("svg .fn[data-op=softmax]").count()).toBe(1)
    await lab.getByRole("button", { name: "line 3, column 1" }).click()
    const chosen = await text.evaluate((area: HTMLTextAreaElement) =>
      area.value.slice(area.selectionStart, area.selectionEnd),
    )
    expect(chosen).toBe("softmax[y]")
    expect(problems).toEqual([])
  })

  test("sizes change labels and costs; the diagram runs, and its sections tell their numbers", async () => {
    const { page, lab, problems } = await open()
    await says(page, ".lab .costs", "744,448")
    await lab.getByLabel("size of y").focus()
    await page.keyboard.press("ArrowRight")
    // One more row asks: its projections and its part of the core.
    await says(page, ".lab .costs", (744_448 + 2 * 128 * 64 + 2 * 22 * 64).toLocaleString("en"))
    expect(await lab.locator("svg").textContent()).toContain("y:21")
    await lab.getByRole("button", { name: "Run this diagram" }).click()
    await says(page, ".lab .output", "y m: 21 × 128")
    await lab.locator(".pan").focus()
    await page.keyboard.press("ArrowRight")
    await says(page, ".lab .probed", /8,320 numbers · \[.* mean .*\]/)
    expect(problems).toEqual([])
  })

  test("backward, with the axes erased, rewritten step by step", async () => {
    const { page, lab, problems } = await open()
    await lab.getByLabel("backward").check()
    await says(page, ".lab .costs", "1,354,976")
    await lab.getByRole("button", { name: "Run this diagram" }).click()
    await lab.locator(".output").nth(2).waitFor()
    await lab.getByLabel("begin with").selectOption("scaled attention")
    await lab.getByLabel("axes erased").check()
    await says(page, ".lab .about", "4 readings, which are 2 different functions")
    await lab.getByLabel("size of x").fill("5")
    await lab.getByLabel("size of k").fill("5")
    await says(page, ".lab .about", "128 readings, which are 64 different functions")
    await lab.getByLabel("begin with").selectOption("a product in small steps")
    await lab.getByLabel("rewritten").check()
    await says(page, ".player", "480 numbers")
    for (let i = 0; i < 3; i++) await lab.getByRole("button", { name: "fuse" }).click()
    await says(page, ".player", "30 numbers")
    expect(problems).toEqual([])
  })

  test("every example and an architecture can be drawn; all systems stand on one sheet", async () => {
    const { page, lab, problems } = await open()
    const names = await lab.locator("optgroup").first().locator("option").allTextContents()
    for (const name of names) {
      await lab.getByLabel("begin with").selectOption(name)
      await page.waitForTimeout(50)
      expect(await lab.locator(".fault").textContent()).toBe("")
    }
    await lab.getByLabel("begin with").selectOption("resnet")
    await lab.locator("svg .block").first().waitFor({ timeout: 20_000 })
    await lab.locator(".contacts summary").click()
    await lab.locator(".contacts li").nth(4).waitFor({ timeout: 30_000 })
    expect(await lab.locator(".contacts a").first().getAttribute("href")).toMatch(/^#\//)
    expect(problems).toEqual([])
  }, 60_000)

  test.each(looks)(
    "nothing stands in the way of a reader: %s",
    async (_, options) => {
      const { page, lab } = await open(options)
      await lab.locator("svg .fn").first().waitFor()
      await lab.getByLabel("the term").fill("let y=2\nsoftmx : y -> y")
      await says(page, ".fault", "did you mean softmax?")
      expect(await overhang(page)).toBeLessThanOrEqual(0)
      expect(await hindrances(page)).toEqual([])
    },
    60_000,
  )
})
