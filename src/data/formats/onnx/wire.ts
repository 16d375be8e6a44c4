/** Messages to and from the bytes of protobuf, by the rules of `messages.ts`. */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire"
import { type FieldRule, type MessageRule, modelRule, type OnnxModel, type ScalarKind } from "./messages.ts"

type Message = Record<string, unknown>

const wireTypes: Record<ScalarKind, WireType> = {
  int64: WireType.Varint,
  uint64: WireType.Varint,
  int32: WireType.Varint,
  float: WireType.Bit32,
  double: WireType.Bit64,
  string: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
}
const isPackable = (kind: FieldRule["kind"]): kind is ScalarKind =>
  typeof kind === "string" && wireTypes[kind] !== WireType.LengthDelimited

/** @throws RangeError or Error of the protobuf library for damaged bytes */
export const decodeModel = (bytes: Uint8Array): OnnxModel => decode(modelRule, bytes) as unknown as OnnxModel
export const encodeModel = (model: Partial<OnnxModel>): Uint8Array => encode(modelRule, model as Message)

const zeroOf = ({ kind, repeated, optional }: FieldRule): unknown => {
  if (repeated === true) return []
  if (optional === true) return undefined
  if (typeof kind !== "string") return decode(kind(), new Uint8Array(0))
  return kind === "string" ? "" : kind === "bytes" ? new Uint8Array(0) : 0
}

const numbered = new WeakMap<MessageRule, Map<number, [string, FieldRule]>>()
function byNumber(rule: MessageRule): Map<number, [string, FieldRule]> {
  const known = numbered.get(rule)
  if (known !== undefined) return known
  const made = new Map(
    Object.entries(rule).map(([name, field]) => [field.number, [name, field] as [string, FieldRule]]),
  )
  numbered.set(rule, made)
  return made
}

function decode(rule: MessageRule, bytes: Uint8Array): Message {
  const reader = new BinaryReader(bytes)
  const message: Message = Object.fromEntries(Object.entries(rule).map(([name, field]) => [name, zeroOf(field)]))
  const fields = byNumber(rule)
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag()
    const found = fields.get(number)
    if (found === undefined) {
      reader.skip(wire, number)
      continue
    }
    const [name, { kind, repeated }] = found
    if (repeated === true) {
      const list = message[name] as unknown[]
      if (isPackable(kind) && wire === WireType.LengthDelimited) {
        const end = reader.uint32() + reader.pos
        if (end > reader.len) throw new RangeError("a list goes beyond the end")
        while (reader.pos < end) list.push(decodeScalar(reader, kind))
      } else list.push(decodeValue(reader, kind, wire))
    } else message[name] = decodeValue(reader, kind, wire)
  }
  if (reader.pos > reader.len) throw new RangeError("a message goes beyond its end")
  return message
}

function decodeValue(reader: BinaryReader, kind: FieldRule["kind"], wire: WireType): unknown {
  const expected = typeof kind === "string" ? wireTypes[kind] : WireType.LengthDelimited
  if (wire !== expected) throw new RangeError(`a field has wire type ${wire} where ${expected} is expected`)
  return typeof kind === "string" ? decodeScalar(reader, kind) : decode(kind(), reader.bytes())
}

function decodeScalar(reader: BinaryReader, kind: ScalarKind): unknown {
  if (kind === "int64") return Number(reader.int64())
  if (kind === "uint64") return Number(reader.uint64())
  return reader[kind]()
}

function encode(rule: MessageRule, message: Message): Uint8Array {
  const writer = new BinaryWriter()
  for (const [name, { number, kind, repeated }] of Object.entries(rule)) {
    const value = message[name]
    if (value === undefined) continue
    if (repeated === true && isPackable(kind)) {
      const list = value as unknown[]
      if (list.length === 0) continue
      writer.tag(number, WireType.LengthDelimited).fork()
      for (const item of list) encodeScalar(writer, kind, item)
      writer.join()
    } else
      for (const item of repeated === true ? (value as unknown[]) : [value]) {
        if (typeof kind === "string") encodeScalar(writer.tag(number, wireTypes[kind]), kind, item)
        else writer.tag(number, WireType.LengthDelimited).bytes(encode(kind(), item as Message))
      }
  }
  return writer.finish()
}

function encodeScalar(writer: BinaryWriter, kind: ScalarKind, value: unknown): void {
  const write = writer[kind] as (value: unknown) => unknown
  write.call(writer, value)
}
