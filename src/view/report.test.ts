import { expect, test } from "vitest"
import { escapeHtml, html, raw } from "./html.ts"
import { formatDuration, formatNumber } from "./numbers.ts"
import { type ReportContent, renderReport } from "./report.ts"

const content: ReportContent = {
  title: "Memory & time <efficient>",
  byline: "6 authors · 28 Feb 2023",
  link: "https://arxiv.org/abs/2302.14311",
  summary: "What it is.",
  notes: ["data: generated stand-in, not MNIST"],
  claims: [
    {
      text: "memory does not grow",
      paper: "70 % less",
      value: 1.0004,
      threshold: "<= 1.05",
      control: { value: 3.91, text: "BPTT >= 2.5" },
      verdict: "met",
    },
    { text: "never measured", paper: "1", value: null, threshold: "> 0", verdict: "not run" },
  ],
  figures: [
    {
      id: "memory",
      title: "Memory",
      caption: "Bytes.",
      spec: { data: { values: [{ a: 1 }] }, mark: "bar", encoding: { x: { field: "a" } } },
    },
    { id: "drawn", title: "Drawn", svg: '<svg id="own"></svg>' },
  ],
  tables: [{ title: "Arms", columns: ["arm", "accuracy"], rows: [["SLTT", 0.939]] }],
  settings: [["seed", "7"]],
  metrics: [{ name: "accuracy", value: 0.939, unit: "%" }],
  log: ["started"],
  footer: "cajal 0.1.0",
}

test("a report is one page that needs nothing else, and says everything", async () => {
  const page = await renderReport(content)
  for (const part of [
    "<title>Memory &amp; time &lt;efficient&gt;</title>",
    "data: generated stand-in, not MNIST",
    "70 % less",
    "3.91",
    "BPTT &gt;= 2.5",
    "not measured",
    "Figure 1. Memory",
    '<svg id="own"></svg>',
    '<td class="number">0.939</td>',
    "0.939 %",
    "started",
  ]) {
    expect(page).toContain(part)
  }
  expect(page).not.toMatch(/<script|<link|@import|url\(http|src=/)
  expect([...page.matchAll(/href="([^"]*)"/g)].map((match) => match[1])).toEqual([content.link])
  for (const tag of ["section", "table", "figure", "svg", "dl", "div", "main"]) {
    expect(page.match(new RegExp(`<${tag}[ >]`, "g"))?.length).toBe(page.match(new RegExp(`</${tag}>`, "g"))?.length)
  }
})

test("what has nothing to say is left out", async () => {
  const page = await renderReport({ ...content, claims: [], figures: [], tables: [], log: [], link: undefined })
  expect(page).not.toMatch(/<h2>(Figures|Log)|claims"|<figure|href/)
})

test("html escapes all that is put in, but not what is HTML already", () => {
  expect(html`<p title="${'"&'}">${"<b>"}${raw("<i>")}${[1, html`<u>`]}${undefined}</p>`.text).toBe(
    '<p title="&quot;&amp;">&lt;b&gt;<i>1<u></p>',
  )
  expect(escapeHtml("a'b")).toBe("a&#39;b")
})

test.each([
  [0, "0"],
  [1, "1"],
  [-1234567, "-1 234 567"],
  [0.93900001, "0.939"],
  [1.0004, "1"],
  [99.995, "100"],
  [1234.5678, "1 235"],
  [0.00012346, "0.0001235"],
  [1.5e-7, "1.5e-7"],
  [12345678.9, "1.235e7"],
  [null, "not measured"],
])("formatNumber(%s)", (value, text) => {
  expect(formatNumber(value)).toBe(text)
})

test.each([
  [850, "850 ms"],
  [12_400, "12.4 s"],
  [59_990, "1 min 0 s"],
  [200_000, "3 min 20 s"],
  [3_900_000, "1 h 5 min"],
])("formatDuration(%d)", (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})
