/** The page of a server in a real browser: what is there only with a server. */
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { cardOf } from "../src/run/index.ts"
import { hasBrowser, launch } from "./fixtures/browser.ts"
import { builtPage, end, endAll, newFolder, type Served, serve } from "./fixtures/server.ts"

describe.runIf(hasBrowser("of the server's page"))("the page of a server", () => {
  let folder: string
  let browser: Browser
  let server: Served
  let built: string

  const open = async (address: string) => {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage()
    const problems: string[] = []
    page.on("pageerror", (error) => problems.push(error.message))
    page.on("console", (message) => void (message.type() === "error" && problems.push(message.text())))
    await page.goto(server.address + address)
    return { page, problems }
  }
  const stateIs = (page: Page, words: string) =>
    page.locator(".state [role=status]", { hasText: words }).waitFor({ timeout: 60_000 })
  const here = (page: Page) => page.locator("section", { hasText: "Runs on this server" }).locator("tbody tr")

  beforeAll(async () => {
    built = await builtPage()
    folder = newFolder()
    server = await serve(folder, built)
    browser = await launch()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await endAll()
  })

  test("a run on the server is shown as one in the browser, compared, and there after a restart", async () => {
    const { page, problems } = await open("#/self-sorting?preset=smoke&cells=20")
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
    await page.getByRole("button", { name: "Run in this browser" }).click()
    await stateIs(page, "Done in")
    const claims = await page.locator("table.claims tbody").innerText()
    await page.getByRole("button", { name: "Run on the server" }).click()
    await stateIs(page, "on the server")
    await stateIs(page, "Done in")
    // The same settings and seed: the same numbers, wherever it runs.
    expect(await page.locator("table.claims tbody").innerText()).toBe(claims)
    await page.locator("figure svg").nth(3).waitFor()
    await here(page).getByRole("button", { name: "compare" }).click()
    await page.locator(".compared").first().waitFor()
    expect(problems).toEqual([])

    await end(server)
    server = await serve(folder, built)
    const { page: again } = await open("#/self-sorting")
    await here(again).first().waitFor()
    expect(await here(again).innerText()).toContain("cells 20")
    await here(again).getByRole("button", { name: "open" }).click()
    await stateIs(again, "Done in")
    expect(await again.locator("table.claims tbody").innerText()).toBe(claims)
  }, 120_000)

  test("a run is stopped and gone on with; it does not end with the page", async () => {
    const { page } = await open("#/self-sorting?preset=full")
    await page.getByRole("button", { name: "Run on the server" }).click()
    await stateIs(page, "left")
    await page.reload()
    const row = here(page).filter({ hasText: "running" })
    await row.getByRole("button", { name: "open" }).click()
    await stateIs(page, "on the server")
    await page.getByRole("button", { name: "Stop" }).click()
    await stateIs(page, "Stopped")
    await here(page).getByRole("button", { name: "resume" }).click()
    await stateIs(page, "on the server")
    await page.getByRole("button", { name: "Stop" }).click()
    await stateIs(page, "Stopped")
  }, 120_000)

  test("a vote is counted once a browser, and trending is the server's", async () => {
    const { page, problems } = await open("#/spikegpt")
    await page.getByRole("button", { name: "0 votes; vote for this paper" }).click()
    await page.getByRole("button", { name: "1 vote; take yours back" }).waitFor()
    await page.reload()
    await page.getByRole("button", { name: "1 vote; take yours back" }).waitFor()
    const other = (await open("#/spikegpt")).page
    await other.getByRole("button", { name: "1 vote; vote for this paper" }).click()
    await other.getByRole("button", { name: "2 votes; take yours back" }).waitFor()
    for (let i = 0; i < 3; i++) await (await open("#/spikegpt")).page.getByRole("button", { name: /vote for/ }).click()
    await page.goto(`${server.address}#/?sort=trending`)
    await page.reload()
    const first = page.locator(".row:first-child")
    await first.filter({ hasText: "5 votes" }).waitFor()
    expect(await first.locator(".title").innerText()).toBe(cardOf("spikegpt").title)
    expect(problems).toEqual([])
  }, 60_000)
})
