/** What tells the shapes along a drawing, and nothing else: for pages that load it late. */
export { readDrawing } from "./parse-svg.ts"
export { probe, stopsOf, wiresOf } from "./probe.ts"
