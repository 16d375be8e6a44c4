/** What is measured: a case, its lines, and what one side of it must offer. */
import type { HostArray, ProgramReport, Tensor } from "../../src/engine/index.ts"

export const groups = ["dense", "spiking", "scan", "simulation", "rules", "startup", "sizes"] as const
export type Group = (typeof groups)[number]

export type Unit = "ms" | "ns" | "GFLOP/s" | "KB" | "MB"

/** The arrays that every side of a case starts from, by name. They travel as a safetensors file. */
export type Inputs = Readonly<Record<string, HostArray>>
export type Tensors = Readonly<Record<string, Tensor>>

/** One piece of work with its sizes: one line of the table for each number of threads it is measured with. */
export interface Case {
  /** What the peers know it by; several cases of other sizes may share it. */
  readonly work: string
  /** What a reader sees: "matmul 1024". */
  readonly title: string
  readonly group: Group
  readonly unit: Unit
  /** Floating point operations of one run, where the line is a rate. */
  readonly flops?: number
  /** Numbers of threads that it is measured with; by default what the command line says. */
  readonly threads?: readonly number[]
  /** Sizes and constants, the same for every side. */
  readonly parameters: Readonly<Record<string, number>>
  inputs(): Inputs
  ours(inputs: Tensors, parameters: Readonly<Record<string, number>>): Work
  /** How many runs, one after another from the start, the comparison of results covers. */
  readonly compared: number
  /** How far apart the compared numbers may be, relative to their size. */
  readonly tolerance: number
}

/** Our side of a case, made ready. */
export interface Work {
  /** Goes back to where the inputs started: what was learned is forgotten. */
  start(): void
  /** One piece of work, done when it returns. What it returns is compared with the peers'. */
  run(): readonly Tensor[]
  /** What the compiled program takes. */
  report(): ProgramReport
}
