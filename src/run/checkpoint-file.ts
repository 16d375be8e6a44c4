import { createHash } from "node:crypto"
import { readSafetensors, writeSafetensors } from "../data/formats/safetensors.ts"
import type { HostArray } from "../engine/dtype.ts"
import { CajalError } from "../engine/errors.ts"
import type { JsonValue } from "./json.ts"

/** What one checkpoint file holds: the state to go on from, and how much had been written when it was taken. */
export interface Checkpoint {
  readonly system: string
  readonly json: JsonValue
  readonly tensors: Readonly<Record<string, HostArray>>
  /** Bytes of metrics.jsonl and events.jsonl that belong to this checkpoint. */
  readonly metricsBytes: number
  readonly eventsBytes: number
  readonly elapsedMs: number
}

const format = "cajal checkpoint 1"

/** One safetensors file: the arrays as they are, everything else as a text in its header, with a digest over both. */
export function encodeCheckpoint({ tensors, ...rest }: Checkpoint): Uint8Array {
  const state = JSON.stringify(rest)
  return writeSafetensors(tensors, { format, state, digest: digest(state, tensors) })
}

/**
 * @param where the file's name, for errors
 * @throws CajalError when the bytes are damaged or are not a checkpoint of a run
 */
export function decodeCheckpoint(bytes: Uint8Array, where: string): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes, where)
  const { state } = metadata
  if (metadata.format !== format || state === undefined) {
    throw new CajalError("this is not a checkpoint of a run", { where })
  }
  if (digest(state, tensors) !== metadata.digest) throw new CajalError("the checkpoint is damaged", { where })
  return { ...(JSON.parse(state) as Omit<Checkpoint, "tensors">), tensors }
}

function digest(state: string, tensors: Readonly<Record<string, HostArray>>): string {
  const hash = createHash("sha256").update(state)
  for (const name of Object.keys(tensors).sort()) {
    const { dtype, shape, data } = tensors[name]!
    hash.update(`${JSON.stringify(name)} ${dtype} ${shape.join("x")}`)
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  return hash.digest("hex")
}
