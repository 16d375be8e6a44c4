/** Orthonormal rows: a start for those that learn, and the best that they could learn. */
import { CajalError, eye, type HostRandom, hostRandom, jit, type Tensor, tensor } from "../../engine/index.ts"

/**
 * Rows made orthonormal by Gram-Schmidt, twice over in double precision, one after the other.
 * @param rows `[directions, inputs]`, of full rank
 * @param others orthonormal rows `[others, inputs]` that the result is orthogonal to as well
 * @throws CajalError when there are more rows than inputs
 */
export function orthonormal(rows: Tensor, others?: Tensor): Tensor {
  const [count, length] = rows.shape
  const before = others?.shape[0] ?? 0
  if (count + before > length)
    throw new CajalError(`there are no ${count + before} orthogonal directions among ${length} inputs`)
  const basis = new Float64Array((before + count) * length)
  if (others !== undefined) basis.set(others.array())
  basis.set(rows.array(), before * length)
  const row = (i: number): Float64Array => basis.subarray(i * length, (i + 1) * length)
  for (let i = before; i < before + count; i++) {
    const own = row(i)
    const given = Math.sqrt(dot(own, own))
    for (let pass = 0; pass < 2; pass++)
      for (let j = 0; j < i; j++) {
        const other = row(j)
        const along = dot(own, other)
        for (let k = 0; k < length; k++) own[k] -= along * other[k]
      }
    const norm = Math.sqrt(dot(own, own))
    if (!(norm > 1e-10 * given))
      throw new CajalError(`row ${i - before} lies in the span of the others: there is no direction left`)
    for (let k = 0; k < length; k++) own[k] /= norm
  }
  return tensor(Float32Array.from(basis.subarray(before * length)), { shape: [count, length] })
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0
  for (let k = 0; k < x.length; k++) sum += x[k] * y[k]
  return sum
}

/** Random orthonormal rows `[directions, inputs]`: those of a Gaussian matrix, made orthonormal. */
export function randomDirections(directions: number, inputs: number, random: HostRandom, others?: Tensor): Tensor {
  const drawn = tensor(
    Float32Array.from({ length: directions * inputs }, () => random.normal()),
    {
      shape: [directions, inputs],
    },
  )
  return orthonormal(drawn, others)
}

/**
 * The principal subspace of data about the origin: orthonormal rows of which no others of the same number leave less of the energy outside.
 * Directions that the data do not have are random ones. By orthogonal iteration on the second moments; 20 rounds bring the energy to within a thousandth of its best on natural data.
 * @param x `[examples, inputs]`
 * @returns `[directions, inputs]`
 * @source Golub and Van Loan, Matrix Computations (2013), section 8.2.4
 */
export function principalDirections(x: Tensor, directions: number, { rounds = 20 } = {}): Tensor {
  const energy = x.square().sum().item()
  // A little of everything, so that data in few directions still give as many as are asked for.
  const moments = x.T.matmul(x).add(eye(x.shape[1]).mul((1e-6 * energy) / x.shape[1] + 1e-30))
  const turn = jit((rows: Tensor, moments: Tensor) => rows.matmul(moments))
  let rows = randomDirections(directions, x.shape[1], hostRandom(0))
  for (let i = 0; i < rounds; i++) rows = orthonormal(turn(rows, moments))
  turn.dispose()
  return rows
}
