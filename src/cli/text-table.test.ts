import { expect, test } from "vitest"
import { textTable, wrap } from "./text-table.ts"

test("columns are as wide as they need to be", () => {
  const table = textTable(
    [{ title: "name" }, { title: "n" }],
    [
      ["sltt", "1"],
      ["self-sorting", "22"],
    ],
    80,
  )
  expect(table).toBe("name          n\n------------  --\nsltt          1\nself-sorting  22")
})

test("columns with a share are narrowed, long cells go over several lines", () => {
  const columns = [{ title: "claim", share: 1 }, { title: "verdict" }]
  const rows = [
    ["memory does not grow with the number of steps", "met"],
    ["short", "not met"],
  ]
  const lines = textTable(columns, rows, 30).split("\n")
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(30)
  expect(lines.slice(2)).toEqual([
    "memory does not grow   met",
    "with the number of",
    "steps",
    "",
    "short                  not met",
  ])
})

test("wrap breaks between words, and within those that are too long", () => {
  expect(wrap("a bb ccc dddddd", 4)).toEqual(["a bb", "ccc", "dddd", "dd"])
  expect(wrap("one\ntwo", 10)).toEqual(["one", "two"])
  expect(wrap("", 4)).toEqual([""])
})
