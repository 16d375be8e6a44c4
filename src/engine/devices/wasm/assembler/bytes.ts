/** A growable byte buffer with the number encodings of the WebAssembly binary format. */
export class ByteWriter {
  bytes: Uint8Array<ArrayBuffer>
  length = 0

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity)
  }

  u8(value: number): void {
    if (this.length === this.bytes.length) this.#grow(1)
    this.bytes[this.length++] = value
  }

  /** Unsigned LEB128 of a 32-bit number. */
  u32(value: number): void {
    let rest = value >>> 0
    while (rest >= 0x80) {
      this.u8((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.u8(rest)
  }

  /** Signed LEB128 of a 32-bit number. */
  s32(value: number): void {
    let rest = value | 0
    while (rest < -0x40 || rest >= 0x40) {
      this.u8((rest & 0x7f) | 0x80)
      rest >>= 7
    }
    this.u8(rest & 0x7f)
  }

  /** Signed LEB128 of a 64-bit number. */
  s64(value: bigint): void {
    let rest = BigInt.asIntN(64, value)
    while (rest < -0x40n || rest >= 0x40n) {
      this.u8(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.u8(Number(rest & 0x7fn))
  }

  f32(value: number): void {
    scratch.setFloat32(0, value, true)
    for (let i = 0; i < 4; i++) this.u8(scratchBytes[i] as number)
  }

  f64(value: number): void {
    scratch.setFloat64(0, value, true)
    for (let i = 0; i < 8; i++) this.u8(scratchBytes[i] as number)
  }

  append(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.bytes.length) this.#grow(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** A UTF-8 string behind its length. */
  text(value: string): void {
    const bytes = utf8.encode(value)
    this.u32(bytes.length)
    this.append(bytes)
  }

  /** Leaves room for a number that `patchU32` fills in later: LEB128 stretched to five bytes. */
  reserveU32(): number {
    if (this.length + 5 > this.bytes.length) this.#grow(5)
    const position = this.length
    this.length += 5
    return position
  }

  patchU32(position: number, value: number): void {
    for (let i = 0; i < 5; i++) this.bytes[position + i] = ((value >>> (7 * i)) & 0x7f) | (i < 4 ? 0x80 : 0)
  }

  /** What `write` writes, behind its size in bytes. */
  sized(write: () => void): void {
    const position = this.reserveU32()
    write()
    this.patchU32(position, this.length - position - 5)
  }

  /** A view of what was written so far, valid until the next write. */
  view(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length)
  }

  #grow(needed: number): void {
    const bigger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + needed))
    bigger.set(this.view())
    this.bytes = bigger
  }
}

const utf8 = new TextEncoder()
const scratchBytes = new Uint8Array(8)
const scratch = new DataView(scratchBytes.buffer)
