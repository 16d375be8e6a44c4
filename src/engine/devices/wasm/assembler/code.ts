import { ByteWriter } from "./bytes.ts"

/** Prefixes of the multi-byte instructions, as `opcode` expects them: `simd + 0x0b` is `v128.store`. */
export const misc = 0xfc0000
export const simd = 0xfd0000
export const threads = 0xfe0000

/** The instructions of one function, with the calls whose function index is known only when the module is finished. */
export class CodeWriter extends ByteWriter {
  readonly functionName: string
  /** Where a function's index is missing, and which function is meant. */
  readonly callSites: { readonly position: number; readonly target: object }[] = []

  /** The local that holds a vector constant from the start of the function on; undefined outside functions. */
  hold: ((bytes: Uint8Array) => number) | undefined

  constructor(functionName: string) {
    super(512)
    this.functionName = functionName
  }

  opcode(opcode: number): void {
    if (opcode < 0x100) {
      this.u8(opcode)
      return
    }
    this.u8(opcode >>> 16)
    this.u32(opcode & 0xffff)
  }

  callTo(target: object): void {
    this.u8(0x10)
    this.callSites.push({ position: this.reserveU32(), target })
  }
}
