/** The IDX format of the MNIST files: a magic number that names element type and rank, big-endian sizes, then the elements. */
import type { HostArray } from "../../engine/dtype.ts"
import { damaged } from "../files.ts"

/**
 * Reads an IDX file of unsigned bytes.
 * @param expected the shape the file must have; `undefined` where any size will do
 * @returns dtype u8, a view of `bytes`
 * @throws CajalError when magic number, rank, a size or the length of the file differ from what is expected
 */
export function readIdx(bytes: Uint8Array, where: string, expected: readonly (number | undefined)[]): HostArray {
  const rank = expected.length
  const header = 4 + 4 * rank
  if (bytes.length < header) throw damaged(where, `an IDX header of ${header} bytes`, `${bytes.length} bytes`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = view.getUint32(0)
  const unsignedBytes = 0x0800
  if (magic !== (unsignedBytes | rank)) {
    throw damaged(where, `IDX magic number ${hex(unsignedBytes | rank)}`, hex(magic))
  }
  const shape = expected.map((_, axis) => view.getUint32(4 + 4 * axis))
  if (expected.some((size, axis) => size !== undefined && size !== shape[axis])) {
    throw damaged(where, `sizes ${expected.map((size) => size ?? "any").join(" x ")}`, shape.join(" x "))
  }
  const length = header + shape.reduce((product, size) => product * size, 1)
  if (bytes.length !== length) {
    throw damaged(where, `${length} bytes for sizes ${shape.join(" x ")}`, `${bytes.length} bytes`)
  }
  return { dtype: "u8", shape, data: bytes.subarray(header) }
}

const hex = (word: number): string => `0x${word.toString(16).padStart(8, "0")}`
