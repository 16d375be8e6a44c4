import { Meter, type OperationCounts, useMeter } from "../engine/index.ts"
import { energyOf } from "../neuro/index.ts"
import { metric, type RunEvent, table } from "./events.ts"

const labels: Readonly<Record<keyof OperationCounts, string>> = {
  multiplyAdds: "multiply-adds",
  accumulates: "accumulates (a weight added because of a spike)",
  other: "other operations",
  bytesRead: "bytes read",
  bytesWritten: "bytes written",
  spikes: "spikes",
}

/**
 * Counted operations as run events: the metrics `<name>/multiplyAdds`, `/accumulates`, `/other`, `/bytesRead`, `/bytesWritten` and `/spikes`, and
 * a table that adds an estimate of the energy.
 */
export function* operations(name: string, counts: OperationCounts): Generator<RunEvent, void, void> {
  const keys = Object.keys(labels) as (keyof OperationCounts)[]
  for (const key of keys) yield metric(`${name}/${key}`, counts[key])
  const { arithmeticMicrojoules, memoryMicrojoules } = energyOf(counts)
  const rows = keys.map((key) => [labels[key], counts[key]] as const)
  yield table(
    name,
    `Operations: ${name}`,
    ["what", "how much"],
    [
      ...rows,
      ["energy of the arithmetic at 45 nm, estimated, µJ", arithmeticMicrojoules],
      ["energy of on-chip memory at 45 nm, estimated, µJ", memoryMicrojoules],
    ],
  )
}

/** The events of a run, and at its end what all of its compiled functions did. */
export async function* metered(events: AsyncIterable<RunEvent>): AsyncGenerator<RunEvent, void, void> {
  const meter = new Meter()
  useMeter(meter)
  try {
    yield* events
    yield* operations("operations", meter.total())
  } finally {
    useMeter(undefined)
  }
}
