import { bytesOf, type HostArray, type TypedArray } from "../dtype.ts"
import { CajalError } from "../errors.ts"
import { checkSize, type Graph, type Value } from "../graph.ts"
import { sizeOf } from "../shape.ts"
import type { Device, Executable, Storage } from "./device.ts"

/** Runs a graph node by node with the operators' own evaluations. */
export function evaluateGraph(graph: Graph, inputs: readonly HostArray[]): HostArray[] {
  const known = new Map<Value, HostArray>()
  for (const [v, tensor] of graph.constants) known.set(v, tensor.host())
  graph.inputs.forEach((v, i) => {
    known.set(v, inputs[i])
  })
  const get = (v: Value): HostArray => known.get(v) as HostArray
  for (const node of graph.nodes) {
    for (const v of node.outputs) checkSize(v.type)
    const results = node.primitive.evaluate(
      node.inputs.map(get),
      node.attributes,
      node.outputs.map((v) => v.type),
    )
    node.outputs.forEach((v, i) => {
      known.set(v, results[i])
    })
  }
  return graph.outputs.map(get)
}

class HostStorage implements Storage {
  readonly device: Device
  readonly array: HostArray

  constructor(device: Device, array: HostArray) {
    this.device = device
    this.array = array
  }
  read(): TypedArray {
    return this.array.data.slice()
  }
  free(): void {}
}

const bytes = (values: readonly Value[]): number =>
  values.reduce((n, { type }) => n + sizeOf(type.shape) * bytesOf[type.dtype], 0)

let made: Device | undefined

/** Plain TypeScript, slow, obviously right: the oracle that the other devices are tested against. */
export function referenceDevice(): Device {
  made ??= {
    name: "reference",
    threads: 1,
    ready: () => Promise.resolve(),
    upload(array) {
      return new HostStorage(this, { ...array, data: array.data.slice() })
    },
    compile(graph): Executable {
      return {
        run: (inputs) =>
          evaluateGraph(
            graph,
            inputs.map((storage) => {
              if (storage instanceof HostStorage) return storage.array
              throw new CajalError("an input of a reference program lies on another device")
            }),
          ).map((array) => new HostStorage(this, array)),
        report: {
          temporaryBytes: bytes(graph.nodes.flatMap((node) => node.outputs).filter((v) => !graph.outputs.includes(v))),
          inputBytes: bytes(graph.inputs),
          outputBytes: bytes(graph.outputs),
          codeBytes: 0,
          kernels: graph.nodes.map((node) => ({ name: node.primitive.name, detail: "", calls: 1 })),
          compileMs: 0,
        },
        dispose() {},
      }
    },
  }
  return made
}
