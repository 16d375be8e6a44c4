/** Systems under the reader's hands, in a real browser. */
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { hasBrowser } from "./fixtures/browser.ts"
import { hindrances, overhang, StaticPage } from "./fixtures/static-page.ts"

describe.skipIf(!hasBrowser("of touching"))("a system that is touched", () => {
  let built: StaticPage
  beforeAll(async () => {
    built = await StaticPage.build()
  }, 120_000)
  afterAll(() => built?.close())

  const begin = async (slug: string, options = {}) => {
    const opened = await built.open(`#/${slug}`, options)
    await opened.page.getByRole("button", { name: "Begin" }).click()
    return opened
  }

  test("cells of an array are broken and mended, with the mouse and the keyboard", async () => {
    const { page, problems } = await begin("self-sorting?preset=smoke")
    const array = page.locator(".touch .pressed")
    const broken = page.locator(".touch a[aria-label$=broken]")
    await page.locator(".touch a").first().waitFor()
    expect(await page.locator(".touch a").count()).toBe(30)
    const { x, y, width } = (await array.boundingBox())!
    await page.mouse.click(x + width / 4, y + 60)
    await page.waitForFunction(() => document.querySelectorAll(".touch a[aria-label$=broken]").length === 1)
    await array.focus()
    await page.keyboard.press("End")
    await page.keyboard.press("Enter")
    await page.waitForFunction(() => document.querySelectorAll(".touch a[aria-label$=broken]").length === 2)
    expect(await broken.count()).toBe(2)
    expect(await hindrances(page)).toEqual([])
    await page.getByRole("button", { name: "Let go" }).click()
    await page.getByText("It has stopped").waitFor()
    expect(problems).toEqual([])
  }, 60_000)

  test("a neuron fires while a current is held, and rests when it is let go", async () => {
    const { page, problems } = await begin("brainpy?preset=smoke")
    await page.locator(".touch figure svg").waitFor()
    await page.locator(".touch select").selectOption("Hodgkin-Huxley")
    await page.getByText("Hodgkin-Huxley", { exact: true }).last().waitFor()
    const slider = page.locator(".touch input[type=range]")
    const { x, y, width, height } = (await slider.boundingBox())!
    await page.mouse.move(x + width / 4, y + height / 2)
    await page.mouse.down()
    await page.mouse.move(x + width / 2, y + height / 2, { steps: 4 })
    expect(Number(await page.locator(".touch output").textContent())).toBeGreaterThan(0.7)
    await page.mouse.up()
    await page.waitForFunction(() => document.querySelector(".touch output")?.textContent === "0")
    expect(problems).toEqual([])
  }, 60_000)

  test("a digit is drawn with the mouse, and with the keyboard, and read; on a narrow screen", async () => {
    const address = "sltt?preset=smoke&images=4000&epochs=3"
    const { page, problems } = await begin(address, { viewport: { width: 380, height: 800 } })
    const said = page.locator(".touch figcaption").first()
    const reads = (digit: string) =>
      page.waitForFunction(
        (text) => document.querySelector(".touch figcaption")?.textContent?.includes(text),
        `It reads a ${digit};`,
        { timeout: 10_000 },
      )
    await page.getByText("Now draw one").waitFor({ timeout: 60_000 })
    const sheet = page.locator(".sheet canvas")
    await sheet.scrollIntoViewIfNeeded()
    const { x, y, width, height } = (await sheet.boundingBox())!
    const at = (u: number, v: number) => page.mouse.move(x + u * width, y + v * height, { steps: 5 })
    await at(0.5, 0.1)
    await page.mouse.down()
    await at(0.5, 0.9)
    await page.mouse.up()
    await reads("1")
    await page.getByRole("button", { name: "clear" }).click()
    await page.locator(".sheet").focus()
    for (let i = 0; i < 10; i++) await page.keyboard.press("ArrowUp")
    await page.keyboard.press(" ")
    for (let i = 0; i < 20; i++) await page.keyboard.press("ArrowDown")
    await page.keyboard.press(" ")
    await reads("1")
    expect(await said.textContent()).toContain("test digits")
    expect(await overhang(page)).toBeLessThanOrEqual(0)
    expect(await hindrances(page)).toEqual([])
    expect(problems).toEqual([])
  }, 120_000)
})
