/** The page in a real browser: found, opened, run, stopped, shared, compared; with the keyboard, dark, narrow, under a sub-path, with and without threads. */
import fs from "node:fs"
import path from "node:path"
import type { Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { readSafetensors } from "../src/data/index.ts"
import { catalogue } from "../src/run/index.ts"
import { systems } from "../systems/index.ts"
import { hasBrowser } from "./fixtures/browser.ts"
import { hindrances, looks, overhang, StaticPage } from "./fixtures/static-page.ts"

describe.skipIf(!hasBrowser("of the page"))("the page", () => {
  let built: StaticPage
  const open = (...address: Parameters<StaticPage["open"]>) => built.open(...address)

  const status = (page: Page) => page.locator(".state [role=status]")
  const finished = async (page: Page): Promise<void> => {
    await page.waitForFunction(
      () => /^(Done|Stopped|The run failed)/.test(document.querySelector(".state [role=status]")?.textContent ?? ""),
      undefined,
      { timeout: 90_000 },
    )
  }

  beforeAll(async () => {
    built = await StaticPage.build()
  }, 120_000)
  afterAll(() => built?.close())

  test("the list is searched, filtered and sorted, and the address says how", async () => {
    const running = catalogue.filter(({ slug, family }) => family === "spiking training" && slug in systems).length
    expect(running).toBeGreaterThan(0)
    const { page, problems } = await open()
    await page.waitForSelector(".row")
    expect(await page.locator(".row").count()).toBe(64)
    await page.keyboard.press("/")
    await page.keyboard.type("hipocampal memry") // typing mistakes
    await page.waitForFunction(() => document.querySelectorAll(".row").length < 10)
    expect(await page.locator(".row").first().textContent()).toContain("Hippocampus")
    expect(await page.locator(".row mark").count()).toBeGreaterThan(0)
    expect(page.url()).toContain("q=hipocampal+memry")
    await page.getByRole("searchbox").fill("")
    await page.getByLabel("family").selectOption("spiking training")
    await page.getByLabel("runs here").check()
    await page.waitForFunction((count) => document.querySelectorAll(".row").length === count, running)
    expect(await page.locator(".row .title").allTextContents()).toContainEqual(expect.stringContaining("Spiking"))
    await page.reload()
    await page.waitForSelector(".row")
    expect(await page.getByLabel("runs here").isChecked()).toBe(true)
    expect(await page.locator(".row").count()).toBe(running)
    await page.getByRole("button", { name: "name" }).click()
    expect(page.url()).toContain("sort=name")
    await page.getByRole("searchbox").fill("zzzzzz")
    await page.getByRole("button", { name: "Show all papers" }).click()
    await page.waitForFunction(() => document.querySelectorAll(".row").length === 64)
    expect(problems).toEqual([])
  })

  test("a paper that does not run yet says so, and an unknown one leads back", async () => {
    const { page } = await open("#/spikegpt")
    await page.getByText("does not run here yet").waitFor()
    await page.goto(`${built.home}#/nothing`)
    await page.getByRole("link", { name: "All papers" }).click()
    await page.waitForSelector(".row")
  })

  test("a paper runs: figures appear, claims are weighed, the run is kept and compared", async () => {
    const { page, problems } = await open("#/hippocampus-cam?preset=smoke&seed=5")
    await page.getByRole("button", { name: "Run in this browser" }).click()
    await finished(page)
    expect(await status(page).textContent()).toMatch(/^Done in .*wasm, \d+ threads?/)
    await page.waitForFunction(() => document.querySelectorAll(".results figure svg").length >= 2)
    expect(await page.locator(".claims .verdict").allTextContents()).toContain("met")
    await page.getByText("From the run on this page: smoke, seed 5").waitFor()

    const download = page.waitForEvent("download")
    await page.getByRole("button", { name: "Report (HTML)" }).click()
    const report = fs.readFileSync(await (await download).path(), "utf8")
    expect(report).toContain("What the paper claims")
    expect(report).toContain("<svg")
    const picture = page.waitForEvent("download")
    await page.getByRole("button", { name: "Figures (PNG)" }).click()
    const png = await picture
    expect(png.suggestedFilename()).toMatch(/^hippocampus-cam-.*\.png$/)
    expect(
      fs
        .readFileSync(await png.path())
        .subarray(0, 8)
        .toString("latin1"),
    ).toBe("\x89PNG\r\n\x1a\n")

    await page.getByLabel("seed").fill("6")
    await page.getByRole("button", { name: "Run in this browser" }).click()
    await finished(page)
    expect(page.url()).toContain("seed=6")
    await page.waitForFunction(() => document.querySelectorAll(".earlier tbody tr").length === 2)
    await page.getByRole("button", { name: "compare" }).last().click()
    await page.waitForFunction(() => document.querySelectorAll(".compared").length > 0)
    expect(await page.getByText("smoke, seed 5").first().isVisible()).toBe(true)
    await page.reload()
    await page.waitForSelector(".earlier tbody tr")
    expect(await page.locator(".earlier tbody tr").count()).toBe(2)
    expect(problems).toEqual([])
  }, 120_000)

  test.each(["self-sorting", "brainpy", "active-dendrites-sdr"])(
    "%s runs",
    async (slug) => {
      const { page, problems } = await open(`#/${slug}?preset=smoke`)
      await page.getByRole("button", { name: "Run in this browser" }).click()
      await finished(page)
      expect(await status(page).textContent()).toMatch(/^Done/)
      await page.waitForFunction(() => document.querySelectorAll(".results figure svg").length > 0)
      expect(problems).toEqual([])
    },
    120_000,
  )

  test("a run on data that are not served uses the stand-in, and says so; it stops, and goes on", async () => {
    const { page, problems } = await open("#/sltt?preset=smoke&epochs=6&images=2000")
    await page.getByRole("button", { name: "Run in this browser" }).click()
    await page.getByText("a stand-in for MNIST").first().waitFor({ timeout: 60_000 })
    // One model is trained, and the next is on its way: what is resumed does not train the first again, and still has it.
    await page.locator(".curves").getByText("bptt/accuracy").waitFor({ timeout: 60_000 })
    // The page answers while the worker works.
    const began = Date.now()
    await page.getByLabel("seed").fill("8")
    console.log(`the page answered within ${Date.now() - began} ms while a run was on`)
    await page.getByRole("button", { name: "Stop" }).click()
    await finished(page)
    expect(await status(page).textContent()).toMatch(/^Stopped/)
    await page.getByRole("button", { name: "Resume the stopped run" }).waitFor({ timeout: 10_000 })
    await page.getByRole("button", { name: "Resume the stopped run" }).click()
    await finished(page)
    expect(await status(page).textContent()).toMatch(/^Done/)
    await page.getByLabel("which model").selectOption("bptt")
    const download = page.waitForEvent("download")
    await page.getByRole("button", { name: "Model (safetensors)" }).click()
    const { tensors } = readSafetensors(fs.readFileSync(await (await download).path()), "the model")
    expect(tensors["readout.weight"].shape).toEqual([100, 10])
    expect(problems).toEqual([])
  }, 180_000)

  test("a wrong value is told in its field, with the nearest right one", async () => {
    const { page } = await open("#/hippocampus-cam?cues=5000")
    const problem = page.locator(".field .problem")
    await problem.waitFor()
    expect(await page.getByRole("button", { name: "Run in this browser" }).isDisabled()).toBe(true)
    await problem.getByRole("button").click()
    await problem.waitFor({ state: "detached" })
    expect(await page.getByRole("button", { name: "Run in this browser" }).isEnabled()).toBe(true)
  })

  test("the keyboard alone is enough", async () => {
    const { page } = await open()
    await page.waitForSelector(".row")
    await page.keyboard.press("/")
    await page.keyboard.type("content-addressable")
    await page.waitForFunction(() => document.querySelectorAll(".row").length < 5)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.getByRole("button", { name: "Run in this browser" }).waitFor()
    await page.getByRole("radio", { name: "quick" }).focus()
    await page.keyboard.press("ArrowLeft")
    expect(page.url()).toContain("preset=smoke")
    await page.getByRole("button", { name: "Run in this browser" }).focus()
    await page.keyboard.press("Enter")
    await finished(page)
    expect(await status(page).textContent()).toMatch(/^Done/)
  }, 60_000)

  test.each(looks)(
    "nothing stands in the way of a reader: %s",
    async (_, options) => {
      const { page } = await open("", options)
      for (const address of ["#/", "#/hippocampus-cam?preset=smoke"]) {
        await page.goto(built.home + address)
        await page.waitForSelector(address === "#/" ? ".row" : ".claims .verdict")
        if (address !== "#/") {
          await page.getByRole("button", { name: "Run in this browser" }).click()
          await finished(page)
          await page.waitForFunction(() => document.querySelectorAll(".results figure svg").length >= 2)
          // On a narrow page the settings have made room.
          expect(await page.getByLabel("seed").isVisible()).toBe(options.viewport === undefined)
        }
        expect(await overhang(page)).toBeLessThanOrEqual(0)
        expect(await hindrances(page)).toEqual([])
      }
    },
    90_000,
  )

  test("without isolation it says so, and runs on one thread", async () => {
    const { page } = await open("#/hippocampus-cam?preset=smoke", {}, await built.serve({ isIsolated: false }))
    await page.getByText("runs have one thread").waitFor()
    await page.getByRole("button", { name: "Run in this browser" }).click()
    await finished(page)
    expect(await status(page).textContent()).toMatch(/^Done in .*wasm, 1 thread$/)
  }, 60_000)

  test("what is loaded before a run is small", async () => {
    const { page } = await open()
    await page.waitForSelector(".row")
    const scripts = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .flatMap(({ name }) => (name.endsWith(".js") ? [new URL(name).pathname] : [])),
    )
    const { gzipSync } = await import("node:zlib")
    const bytes = scripts.map(
      (name) => gzipSync(fs.readFileSync(path.join(built.folder, name.replace("/some/where", "")))).length,
    )
    expect(bytes.reduce((a, b) => a + b, 0)).toBeLessThan(250_000)
  })
})
