/** What is lost when the axes are erased: all functions that a block diagram of attention may mean. */

interface Matrix {
  readonly rows: number
  readonly columns: number
  readonly data: Float64Array
}

const matrix = (rows: number, columns: number, value: (i: number, j: number) => number): Matrix => ({
  rows,
  columns,
  data: Float64Array.from({ length: rows * columns }, (_, n) => value(Math.floor(n / columns), n % columns)),
})
const at = (m: Matrix, i: number, j: number): number => m.data[i * m.columns + j]
const turned = (m: Matrix): Matrix => matrix(m.columns, m.rows, (i, j) => at(m, j, i))

/** Sum over one axis of each; undefined where their sizes differ. What stays of a comes first, or last. */
function product(a: Matrix, b: Matrix, axisA: number, axisB: number, isTurned: boolean): Matrix | undefined {
  const left = axisA === 1 ? a : turned(a)
  const right = axisB === 0 ? b : turned(b)
  if (left.columns !== right.rows) return undefined
  const made = matrix(left.rows, right.columns, (i, j) => {
    let sum = 0
    for (let l = 0; l < left.columns; l++) sum += at(left, i, l) * at(right, l, j)
    return sum
  })
  return isTurned ? turned(made) : made
}

/** Exponentials divided by their sums along one axis. */
function softmax(m: Matrix, axis: number): Matrix {
  const e = matrix(m.rows, m.columns, (i, j) => Math.exp(at(m, i, j)))
  return matrix(m.rows, m.columns, (i, j) => {
    let sum = 0
    if (axis === 1) for (let l = 0; l < m.columns; l++) sum += at(e, i, l)
    else for (let l = 0; l < m.rows; l++) sum += at(e, l, j)
    return at(e, i, j) / sum
  })
}

export interface Readings {
  /** Choices of axes and orders that fit the sizes. */
  readonly readings: number
  /** How many of them give different results. */
  readonly functions: number
}

/**
 * "matmul, softmax, matmul" of arrays `y k`, `x k`, `x k` to an array of the sizes `y k`: every choice of the summed axes, of the orders of the
 * results and of the axis of the softmax that fits.
 * @param random numbers from -1 to 1
 */
export function readingsOf(y: number, x: number, k: number, random: () => number): Readings {
  const draw = (rows: number): Matrix => matrix(rows, k, random)
  const [q, keys, values] = [draw(y), draw(x), draw(x)]
  const results: Matrix[] = []
  const bits = [0, 1] as const
  for (const a of bits)
    for (const b of bits)
      for (const turn of bits) {
        const scores = product(q, keys, a, b, turn === 1)
        if (scores === undefined) continue
        for (const axis of bits)
          for (const c of bits)
            for (const d of bits)
              for (const last of bits) {
                const out = product(softmax(scores, axis), values, c, d, last === 1)
                if (out !== undefined && out.rows === y && out.columns === k) results.push(out)
              }
      }
  const different: Matrix[] = []
  for (const one of results) {
    const isKnown = different.some((other) => other.data.every((v, i) => Math.abs(v - one.data[i]) <= 1e-8))
    if (!isKnown) different.push(one)
  }
  return { readings: results.length, functions: different.length }
}
