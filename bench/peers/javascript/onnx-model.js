/** Writes small ONNX models: the few messages of its protocol buffers that a graph of known shapes needs. */

const text = new TextEncoder()

function varint(n) {
  const bytes = []
  let rest = BigInt.asUintN(64, BigInt(n))
  do {
    const low = Number(rest & 127n)
    rest >>= 7n
    bytes.push(rest > 0n ? low | 128 : low)
  } while (rest > 0n)
  return bytes
}

const concat = (parts) => Buffer.concat(parts.map((part) => Buffer.from(part)))
/** A field with a length: text, bytes or another message. */
const field = (number, value) => {
  const bytes = typeof value === "string" ? text.encode(value) : value
  return concat([varint((number << 3) | 2), varint(bytes.length), bytes])
}
const integer = (number, value) => concat([varint(number << 3), varint(value)])
const single = (number, value) => concat([varint((number << 3) | 5), new Uint8Array(new Float32Array([value]).buffer)])

const elementTypes = { Float32Array: 1, BigInt64Array: 7 }

function attribute(name, value) {
  if (Array.isArray(value)) return concat([field(1, name), ...value.map((i) => integer(8, i)), integer(20, 7)])
  if (typeof value === "string") return concat([field(1, name), field(4, value), integer(20, 3)])
  return Number.isInteger(value)
    ? concat([field(1, name), integer(3, value), integer(20, 2)])
    : concat([field(1, name), single(2, value), integer(20, 1)])
}

const valueInfo = (name, shape) => {
  const dimensions = concat(shape.map((size) => field(1, integer(1, size))))
  return concat([field(1, name), field(2, field(1, concat([integer(1, 1), field(2, dimensions)])))])
}

export class OnnxModel {
  #nodes = []
  #initializers = []
  #inputs = []
  #count = 0

  /** An input of f32. */
  input(name, shape) {
    this.#inputs.push(valueInfo(name, shape))
    return name
  }

  /** A weight or constant: `{ data, shape }`. */
  constant({ data, shape }) {
    const name = `c${this.#count++}`
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    const type = elementTypes[data.constructor.name]
    this.#initializers.push(
      concat([...shape.map((n) => integer(1, n)), integer(2, type), field(8, name), field(9, raw)]),
    )
    return name
  }
  scalar = (value) => this.constant({ data: new Float32Array([value]), shape: [] })
  integers = (values) => this.constant({ data: BigInt64Array.from(values, BigInt), shape: [values.length] })

  /** A node with one output, whose name it returns. */
  node(op, inputs, attributes = {}, outputs = 1) {
    const names = Array.from({ length: outputs }, () => `v${this.#count++}`)
    const parts = [
      ...inputs.map((name) => field(1, name)),
      ...names.map((name) => field(2, name)),
      field(4, op),
      ...Object.entries(attributes).map(([name, value]) => field(5, attribute(name, value))),
    ]
    this.#nodes.push(concat(parts))
    return outputs === 1 ? names[0] : names
  }

  /** The file. @param outputs `[name, shape]` each */
  finish(outputs) {
    const graph = concat([
      ...this.#nodes.map((node) => field(1, node)),
      field(2, "graph"),
      ...this.#initializers.map((tensor) => field(5, tensor)),
      ...this.#inputs.map((value) => field(11, value)),
      ...outputs.map(([name, shape]) => field(12, valueInfo(name, shape))),
    ])
    return concat([integer(1, 9), field(7, graph), field(8, concat([field(1, ""), integer(2, 20)]))])
  }
}
