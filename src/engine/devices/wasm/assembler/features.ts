import { atomic } from "./atomics.ts"
import { f32x4 } from "./float-lanes.ts"
import type { FunctionBuilder } from "./function-builder.ts"
import { ModuleBuilder } from "./module-builder.ts"

/** What the machine's WebAssembly can do beyond the first version of the format. */
export interface Features {
  /** 128-bit vectors. */
  simd: boolean
  /** Fused multiply-add and its kin, whose last bit may differ between machines. */
  relaxedSimd: boolean
  /** Shared memory and atomics. In a browser the page must be cross-origin isolated as well. */
  threads: boolean
}

let found: Features | undefined

/** The machine's features, found out at the first call. */
export function features(): Features {
  found ??= {
    simd: accepts(false, (f) => f.drop(f32x4.splat(0))),
    relaxedSimd: accepts(false, (f) => {
      const x = f.local("v128")
      f.drop(f32x4.relaxedMadd(x, x, x))
    }),
    threads: typeof SharedArrayBuffer !== "undefined" && accepts(true, (f) => f.drop(atomic.add(0, 0))),
  }
  return found
}

function accepts(shared: boolean, body: (f: FunctionBuilder<readonly []>) => void): boolean {
  const module = new ModuleBuilder()
  module.memory({ initialPages: 1, maximumPages: 1, shared })
  module.function("probe", { params: [] }, body)
  return WebAssembly.validate(module.finish())
}
