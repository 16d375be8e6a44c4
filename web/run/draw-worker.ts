/** Draws figures, away from the page and from the run. */
import type { VegaLiteSpec } from "../../src/view/spec.ts"
import { toSvg } from "../../src/view/svg.ts"

export interface DrawRequest {
  readonly key: number
  readonly name: string
  readonly spec: VegaLiteSpec
}

export interface DrawAnswer {
  readonly key: number
  readonly svg?: string
  readonly error?: string
}

const answer = (message: DrawAnswer): void => postMessage(message)

addEventListener("message", async ({ data: { key, name, spec } }: MessageEvent<DrawRequest>) => {
  try {
    answer({ key, svg: await toSvg(spec, name) })
  } catch (error) {
    answer({ key, error: (error as Error).message })
  }
})
