/** Where the time of our side goes, kernel by kernel, in the lines that are furthest behind. */
import path from "node:path"
import { tableOf } from "../../src/cli/profile-view.ts"
import { type KernelProfile, Profile, Tensor, useProfile } from "../../src/engine/index.ts"
import { writeWhole } from "../../src/run/store.ts"
import type { Case } from "./case.ts"
import { resultsFolder } from "./results.ts"

const runs = 5
const width = 130

/** Kernels of a few runs of a case, on one thread, longest first. */
export function profileOf(one: Case): readonly KernelProfile[] {
  const inputs = Object.entries(one.inputs()).map(([name, array]) => [name, Tensor.from(array)] as const)
  const profile = new Profile()
  useProfile(profile)
  try {
    const work = one.ours(Object.fromEntries(inputs), one.parameters)
    work.start()
    for (let i = 0; i < runs; i++) for (const result of work.run()) result.dispose()
    return profile.kernels()
  } finally {
    useProfile(undefined)
    for (const [, tensor] of inputs) tensor.dispose()
  }
}

/** Writes the profiles of cases to results/profiles.md; `ratios` are those of their lines. */
export function writeProfiles(worst: readonly { readonly one: Case; readonly ratio: number }[]): void {
  const parts = worst.map(({ one, ratio }) => {
    const kernels = profileOf(one)
    const ms = kernels.reduce((sum, kernel) => sum + kernel.ms, 0) / runs
    const head = `## ${one.title}\n\n${ratio.toFixed(2)} times the best peer; ${ms.toFixed(1)} ms of kernels in a run on one thread.`
    return `${head}\n\n\`\`\`\n${tableOf(kernels.slice(0, 12), width)}\n\`\`\`\n`
  })
  const text = `# The lines furthest behind\n\nKernels of ${runs} runs of each, timed one by one on one thread.\n\n${parts.join("\n")}`
  writeWhole(path.join(resultsFolder, "profiles.md"), text)
}
