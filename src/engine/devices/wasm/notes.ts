import { bytesOf } from "../../dtype.ts"
import { type Node, originOf } from "../../graph.ts"
import { formatShape, sizeOf } from "../../shape.ts"
import { costOf } from "../../transforms/count-rules.ts"
import type { KernelNote } from "../device.ts"
import type { Unit } from "./units.ts"
import type { Buffer, View } from "./views.ts"

/** Notes on the kernels of a program, for who looks at its profile. */
export class Notes {
  readonly #notes = new Map<string, KernelNote>()
  /** Kernels of the unit that is being lowered, but for those that only move elements. */
  readonly #open: string[] = []

  of(key: string): KernelNote | undefined {
    return this.#notes.get(key)
  }

  /** One more place that calls a kernel, `repeats` times in a run. */
  call(key: string, operands: readonly (View | Buffer)[], repeats: number): void {
    const bytes = operands.reduce(
      (n, x) => n + ("shape" in x ? Math.min(x.buffer.bytes, sizeOf(x.shape) * bytesOf[x.dtype]) : 0),
      0,
    )
    const before = this.#notes.get(key)
    this.#notes.set(key, { operations: 0, ...before, bytes: (before?.bytes ?? 0) + bytes * repeats })
    if (!/^(copy|fill|pack) /.test(key)) this.#open.push(key)
  }

  /** What the kernels since the last unit did: where there are several, the first one its products and the last one the rest. */
  unit({ nodes }: Unit, repeats: number): void {
    const keys = this.#open.splice(0)
    if (keys.length === 0) return
    const isProduct = (node: Node): boolean => costOf(node).product !== undefined
    const [first, last] = [keys[0], keys[keys.length - 1]]
    const split = first !== last && nodes.some(isProduct) && !nodes.every(isProduct)
    if (split) this.#say(first, nodes.filter(isProduct), repeats)
    this.#say(last, split ? nodes.filter((node) => !isProduct(node)) : nodes, repeats)
  }

  #say(key: string, nodes: readonly Node[], repeats: number): void {
    const before = this.#notes.get(key)
    const costs = nodes.map((node) => [node, costOf(node)] as const)
    const isSparse = costs.some(([node, { factors = [] }]) => factors.some((i) => node.inputs[i].type.events === true))
    const operations = costs.reduce((n, [, { product = 0, other = 0 }]) => n + 2 * product + other, 0) * repeats
    const [out] = nodes[nodes.length - 1].outputs
    const names = [...new Set(nodes.map((node) => node.primitive.name))].join(" ")
    this.#notes.set(key, {
      ...before,
      work: before?.work ?? `${names} ${out === undefined ? "" : formatShape(out.type.shape)}`.trim(),
      where: before?.where ?? nodes.map(originOf).find((line) => line !== undefined),
      operations: isSparse || before?.operations === "unknown" ? "unknown" : (before?.operations ?? 0) + operations,
    })
  }
}
