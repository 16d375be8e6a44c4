import { mapTree, type Tensor, type Tree } from "../../engine/index.ts"

/** Applies `change` to what can be trained of a tree: its float tensors. Indices and masks stay as they are. */
export const mapParameters = <T extends Tree>(
  change: (x: Tensor, ...others: Tensor[]) => Tensor,
  tree: T,
  ...others: Tree[]
): T => mapTree((x, ...rest) => (x.dtype === "f32" || x.dtype === "f64" ? change(x, ...rest) : x), tree, ...others)

/** The learning rate in the dtype of the parameter it is for. */
export const rateFor = (x: Tensor, rate: number | Tensor): number | Tensor =>
  typeof rate === "number" ? rate : rate.cast(x.dtype)
