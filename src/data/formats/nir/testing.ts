import { readFileSync } from "node:fs"
import { type Nested, Tensor } from "../../../engine/index.ts"

const place = (name: string): URL => new URL(`../fixtures/nir/${name}`, import.meta.url)

/** The bytes of a file that fixtures/make-nir.py made. */
export const nirFile = (name: string): Uint8Array => new Uint8Array(readFileSync(place(name)))

const shapeOf = (x: Nested): number[] => (Array.isArray(x) ? [x.length, ...shapeOf(x[0])] : [])

/** What goes into a network and what must come out, as tensors. */
export function expectedOf(name: string): { dtMs: number } & Record<"input" | "output" | "out" | "spikes", Tensor> {
  const json = JSON.parse(readFileSync(place(name), "utf8")) as Record<string, Nested>
  const tensors = Object.entries(json).map(([key, x]) => [
    key,
    Array.isArray(x)
      ? Tensor.from({ dtype: "f32", shape: shapeOf(x), data: Float32Array.from((x as number[]).flat(9) as number[]) })
      : x,
  ])
  return Object.fromEntries(tensors)
}

/** The largest distance between two tensors of one shape. */
export function distance(a: Tensor, b: Tensor): number {
  if (`${a.shape}` !== `${b.shape}`) throw new Error(`shapes [${a.shape}] and [${b.shape}]`)
  const other = b.array()
  return Math.max(0, ...Array.from(a.array(), (x, i) => Math.abs(x - other[i])))
}
