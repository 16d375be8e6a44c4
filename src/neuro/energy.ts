import type { OperationCounts } from "../engine/index.ts"

/** What an operation and a byte cost on some hardware. */
export interface EnergyTable {
  /** A product of two numbers, added to a sum. */
  readonly multiplyAddPJ: number
  /** A weight added to a sum because a spike came; also any other operation of one addition's size. */
  readonly accumulatePJ: number
  /** A byte to or from on-chip memory. */
  readonly bytePJ: number
}

/**
 * 32-bit floating point in a 45 nm process at 0.9 V: 3.7 pJ a multiplication, 0.9 pJ an addition, 10 pJ for 8 bytes of an 8 KB memory. The
 * customary table of papers on spiking networks.
 * @source Horowitz, Computing's energy problem (2014)
 */
export const cmos45nm: EnergyTable = { multiplyAddPJ: 4.6, accumulatePJ: 0.9, bytePJ: 1.25 }

export interface EnergyEstimate {
  readonly arithmeticMicrojoules: number
  /** If every operand came from on-chip memory and every result went there. */
  readonly memoryMicrojoules: number
}

/** An estimate, not a measurement: counted operations times what each costs. @param counts of `count`, `countWith` or a `Meter` */
export function energyOf(counts: OperationCounts, table: EnergyTable = cmos45nm): EnergyEstimate {
  const { multiplyAdds, accumulates, other, bytesRead, bytesWritten } = counts
  return {
    arithmeticMicrojoules: (multiplyAdds * table.multiplyAddPJ + (accumulates + other) * table.accumulatePJ) * 1e-6,
    memoryMicrojoules: (bytesRead + bytesWritten) * table.bytePJ * 1e-6,
  }
}
