/** Reading tar archives (POSIX ustar). */
import { damaged } from "../files.ts"

const block = 512

/**
 * The regular files of a tar archive, by name. Contents are views of `bytes`.
 * @throws CajalError when a header's checksum is wrong or the archive breaks off
 */
export function readTar(bytes: Uint8Array, where: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>()
  const ascii = new TextDecoder("latin1")
  const field = (from: number, length: number) =>
    ascii.decode(bytes.subarray(from, from + length)).replace(/\0.*$/s, "")
  for (let at = 0; at + block <= bytes.length; ) {
    const header = bytes.subarray(at, at + block)
    if (header.every((byte) => byte === 0)) return files // the end mark
    // The checksum is taken with its own field read as eight spaces.
    const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0)
    const stored = Number.parseInt(field(at + 148, 8).trim(), 8)
    if (sum !== stored) throw damaged(where, "a tar header with a right checksum", `a wrong one at byte ${at}`)
    const size = Number.parseInt(field(at + 124, 12).trim(), 8)
    const from = at + block
    if (!(from + size <= bytes.length))
      throw damaged(where, `${size} bytes for an archived file`, "the end of the archive")
    const type = field(at + 156, 1)
    const prefix = field(at + 257, 6) === "ustar" ? field(at + 345, 155) : "" // other kinds keep something else there
    const name = (prefix === "" ? "" : `${prefix}/`) + field(at, 100)
    if (type === "" || type === "0") files.set(name, bytes.subarray(from, from + size))
    at = from + Math.ceil(size / block) * block
  }
  throw damaged(where, "the end mark of a tar archive", "the end of the file")
}
