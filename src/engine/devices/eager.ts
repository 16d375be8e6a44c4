import { inlineCalls } from "../compile/inline-calls.ts"
import { newNode, newValue } from "../graph.ts"
import type { Primitive } from "../primitive.ts"
import { attributesKey, typeKey } from "../print.ts"
import { Tensor } from "../tensor.ts"
import { type Device, type Executable, onDevice } from "./device.ts"

const compiled = new WeakMap<Device, Map<string, Executable>>()
const mostPrograms = 4096

/** Runs one operator now: as a program of one node, compiled once per operator, attributes and input types. */
export function executeEagerly<A>(
  device: Device,
  primitive: Primitive<A>,
  inputs: readonly Tensor[],
  attributes: A,
): Tensor[] {
  const types = inputs.map((x) => x.type)
  const values = types.map((type) => newValue(type))
  const node = newNode(primitive as Primitive<unknown>, values, attributes)
  const key = `${primitive.name}(${types.map(typeKey).join(" ")})${attributesKey(attributes)}`
  const known = compiled.get(device) ?? new Map<string, Executable>()
  compiled.set(device, known)
  let executable = known.get(key)
  if (executable === undefined) {
    if (known.size >= mostPrograms) evictOldest(known)
    executable = device.compile(
      inlineCalls({ inputs: values, nodes: [node], outputs: node.outputs, constants: new Map() }),
    )
    known.set(key, executable)
  }
  const storages = executable.run(inputs.map((x) => onDevice(device, x.type, x.storage)))
  return storages.map((storage, i) => Tensor.stored(node.outputs[i].type, storage))
}

function evictOldest(known: Map<string, Executable>): void {
  const [oldest] = known
  oldest[1].dispose()
  known.delete(oldest[0])
}
