import type { Tensor } from "../../engine/index.ts"

/** Rates at which gates of one kind open and close, 1/ms, at a potential. */
export interface GateRates {
  readonly opening: Tensor
  readonly closing: Tensor
}

/** x' = opening (1 - x) - closing x */
export const gate = (x: Tensor, { opening, closing }: GateRates): Tensor =>
  opening.mul(x.neg().add(1)).sub(closing.mul(x))

/** Where the gates settle when the potential is held. */
export const steadyState = ({ opening, closing }: GateRates): Tensor => opening.div(opening.add(closing))

/** exp((v - half) / width) · scale */
export const exponentialRate = (v: Tensor, scale: number, half: number, width: number): Tensor =>
  v
    .sub(half)
    .mul(1 / width)
    .exp()
    .mul(scale)
