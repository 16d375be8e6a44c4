/** Neural circuit diagrams: terms, their text and their pictures, from traced programs and back to programs. */
export { type Affine, affine, formatAffine, parseAffine } from "./affine.ts"
export { backwardOf } from "./backward.ts"
export { compileTerm, type ParameterValues } from "./compile.ts"
export { type Costs, peakOf, type Space, spaceOfTerm, timeOf, timeOfTerm } from "./costs.ts"
export { type DrawOptions, drawTerm } from "./draw.ts"
export { erased, type Readings, readingsOfTerm } from "./erase.ts"
export { type Inspection, inspectDrawing } from "./inspect.ts"
export { difference, indexBefore, lawDifference, ownAxes, tiledAxes } from "./law.ts"
export { normalise, sameTerm } from "./layers.ts"
export { isLinear, isOpaque, symbolOf } from "./operations.ts"
export { type Placed, parseSvg, readDrawing } from "./parse-svg.ts"
export { Polynomial } from "./polynomial.ts"
export { type Probe, probe, stopsOf, wiresOf } from "./probe.ts"
export { randomTerm } from "./random-terms.ts"
export { parametersIn, randomArray, randomValues } from "./random-values.ts"
export { fuseOnce, fusions, type Step } from "./rewrite.ts"
export { runBox } from "./run-box.ts"
export {
  type ArrayType,
  type Axis,
  type Block,
  type Box,
  boxesOf,
  codomainOf,
  compose,
  domainOf,
  formatTuple,
  type Morphism,
  product,
  type Rearrange,
  type Weave,
} from "./terms.ts"
export { parseTerm } from "./text-parse.ts"
export { printTerm } from "./text-print.ts"
export { type Diagram, type DiagramOptions, diagramOf, diagramWith } from "./trace/diagram.ts"
