import {
  CajalError,
  flatten,
  type HostArray,
  leafNames,
  type Shape,
  Tensor,
  type Tree,
  unflatten,
} from "../engine/index.ts"

/** The tensors of a tree by their paths (`hidden.weight`), as plain arrays: what a file holds. */
export function toArrays(tree: Tree): Record<string, HostArray> {
  const names = leafNames(tree)
  return Object.fromEntries(flatten(tree).leaves.map((x, i) => [names[i], x.host()]))
}

const describe = (dtype: string, shape: Shape): string => `${dtype} [${shape.join(", ")}]`

/**
 * A tree like `tree` with the tensors of `arrays`.
 * @throws CajalError naming what is missing, unknown or of another shape: the arrays are another model's
 */
export function fromArrays<T extends Tree>(
  tree: T,
  arrays: Readonly<Record<string, HostArray>>,
  what = "checkpoint",
): T {
  const flat = flatten(tree)
  const names = leafNames(tree)
  const missing = names.filter((name) => arrays[name] === undefined)
  const unknown = Object.keys(arrays).filter((name) => !names.includes(name))
  if (missing.length > 0 || unknown.length > 0) {
    const list = (found: string[], verb: string) =>
      found.length === 0 ? [] : [`${verb} ${found.slice(0, 3).join(", ")}${found.length > 3 ? ", ..." : ""}`]
    throw new CajalError(
      `this ${what} is of another model: ${[...list(missing, "it lacks"), ...list(unknown, "it has")].join("; ")}`,
      {
        hint: "load it into the model it was made with",
      },
    )
  }
  flat.leaves.forEach((x, i) => {
    const { dtype, shape } = arrays[names[i]]
    if (dtype !== x.dtype || describe(dtype, shape) !== describe(x.dtype, x.shape))
      throw new CajalError(
        `this ${what} is of another model: ${names[i]} is ${describe(dtype, shape)}, the model has ${x.describe()}`,
        {
          hint: "load it into the model it was made with",
        },
      )
  })
  return unflatten(
    flat.structure,
    names.map((name) => Tensor.from(arrays[name])),
  )
}
