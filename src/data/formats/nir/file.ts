import { allocate, type HostArray } from "../../../engine/dtype.ts"
import { CajalError } from "../../../engine/errors.ts"
import { sizeOf } from "../../../engine/shape.ts"
import { isArray } from "./arrays.ts"
import { type Hdf5Data, type Hdf5Group, isData, readHdf5, writeHdf5 } from "./hdf5.ts"
import { checkNir } from "./shapes.ts"
import { type Field, type NirGraph, type NirMetadata, type NirNode, nodeFields } from "./types.ts"

/** The version of the `nir` package whose files are written here. */
const formatVersion = "1.0.8"

/**
 * A NIR file (Neuromorphic Intermediate Representation: a graph of nodes in HDF5).
 * @param where what error messages call the file
 * @throws CajalError naming the node, when the file is damaged, a node is of a kind that the standard does not have, lacks a parameter, or
 *   shapes do not fit along an edge
 * @source Pedersen et al., Neuromorphic intermediate representation, Nature Communications (2024); the `nir` package
 */
export async function readNir(bytes: Uint8Array, where: string): Promise<NirGraph> {
  const file = await readHdf5(bytes, where)
  const root = file.node
  if (root === undefined || isData(root)) throw new CajalError("not a NIR file: it has no group `node`", { where })
  try {
    const node = readNode("the file's node", root)
    const graph: NirGraph =
      node.type === "NIRGraph" ? node : { type: "NIRGraph", nodes: { node }, edges: [] as [string, string][] }
    const version = isData(file.version) ? { version: String(file.version.values[0]) } : {}
    const whole = { ...graph, ...version }
    checkNir(whole)
    return whole
  } catch (error) {
    if (error instanceof CajalError && error.where === undefined)
      throw new CajalError(error.message, { where, hint: error.hint, cause: error })
    throw error
  }
}

/**
 * The bytes of a NIR file. Shapes that the graph leaves open and its file needs (the input of a convolution) are worked out.
 * @throws CajalError naming the node, when an edge leads nowhere or shapes do not fit along it
 */
export async function writeNir(graph: NirGraph): Promise<Uint8Array> {
  const shapes = checkNir(graph)
  const inputShape = (path: string, node: NirNode): NirNode => {
    const found = shapes.get(path)?.input
    if (node.type === "Conv1d" && found !== undefined) return { ...node, input_shape: found[1] }
    if (node.type === "Conv2d" && found !== undefined) return { ...node, input_shape: [found[1], found[2]] }
    if (node.type === "Flatten" && found !== undefined) return { ...node, input_type: found }
    return node
  }
  return writeHdf5({ version: text(formatVersion), node: writeNode("", graph, inputShape) })
}

// Reading ------------------------------------------------------------------------------------------------------------

function readNode(name: string, group: Hdf5Group): NirNode {
  const type = isData(group.type) ? String(group.type.values[0]) : undefined
  if (type === undefined) throw new CajalError(`${name} does not say of what type it is`)
  const noted = group.metadata
  const metadata =
    noted === undefined || isData(noted) || Object.keys(noted).length === 0 ? {} : { metadata: readMetadata(noted) }
  if (type === "NIRGraph") return { type, ...readGraph(name, group), ...metadata }
  if (!Object.hasOwn(nodeFields, type))
    throw new CajalError(`${name} is of type ${type}, which is not known here`, {
      hint: `known are ${[...Object.keys(nodeFields), "NIRGraph"].join(", ")}`,
    })
  const fields = nodeFields[type as keyof typeof nodeFields]
  const read = Object.entries(fields).flatMap(([field, rule]): [string, unknown][] => {
    const data = group[field]
    if (isData(data)) return [[field, readField(`${name}: ${field}`, data, rule)]]
    if (rule.optional === true) return []
    throw new CajalError(`${name} (${type}) has no ${field}`)
  })
  return { type, ...Object.fromEntries(read), ...metadata } as NirNode
}

function readGraph(name: string, { nodes, edges }: Hdf5Group): Pick<NirGraph, "nodes" | "edges"> {
  if (nodes === undefined || isData(nodes)) throw new CajalError(`${name} is a graph without nodes`)
  const read = Object.entries(nodes).map(([key, group]): [string, NirNode] => {
    if (isData(group)) throw new CajalError(`${name}: the node ${key} is no group`)
    return [key, readNode(`node ${key}`, group)]
  })
  const ends = isData(edges) ? Array.from(edges.values as ArrayLike<string | number>, String) : []
  if (ends.length % 2 !== 0) throw new CajalError(`${name}: its edges are no pairs of names`)
  return {
    nodes: Object.fromEntries(read),
    edges: Array.from({ length: ends.length / 2 }, (_, i) => [ends[2 * i], ends[2 * i + 1]] as const),
  }
}

function readField(what: string, data: Hdf5Data, { kind }: Field): unknown {
  const { values, shape } = data
  if (kind === "padding" && typeof values[0] === "string") {
    if (values[0] === "same" || values[0] === "valid") return values[0]
    throw new CajalError(`${what} is ${JSON.stringify(values[0])}; it is "same", "valid" or numbers`)
  }
  if (typeof values[0] === "string") throw new CajalError(`${what} is text where numbers are expected`)
  const numbers = values as ArrayLike<number>
  if (kind === "array") return floats(numbers, shape)
  const whole = Array.from(numbers)
  if (whole.some((n) => !Number.isSafeInteger(n))) throw new CajalError(`${what} is ${whole}; it takes whole numbers`)
  if (kind === "shape") return whole
  if (whole.length === 1) return whole[0]
  if (kind !== "whole" && whole.length === 2) return whole
  throw new CajalError(
    `${what} has ${whole.length} numbers; it takes ${kind === "whole" ? "one" : "one, or one for each direction"}`,
  )
}

const floats = (values: ArrayLike<number>, shape: readonly number[]): HostArray => {
  if (values instanceof Float32Array) return { dtype: "f32", shape, data: values }
  if (values instanceof Float64Array) return { dtype: "f64", shape, data: values }
  return { dtype: "f32", shape, data: Float32Array.from(values) }
}

const readMetadata = (group: Hdf5Group): NirMetadata =>
  Object.fromEntries(
    Object.entries(group).map(([name, item]) => {
      if (!isData(item)) return [name, readMetadata(item)]
      const { values, shape } = item
      if (typeof values[0] === "string") return [name, values.length === 1 ? values[0] : values.join("\n")]
      return [name, shape.length === 0 ? (values[0] as number) : floats(values as ArrayLike<number>, shape)]
    }),
  )

// Writing ------------------------------------------------------------------------------------------------------------

const text = (value: string): Hdf5Data => ({ shape: [], values: [value] })
const wholes = (value: number | readonly number[]): Hdf5Data =>
  typeof value === "number" ? { shape: [], values: [value] } : { shape: [value.length], values: value }

function writeNode(path: string, node: NirNode, complete: (path: string, node: NirNode) => NirNode): Hdf5Group {
  const metadata: Hdf5Group = node.metadata === undefined ? {} : { metadata: writeMetadata(node.metadata) }
  if (node.type === "NIRGraph") {
    const nodes = Object.entries(node.nodes).map(([name, inner]) => {
      const own = path === "" ? name : `${path}.${name}`
      return [name, writeNode(own, inner, complete)]
    })
    const edges: Hdf5Data =
      node.edges.length === 0
        ? { shape: [0], values: new Float64Array(0) }
        : { shape: [node.edges.length, 2], values: node.edges.flat() }
    return { type: text(node.type), nodes: Object.fromEntries(nodes), edges, ...metadata }
  }
  const full = complete(path, node) as unknown as Record<string, unknown>
  const fields = Object.entries(nodeFields[node.type]).flatMap(([name, { kind, optional }]): [string, Hdf5Data][] => {
    const value = full[name]
    if (value === undefined) {
      if (optional === true) return []
      throw new CajalError(`node ${path} (${node.type}) has no ${name}`)
    }
    return [[name, kind === "array" ? writeArray(`node ${path}: ${name}`, value as HostArray) : writePlain(value)]]
  })
  return { type: text(node.type), ...Object.fromEntries(fields), ...metadata }
}

const writePlain = (value: unknown): Hdf5Data =>
  typeof value === "string" ? text(value) : wholes(value as number | readonly number[])

function writeArray(what: string, { dtype, shape, data }: HostArray): Hdf5Data {
  if (data.length !== sizeOf(shape))
    throw new CajalError(`${what} [${shape.join(", ")}] should hold ${sizeOf(shape)} elements but holds ${data.length}`)
  if (dtype === "f64") return { shape, values: data }
  const single = allocate("f32", data.length)
  single.set(data as never)
  return { shape, values: single }
}

const writeMetadata = (metadata: NirMetadata): Hdf5Group =>
  Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => {
      if (typeof value === "string") return [name, text(value)]
      if (typeof value === "number")
        return [name, Number.isSafeInteger(value) ? wholes(value) : { shape: [], values: new Float64Array([value]) }]
      return [name, isArray(value) ? writeArray(name, value) : writeMetadata(value)]
    }),
  )
