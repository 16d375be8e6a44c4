/** Which input line each synapse of a dendrite listens to. */
import { CajalError, type HostRandom, type Tensor, tensor } from "../../engine/index.ts"

/** Lines of synapses, branch after branch. */
export class BranchRouting {
  readonly inputs: number
  /** The line of each synapse; undefined where each listens to that of its own number. */
  readonly lines: readonly number[] | undefined
  /** 0 for a synapse that listens to nothing. */
  readonly present: readonly number[] | undefined
  readonly synapses: number

  constructor(inputs: number, lines?: readonly number[], present?: readonly number[]) {
    this.inputs = inputs
    this.lines = lines
    this.present = present
    this.synapses = lines?.length ?? inputs
  }

  /** `[batch, inputs]` -> `[batch, synapses]` */
  route(x: Tensor): Tensor {
    if (this.lines === undefined) return x
    const taken = x.take(tensor(Int32Array.from(this.lines)), 1)
    return this.present === undefined ? taken : taken.mul(tensor([...this.present]).cast(x.dtype))
  }
}

/**
 * Each line has one synapse.
 * @throws CajalError with the three numbers where branches are not equally long
 */
export function oneToOne(inputs: number, branches: number): BranchRouting {
  if (inputs % branches !== 0)
    throw new CajalError(
      `${inputs} input lines cannot be one synapse each on ${branches} branches of ${(inputs / branches).toFixed(2)} synapses`,
      { hint: "choose a number of branches that divides the lines, or give a routing" },
    )
  return new BranchRouting(inputs)
}

/** Excitatory and inhibitory lines in turn: 0, n/2, 1, n/2 + 1, ... @throws CajalError for an odd number */
export function interlaced(inputs: number): number[] {
  if (inputs % 2 !== 0)
    throw new CajalError(`lines are interlaced in pairs of excitatory and inhibitory ones, and ${inputs} is odd`)
  return Array.from({ length: inputs }, (_, i) => (i % 2 === 0 ? i / 2 : inputs / 2 + (i - 1) / 2))
}

/**
 * Windows over interlaced lines that overlap: branch j listens to `perBranch` lines from `j · ceil(inputs / branches)` on. Synapses beyond the last line listen to
 * nothing.
 * @throws CajalError where windows are too short to reach all lines
 */
export function windows(inputs: number, branches: number, perBranch: number): BranchRouting {
  const order = interlaced(inputs)
  const stride = Math.ceil(inputs / branches)
  if (stride > perBranch) {
    const heard = new Set(
      Array.from({ length: branches }, (_, j) => j * stride).flatMap((from) => order.slice(from, from + perBranch)),
    )
    throw new CajalError(
      `${inputs - heard.size} of ${inputs} input lines would be lost: ${branches} branches begin ${stride} lines apart and hear ${perBranch}`,
      { hint: `give each branch at least ${stride} synapses, or take more branches` },
    )
  }
  const places = Array.from(
    { length: branches * perBranch },
    (_, i) => Math.floor(i / perBranch) * stride + (i % perBranch),
  )
  return new BranchRouting(
    inputs,
    places.map((place) => order[place] ?? 0),
    places.map((place) => (place < inputs ? 1 : 0)),
  )
}

/** Each synapse listens to a line that is drawn, whichever others do. */
export const drawnLines = (inputs: number, synapses: number, random: HostRandom): BranchRouting =>
  new BranchRouting(
    inputs,
    Array.from({ length: synapses }, () => random.integer(inputs)),
  )
