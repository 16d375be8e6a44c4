/** A Vega-Lite specification: plain JSON, drawn the same in reports, files and the page. */
export type VegaLiteSpec = Readonly<Record<string, unknown>>
