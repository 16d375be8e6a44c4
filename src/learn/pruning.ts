/** Fewer and smaller numbers: synapses that are cut, weights of eight bits. */
import { CajalError, leafNames, mapTree, type Tensor, type Tree, tensor } from "../engine/index.ts"

/**
 * Masks of a tree's matrices: 0 for the share of each matrix whose weights are smallest, 1 elsewhere; all ones for what is no matrix.
 * @param fraction what is cut, 0 up to but not including 1
 * @param isCut which leaves are cut, by name. Default: all matrices
 * @throws CajalError where the fraction is none
 */
export function magnitudeMasks<M extends Tree>(
  model: M,
  fraction: number,
  isCut: (name: string) => boolean = () => true,
): M {
  if (!(fraction >= 0 && fraction < 1))
    throw new CajalError(`the share of weights that is cut lies in 0..1 without 1, not ${fraction}`)
  const names = leafNames(model)
  let at = 0
  return mapTree((x: Tensor) => {
    const name = names[at++]
    const data = x.array()
    const keeps = new Float32Array(data.length).fill(1)
    if (x.rank === 2 && isCut(name)) {
      const order = Uint32Array.from(data.keys()).sort((a, b) => Math.abs(data[a]) - Math.abs(data[b]))
      for (const i of order.subarray(0, Math.round(fraction * data.length))) keeps[i] = 0
    }
    return tensor(keeps, { shape: x.shape })
  }, model)
}

/** A model without what its masks cut. Inside a training step it holds them cut. */
export const masked = <M extends Tree>(model: M, masks: M): M =>
  mapTree((x: Tensor, keeps: Tensor) => x.mul(keeps), model, masks)

/** Matrices as 8-bit codes with one scale each would give them back, symmetric about 0: `round(w / s) s` with `s = max |w| / 127`. */
export const roundedTo8Bits = <M extends Tree>(model: M): M =>
  mapTree((x: Tensor) => {
    if (x.rank !== 2) return x
    const scale = x
      .abs()
      .max()
      .mul(1 / 127)
    return x.div(scale.maximum(1e-30)).round().mul(scale)
  }, model)

/** Share of the entries of matrices that are not 0. */
export function keptShare(model: Tree): number {
  let [kept, all] = [0, 0]
  mapTree((x: Tensor) => {
    if (x.rank === 2) {
      all += x.size
      kept += Array.from(x.array()).filter((w) => w !== 0).length
    }
    return x
  }, model)
  return all === 0 ? 1 : kept / all
}
