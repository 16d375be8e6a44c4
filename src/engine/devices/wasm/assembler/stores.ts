/** The forms of `store`: what is written, and how wide. */
export const stores = {
  i32: { type: "i32", opcode: 0x36, align: 2 },
  i64: { type: "i64", opcode: 0x37, align: 3 },
  f32: { type: "f32", opcode: 0x38, align: 2 },
  f64: { type: "f64", opcode: 0x39, align: 3 },
  /** The low byte of an i32. */
  u8: { type: "i32", opcode: 0x3a, align: 0 },
  /** The low two bytes of an i32. */
  u16: { type: "i32", opcode: 0x3b, align: 1 },
  /** The low four bytes of an i64. */
  u32: { type: "i64", opcode: 0x3e, align: 2 },
  v128: { type: "v128", opcode: 0xfd000b, align: 4 },
} as const

export type StoreKind = keyof typeof stores
export type Stored<K extends StoreKind> = (typeof stores)[K]["type"]

/** One lane of a v128, by its width in bits. */
export const laneStores = {
  8: { opcode: 0xfd0058, align: 0 },
  16: { opcode: 0xfd0059, align: 1 },
  32: { opcode: 0xfd005a, align: 2 },
  64: { opcode: 0xfd005b, align: 3 },
} as const
