/** Reading zip archives: stored and deflated entries, without encryption or zip64. */
import { damaged } from "../files.ts"
import { firstBytes, inflateRaw } from "./gzip.ts"

export interface ZipEntry {
  readonly name: string
  /** Unpacked length in bytes. */
  readonly size: number
  /** Unpacks the entry and checks its length and CRC-32. */
  read(): Promise<Uint8Array>
}

/**
 * The files of a zip archive, from its central directory.
 * @throws CajalError when the archive breaks off, is corrupt, or uses a feature that is not read here
 */
export function readZip(bytes: Uint8Array, where: string): Map<string, ZipEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 22 || view.getUint16(0, true) !== 0x4b50) throw damaged(where, "a zip archive", firstBytes(bytes))
  const end = findEnd(view, where)
  const count = view.getUint16(end + 10, true)
  let at = view.getUint32(end + 16, true)
  const entries = new Map<string, ZipEntry>()
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
      throw damaged(where, `entry ${i + 1} of ${count} in the zip directory`, "something else")
    }
    const nameLength = view.getUint16(at + 28, true)
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength))
    if (!name.endsWith("/")) entries.set(name, entryAt(bytes, view, at, name, where))
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
  }
  return entries
}

// The end record is last but for a comment of at most 65,535 bytes.
function findEnd(view: DataView, where: string): number {
  const last = view.byteLength - 22
  for (let at = last; at >= Math.max(0, last - 65535); at--) {
    if (view.getUint32(at, true) === 0x06054b50) return at
  }
  throw damaged(where, "the end record of a zip archive", "a file that breaks off")
}

function entryAt(bytes: Uint8Array, view: DataView, at: number, name: string, archive: string): ZipEntry {
  const where = `${archive}: ${name}`
  const flags = view.getUint16(at + 8, true)
  const method = view.getUint16(at + 10, true)
  const crc = view.getUint32(at + 16, true)
  const packedSize = view.getUint32(at + 20, true)
  const size = view.getUint32(at + 24, true)
  const local = view.getUint32(at + 42, true)
  return {
    name,
    size,
    async read() {
      if ((flags & 1) !== 0) throw damaged(where, "an entry without encryption", "an encrypted one")
      if (method !== 0 && method !== 8) throw damaged(where, "a stored or deflated entry", `method ${method}`)
      if (local + 30 > bytes.length || view.getUint32(local, true) !== 0x04034b50) {
        throw damaged(where, `an entry at byte ${local}`, "something else")
      }
      const from = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true)
      if (from + packedSize > bytes.length) throw damaged(where, `${packedSize} packed bytes`, "the end of the archive")
      const packed = bytes.subarray(from, from + packedSize)
      const content = method === 0 ? packed : await inflateRaw(packed, { where, maxBytes: size })
      if (content.length !== size) throw damaged(where, `${size} bytes`, `${content.length} bytes`)
      if (crc32(content) !== crc) throw damaged(where, `CRC-32 ${crc.toString(16)}`, crc32(content).toString(16))
      return content
    },
  }
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})

/** The CRC-32 of zip and gzip (IEEE 802.3 polynomial, reflected). */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ crcTable[(crc ^ bytes[i]) & 0xff]
  return (crc ^ 0xffffffff) >>> 0
}
