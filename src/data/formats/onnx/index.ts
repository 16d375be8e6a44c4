/** The ONNX format: functions of tensors as files, and files as functions. */

export { OnnxFunction, type OnnxPort, readOnnx } from "./read.ts"
export {
  type NamedTensors,
  type OnnxGraphOptions,
  type OnnxWriteOptions,
  onnxOfGraph,
  opsetWritten,
  writeOnnx,
} from "./write.ts"
