/** The messages of ONNX files that are read and written here, with the numbers of their fields. @source onnx.proto of ONNX 1.23 */

export interface OnnxModel {
  irVersion: number
  producerName: string
  producerVersion: string
  domain: string
  docString: string
  graph: OnnxGraph
  opsetImport: { domain: string; version: number }[]
  metadataProps: { key: string; value: string }[]
  functions: { name: string; domain: string }[]
}
export interface OnnxGraph {
  node: OnnxNode[]
  name: string
  initializer: OnnxTensor[]
  sparseInitializer: unknown[]
  input: OnnxValueInfo[]
  output: OnnxValueInfo[]
}
export interface OnnxNode {
  input: string[]
  output: string[]
  name: string
  opType: string
  domain: string
  attribute: OnnxAttribute[]
}
export interface OnnxAttribute {
  name: string
  type: number
  f: number
  i: number
  s: Uint8Array
  t: OnnxTensor
  g: OnnxGraph
  floats: number[]
  ints: number[]
  strings: Uint8Array[]
}
export interface OnnxTensor {
  dims: number[]
  dataType: number
  name: string
  rawData: Uint8Array
  floatData: number[]
  int32Data: number[]
  int64Data: number[]
  doubleData: number[]
  uint64Data: number[]
  dataLocation: number
}
export interface OnnxValueInfo {
  name: string
  type: { tensorType?: { elemType: number; shape?: { dim: { dimValue?: number; dimParam?: string }[] } } }
}

export type ScalarKind = "int64" | "uint64" | "int32" | "float" | "double" | "string" | "bytes"
/** `optional` fields are undefined where a message lacks them; others have their type's zero. */
export interface FieldRule {
  readonly number: number
  readonly kind: ScalarKind | (() => MessageRule)
  readonly repeated?: boolean
  readonly optional?: boolean
}
export type MessageRule = Readonly<Record<string, FieldRule>>

const one = (number: number, kind: FieldRule["kind"]): FieldRule => ({ number, kind })
const many = (number: number, kind: FieldRule["kind"]): FieldRule => ({ number, kind, repeated: true })
const maybe = (number: number, kind: FieldRule["kind"]): FieldRule => ({ number, kind, optional: true })

const dimension: MessageRule = { dimValue: maybe(1, "int64"), dimParam: maybe(2, "string") }
const shape: MessageRule = { dim: many(1, () => dimension) }
const tensorType: MessageRule = { elemType: one(1, "int32"), shape: maybe(2, () => shape) }
const type: MessageRule = { tensorType: maybe(1, () => tensorType) }
const valueInfo: MessageRule = { name: one(1, "string"), type: one(2, () => type) }
const pair: MessageRule = { key: one(1, "string"), value: one(2, "string") }
const opset: MessageRule = { domain: one(1, "string"), version: one(2, "int64") }
const local: MessageRule = { name: one(1, "string"), domain: one(10, "string") }

const tensor: MessageRule = {
  dims: many(1, "int64"),
  dataType: one(2, "int32"),
  floatData: many(4, "float"),
  int32Data: many(5, "int32"),
  int64Data: many(7, "int64"),
  name: one(8, "string"),
  rawData: one(9, "bytes"),
  doubleData: many(10, "double"),
  uint64Data: many(11, "uint64"),
  dataLocation: one(14, "int32"),
}
const attribute: MessageRule = {
  name: one(1, "string"),
  f: maybe(2, "float"),
  i: maybe(3, "int64"),
  s: maybe(4, "bytes"),
  t: maybe(5, () => tensor),
  g: maybe(6, () => graph),
  floats: many(7, "float"),
  ints: many(8, "int64"),
  strings: many(9, "bytes"),
  type: one(20, "int32"),
}
const node: MessageRule = {
  input: many(1, "string"),
  output: many(2, "string"),
  name: one(3, "string"),
  opType: one(4, "string"),
  attribute: many(5, () => attribute),
  domain: one(7, "string"),
}
const graph: MessageRule = {
  node: many(1, () => node),
  name: one(2, "string"),
  initializer: many(5, () => tensor),
  input: many(11, () => valueInfo),
  output: many(12, () => valueInfo),
  sparseInitializer: many(15, "bytes"),
}
export const modelRule: MessageRule = {
  irVersion: one(1, "int64"),
  producerName: one(2, "string"),
  producerVersion: one(3, "string"),
  domain: one(4, "string"),
  docString: one(6, "string"),
  graph: one(7, () => graph),
  opsetImport: many(8, () => opset),
  metadataProps: many(14, () => pair),
  functions: many(25, () => local),
}
