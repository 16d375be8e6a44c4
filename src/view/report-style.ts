import { dark, light, mono, type Palette, serif } from "./theme.ts"

const variables = (palette: Palette): string =>
  Object.entries(palette)
    .map(([name, colour]) => `--${name}: ${colour};`)
    .join(" ")

/** In the dark, the colours that figures were drawn with are exchanged one by one. */
const darkFigures = (Object.keys(light) as (keyof Palette)[])
  .map(
    (name) =>
      `  svg [fill="${light[name]}"] { fill: var(--${name}) }\n  svg [stroke="${light[name]}"] { stroke: var(--${name}) }`,
  )
  .join("\n")

/** The style sheet of a report. */
export const reportStyle = `
:root { ${variables(light)} color-scheme: light dark }
@media screen and (prefers-color-scheme: dark) {
  :root { ${variables(dark)} }
${darkFigures}
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.5 ${serif} }
main { max-width: 46em; margin: 48px auto; padding: 0 20px }
h1 { font-size: 29px; line-height: 1.2; font-weight: 500; margin: 0 0 8px }
h2 { font-size: 20px; font-weight: 500; margin: 40px 0 12px }
a { color: var(--stain); text-underline-offset: 2px }
.byline, .quiet, footer { color: var(--quiet) }
.summary { max-width: 34em }
.note { border: 1px solid var(--ink); border-radius: 2px; padding: 8px 12px }
.note::before { content: "Note: "; font-weight: 600 }
table { border-collapse: collapse; width: 100%; font-size: 14px; line-height: 1.4 }
th { text-align: left; font-weight: 500; color: var(--quiet); border-bottom: 1px solid var(--ink); padding: 4px 12px 4px 0 }
td { vertical-align: top; border-bottom: 1px solid var(--hairline); padding: 8px 12px 8px 0 }
.claims td:first-child { width: 34% }
.verdict { white-space: nowrap; font-weight: 600 }
.number, dd, pre { font-family: ${mono}; font-size: 13px; font-variant-numeric: tabular-nums }
td.number, th.number { text-align: right }
th.number { font: inherit }
.wide { overflow-x: auto }
figure { margin: 24px 0 32px; break-inside: avoid }
figure svg { max-width: 100%; height: auto }
.mark-rect.role-mark path { shape-rendering: crispEdges }
figcaption { font-size: 14px; color: var(--quiet); max-width: 40em }
figcaption b { font-weight: 600; color: var(--ink) }
.small { font-size: 14px }
dl { columns: 2 20em; column-gap: 32px; margin: 0 }
dl div { display: flex; justify-content: space-between; gap: 12px; border-bottom: 1px solid var(--hairline); padding: 2px 0; break-inside: avoid }
dt { overflow-wrap: anywhere }
dd { margin: 0; text-align: right; overflow-wrap: anywhere }
pre { white-space: pre-wrap; overflow-wrap: anywhere }
footer { margin-top: 48px; padding-top: 12px; border-top: 1px solid var(--hairline); font-size: 14px }
@page { size: A4; margin: 18mm 16mm }
@media print {
  body { background: none; font-size: 11pt }
  main { max-width: none; margin: 0; padding: 0 }
  h2 { break-after: avoid }
  tr { break-inside: avoid }
}
`
