import { describe, expect, test } from "vitest"
import { cardOf, catalogue, families } from "./catalogue.ts"

describe("the catalogue", () => {
  test("holds 64 papers, each once, in a known family", () => {
    expect(catalogue).toHaveLength(64)
    expect(new Set(catalogue.map((card) => card.slug)).size).toBe(64)
    for (const card of catalogue) expect(families).toContain(card.family)
    for (const family of families) expect(catalogue.some((card) => card.family === family)).toBe(true)
  })

  test.each(catalogue)("$slug has whole facts", (card) => {
    expect(card.slug).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    expect(card.year).toBeGreaterThanOrEqual(2016)
    expect(card.summary.split(/\.\s|\.$/).filter(Boolean).length).toBe(2)
    expect(card.tags.length).toBeGreaterThan(0)
    if (card.listed !== undefined) expect(card.listed.startsWith(`${card.year}-`)).toBe(true)
    expect(card.link).toBe(card.arxiv === undefined ? undefined : `https://arxiv.org/abs/${card.arxiv}`)
    if (card.arxiv !== undefined) expect(card.arxiv).toMatch(/^\d{4}\.\d{5}$/)
  })

  test("suggests a name", () => {
    expect(() => cardOf("sltr")).toThrow('there is no system "sltr"')
    expect(cardOf("sltt").title).toContain("Backpropagation")
  })
})
