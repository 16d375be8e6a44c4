/** The results of full runs that are kept in the repository. */
import { useEffect, useState } from "react"
import type { ClaimResult } from "../../src/run/index.ts"

export interface RecordedResult {
  readonly claims: readonly ClaimResult[]
  readonly preset: string
  readonly seed: number
  readonly device: string
  readonly threads: number
  readonly date: string
  readonly commit: string | null
}

const results = import.meta.glob<RecordedResult>("../../results/*.json", { import: "default" })

/** The recorded result of a paper, once it is there; undefined where none was recorded. */
export function useRecordedResult(slug: string): RecordedResult | undefined {
  const [result, setResult] = useState<RecordedResult>()
  useEffect(() => {
    void results[`../../results/${slug}.json`]?.().then(setResult)
  }, [slug])
  return result
}
