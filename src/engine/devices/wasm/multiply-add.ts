import { type Expr, f32x4, features, type ModuleBuilder } from "./assembler/index.ts"
import { teamOf } from "./team.ts"

/** x · y + z, rounded once where the machine can and numerics are not strict. */
export const multiplyAdd = (module: ModuleBuilder, x: Expr<"v128">, y: Expr<"v128">, z: Expr<"v128">): Expr<"v128"> =>
  teamOf(module).strict || !features().relaxedSimd ? f32x4.add(f32x4.mul(x, y), z) : f32x4.relaxedMadd(x, y, z)

/** z - x · y, likewise. */
export const multiplySubtract = (
  module: ModuleBuilder,
  x: Expr<"v128">,
  y: Expr<"v128">,
  z: Expr<"v128">,
): Expr<"v128"> =>
  teamOf(module).strict || !features().relaxedSimd ? f32x4.sub(z, f32x4.mul(x, y)) : f32x4.relaxedNmadd(x, y, z)
