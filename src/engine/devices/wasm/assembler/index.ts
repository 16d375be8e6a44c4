/**
 * A typed assembler for WebAssembly modules made at run time. Expressions are trees, checked by value type; a function
 * builder writes statements; a module builder gathers functions, memory and imports, and gives the binary.
 *
 *     const module = new ModuleBuilder()
 *     module.memory({ import: ["env", "memory"], initialPages: 1 })
 *     module.function("scale", { params: ["i32", "i32", "f32"], export: true }, (f, from, to, factor) => {
 *       const address = f.local("i32")
 *       f.for(address, from, to, 4, () => f.store("f32", address, f32.mul(f32.load(address), factor)))
 *     })
 *     const bytes = module.finish()
 *
 * Format and opcodes: WebAssembly Core Specification 3.0, chapter "Binary Format"; atomics: the threads proposal.
 */
export { atomic } from "./atomics.ts"
export { type Features, features } from "./features.ts"
export { f32x4, f64x2 } from "./float-lanes.ts"
export { f32, f64 } from "./floats.ts"
export { type Exit, FunctionBuilder } from "./function-builder.ts"
export { i8x16, i16x8, i32x4, i64x2 } from "./integer-lanes.ts"
export { i32, i64 } from "./integers.ts"
export { type FunctionOptions, type Locals, ModuleBuilder } from "./module-builder.ts"
export type { MemoryOptions } from "./sections.ts"
export type { StoreKind } from "./stores.ts"
export { type Expr, Misuse, type Operand, type Operands, type ValueType } from "./types.ts"
export { call, Fn, Global, Local, type Results, select, tee } from "./variables.ts"
export { v128 } from "./vectors.ts"
