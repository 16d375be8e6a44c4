import {
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
} from "../../assembler/index.ts"
import { partial } from "../expression.ts"
import type { MatmulSpec } from "../products/matmul.ts"
import { groupInputs, groupLines } from "./lists.ts"

/** Columns of B whose sums are held in registers. */
export const panelColumns = 32

/**
 * How B is laid out for products with events: for each panel of columns, for each group of four rows of B, the sums of all subsets of
 * these rows. Adding up the rows of B that four inputs name is then one look-up; a panel's lines lie close together.
 */
export interface TableLayout {
  readonly panels: number
  readonly lineBytes: number
  readonly panelBytes: number
}

type Product = Pick<MatmulSpec, "n" | "k" | "b">

export function tableLayout({ n, k }: Pick<MatmulSpec, "n" | "k">): TableLayout {
  const panels = Math.ceil(n / panelColumns)
  const lineBytes = Math.ceil(Math.min(n, panelColumns) / 4) * 16
  const panelBytes = Math.ceil(k / groupInputs) * groupLines * lineBytes
  return { panels, lineBytes, panelBytes }
}

/** The kinds of panel there are: columns of each, and the first panel of the kind. */
export function panelKinds(n: number): { columns: number; first: number }[] {
  const whole = Math.floor(n / panelColumns)
  const kinds = [
    { columns: panelColumns, first: 0 },
    { columns: n % panelColumns, first: whole },
  ]
  return kinds.filter(({ columns }, i) => (i === 0 ? whole > 0 : columns > 0))
}

/** Writes, for the panels of B from `from` to `to`, `visit` with the number of the panel and its columns. */
export function forEachPanel(
  f: FunctionBuilder,
  n: number,
  { from, to }: { from: Expr<"i32">; to: Expr<"i32"> },
  visit: (panel: Local<"i32">, columns: number) => void,
): void {
  const panel = f.local("i32")
  f.for(panel, from, to, 1, () => {
    const [first, last] = panelKinds(n)
    if (last === undefined) visit(panel, first.columns)
    else
      f.if(
        i32.ltS(panel, last.first),
        () => visit(panel, first.columns),
        () => visit(panel, last.columns),
      )
  })
}

type PanelWriter = (
  f: FunctionBuilder,
  panel: Local<"i32">,
  columns: number,
  table: Expr<"i32">,
  bBase: Expr<"i32">,
) => void

/** Functions that write the tables of one panel, and how to call them. */
export function emitPanels(module: ModuleBuilder, name: string, spec: Product): PanelWriter {
  const writers = new Map(
    panelKinds(spec.n).map(({ columns }) => [columns, emitPanel(module, `${name}.panel${columns}`, spec, columns)]),
  )
  return (f, panel, columns, table, bBase) => {
    const from = i32.add(bBase, i32.mul(panel, panelColumns * spec.b[1] * 4))
    f.call(writers.get(columns) as Fn<readonly ["i32", "i32"]>, [from, table])
  }
}

/** `(B from its first column in the panel, table)`. */
function emitPanel(module: ModuleBuilder, name: string, spec: Product, columns: number): Fn<readonly ["i32", "i32"]> {
  const { k, b } = spec
  const { lineBytes } = tableLayout(spec)
  return module.function(name, { params: ["i32", "i32"] }, (builder, bBase, table) => {
    const f = builder as unknown as FunctionBuilder
    const [group, column] = [f.local("i32"), f.local("i32")]
    const lines = (inputs: number, lanes: number) => {
      const to = f.local("i32", i32.add(table, column))
      const sums: Local<"v128">[] = []
      for (let line = 1; line < 1 << inputs; line++) {
        const highest = 31 - Math.clz32(line)
        const rest = line - (1 << highest)
        const row = i32.add(i32.add(bBase, i32.mul(column, b[1])), highest * b[0] * 4)
        sums[line] = f.local(
          "v128",
          rest === 0 ? partial(f, row, lanes, b[1] * 4) : f32x4.add(sums[1 << highest], sums[rest]),
        )
        f.store("v128", to, sums[line], line * lineBytes)
      }
    }
    const all = (inputs: number) => {
      f.for(column, 0, (columns >> 2) * 16, 16, () => lines(inputs, 4))
      if (columns % 4 !== 0) {
        f.set(column, (columns >> 2) * 16)
        lines(inputs, columns % 4)
      }
    }
    f.for(group, 0, Math.floor(k / groupInputs), 1, () => {
      all(groupInputs)
      f.add(table, groupLines * lineBytes)
      f.add(bBase, groupInputs * b[0] * 4)
    })
    if (k % groupInputs !== 0) all(k % groupInputs)
  })
}
