import type { HostArray, TypedArray } from "../dtype.ts"
import { CajalError } from "../errors.ts"
import type { Graph } from "../graph.ts"
import type { TensorType } from "../primitive.ts"
import { referenceDevice } from "./reference.ts"
import { type WasmOptions, wasmDevice } from "./wasm/device.ts"

export type DeviceName = "reference" | "wasm"

/** The elements of one tensor on a device. */
export interface Storage {
  readonly device: Device
  /** A copy of the elements, row-major. */
  read(): TypedArray
  free(): void
}

/** What a compiled program takes, in bytes and in operations. */
export interface ProgramReport {
  /** Bytes of everything that lives only while the program runs: activations, residuals, scratch space. */
  readonly temporaryBytes: number
  readonly inputBytes: number
  readonly outputBytes: number
  /** Bytes of the program itself. */
  readonly codeBytes: number
  readonly kernels: readonly KernelReport[]
  readonly compileMs: number
}

/** What a profiled program knows of a kernel besides. */
export interface KernelNote {
  /** Operators and the shape of the result. */
  readonly work?: string
  /** The line of the program that asked for it. */
  readonly where?: string
  /** Floating point operations in one run; unknown where they depend on values. */
  readonly operations?: number | "unknown"
  /** Bytes of operands and results in one run. */
  readonly bytes?: number
}

export interface KernelReport {
  readonly name: string
  /** What it does, in the terms of the graph. */
  readonly detail: string
  /** How often it is called in one run of the program. */
  readonly calls: number
  readonly note?: KernelNote
}

/** A kernel and the time that its calls take in one run, on one thread. */
export interface KernelTime extends KernelReport {
  readonly ms: number
}

/** A graph made ready to run on a device. */
export interface Executable {
  /** Storages of the inputs in, storages of the outputs out. Inputs are only read. */
  run(inputs: readonly Storage[]): Storage[]
  readonly report: ProgramReport
  /** Runs it `runs` times more, on one thread, looking at the clock after every kernel. */
  profile?(inputs: readonly Storage[], runs: number): KernelTime[]
  dispose(): void
}

/** Where tensors lie and programs run. */
export interface Device {
  readonly name: DeviceName
  readonly threads: number
  /** Settles when all threads have come; until then programs run on one. Only measurements need to wait for it. */
  ready(): Promise<void>
  upload(array: HostArray): Storage
  /** Compiles a graph whose constants have been made inputs. */
  compile(graph: Graph): Executable
}

/** A tensor's elements on `device`, copied there when they lie elsewhere. */
export function onDevice(device: Device, type: TensorType, storage: Storage): Storage {
  return storage.device === device
    ? storage
    : device.upload({ dtype: type.dtype, shape: type.shape, data: storage.read() })
}

let active: Device | undefined

/** The device that new tensors go to and programs are compiled for: `wasm` unless another was set. */
export const activeDevice = (): Device => (active ??= device("wasm"))

/**
 * A device by name.
 * @param options for `wasm`: how many threads work together, and whether its bits must be those of every other machine
 */
export function device(name: DeviceName, options: WasmOptions = {}): Device {
  if (name === "reference") return referenceDevice()
  if (name === "wasm") return wasmDevice(options)
  throw new CajalError(`there is no device "${name as string}"`, { hint: "devices: wasm, reference" })
}

/** Makes a device the active one, for good or while `body` runs. */
export function useDevice(chosen: Device | DeviceName): void
export function useDevice<T>(chosen: Device | DeviceName, body: () => T): T
export function useDevice<T>(chosen: Device | DeviceName, body?: () => T): T | undefined {
  const before = active
  active = typeof chosen === "string" ? device(chosen) : chosen
  if (body === undefined) return undefined
  try {
    return body()
  } finally {
    active = before
  }
}
