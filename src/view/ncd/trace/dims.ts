/** Axes by unification: one variable for each dimension of each value, joined where an operation says that they are the same. */

/** A dimension, until it is known which axes it consists of. */
export class Dim {
  size: number
  parent: Dim | undefined
  /** A dimension that is several axes in one, outermost first. */
  parts: readonly Dim[] | undefined
  /** Values that have it: two dimensions of one value stay different. */
  values = new Set<number>()
  /** A name to take: where it comes from, or what a person called it. */
  hint: string | undefined

  constructor(size: number, hint?: string) {
    this.size = size
    this.hint = hint
  }
}

export function find(d: Dim): Dim {
  let root = d
  while (root.parent !== undefined) root = root.parent
  while (d.parent !== undefined) {
    const next: Dim = d.parent
    d.parent = root
    d = next
  }
  return root
}

/** The axes of a dimension; one of size 1 has none. */
export function atomsOf(d: Dim): Dim[] {
  const root = find(d)
  if (root.size === 1) return []
  return root.parts === undefined ? [root] : root.parts.flatMap(atomsOf)
}

/** Says that a value has these dimensions. */
export function own(value: number, dims: readonly Dim[]): void {
  for (const d of dims) for (const atom of atomsOf(d)) atom.values.add(value)
}

const meets = (a: ReadonlySet<number>, b: ReadonlySet<number>): boolean => {
  const [few, many] = a.size < b.size ? [a, b] : [b, a]
  for (const x of few) if (many.has(x)) return true
  return false
}

function split(d: Dim, first: number): readonly Dim[] {
  const parts = [new Dim(first), new Dim(d.size / first)]
  for (const part of parts) part.values = new Set(d.values)
  d.parts = parts
  return parts
}

function join(a: Dim, b: Dim): boolean {
  if (a === b) return true
  if (meets(a.values, b.values)) return false
  const [into, from] = a.values.size >= b.values.size ? [a, b] : [b, a]
  for (const x of from.values) into.values.add(x)
  into.hint ??= from.hint
  from.parent = into
  return true
}

/** Whether two rows of sizes can be cut into equal factors. */
function fits(a: readonly number[], b: readonly number[]): boolean {
  const [x, y] = [[...a], [...b]]
  let [i, j] = [0, 0]
  while (i < x.length && j < y.length) {
    if (x[i] === y[j]) [i, j] = [i + 1, j + 1]
    else if (x[i] < y[j] && y[j] % x[i] === 0) y[j] /= x[i++]
    else if (y[j] < x[i] && x[i] % y[j] === 0) x[i] /= y[j++]
    else return false
  }
  return i === x.length && j === y.length
}

/**
 * Says that two rows of dimensions are the same elements in the same order; what is larger on one side is cut.
 * @returns false where the sizes have no common factors. Axes that one value has both stay apart, cut alike.
 */
export function unify(left: readonly Dim[], right: readonly Dim[]): boolean {
  const a = left.flatMap(atomsOf)
  const b = right.flatMap(atomsOf)
  if (
    !fits(
      a.map((d) => d.size),
      b.map((d) => d.size),
    )
  )
    return false
  while (a.length > 0 && b.length > 0) {
    const [x, y] = [find(a[0]), find(b[0])]
    if (x.parts !== undefined || y.parts !== undefined) {
      a.splice(0, 1, ...atomsOf(x))
      b.splice(0, 1, ...atomsOf(y))
    } else if (x.size === y.size) {
      join(x, y)
      a.shift()
      b.shift()
    } else if (x.size < y.size) b.splice(0, 1, ...split(y, x.size))
    else a.splice(0, 1, ...split(x, y.size))
  }
  return true
}
