/** What is lost when the axes are erased: all functions that a block diagram of attention may mean. */
import { parseTerm, type Readings, readingsOfTerm } from "../../src/view/ncd/index.ts"

/**
 * "matmul, softmax, matmul" of arrays `y k`, `x k`, `x k` to an array of the sizes `y k`, in every reading that fits.
 * @param random numbers from -1 to 1
 */
export function readingsOf(y: number, x: number, k: number, random: () => number): Readings {
  const attention = parseTerm(`let y=${y} x=${x} k=${k}
einsum : y k, x k -> y x | id : x k ;
softmax[x] : y x -> y x | id : x k ;
einsum : y x, x k -> y k`)
  return readingsOfTerm(attention, random) as Readings
}
