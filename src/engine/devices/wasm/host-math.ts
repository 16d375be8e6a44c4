import { erf, sigmoid } from "../../special.ts"
import type { Fn, ModuleBuilder } from "./assembler/index.ts"

/** Functions of the host that generated code calls, in double precision. */
export const hostMath: Record<string, (x: number, y: number) => number> = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  sigmoid,
  erf,
  pow: (x, y) => x ** y,
}

/** The import of a host function of one or two numbers. */
export function hostFunction(module: ModuleBuilder, name: string, arity: number): Fn<"f64"[], readonly ["f64"]> {
  if (hostMath[name] === undefined) throw new Error(`no code for the elementwise operator ${name}`)
  return module.importFunction("math", name, new Array(arity).fill("f64") as "f64"[], ["f64"]) as never
}
