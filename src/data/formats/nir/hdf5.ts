/** HDF5 files as trees of groups, by h5wasm (the HDF5 library as WebAssembly), which is loaded when the first file is read or written. */
import type { TypedArray } from "../../../engine/dtype.ts"
import { CajalError } from "../../../engine/errors.ts"

/** Numbers or texts with their shape; no axes: one value. Whole numbers of 64 bits are numbers here. */
export interface Hdf5Data {
  readonly shape: readonly number[]
  readonly values: TypedArray | readonly number[] | readonly string[]
}
export interface Hdf5Group {
  readonly [name: string]: Hdf5Group | Hdf5Data
}

export const isData = (x: Hdf5Group | Hdf5Data | undefined): x is Hdf5Data =>
  x !== undefined && Array.isArray(x.shape) && "values" in x

const library = async () => {
  const h5 = await import("h5wasm")
  const module = await quicklyCompiled(() => h5.ready)
  module.activate_throwing_error_handler()
  return { ...h5, fs: module.FS }
}
type Library = Awaited<ReturnType<typeof library>>

/**
 * The engine has Node compile WebAssembly with the optimising compiler alone. For the 4 MB of this library, most of which run once or never, that takes
 * two seconds; while it is loaded and used, the quick compiler is let back in.
 */
function quicklyCompiled<T>(body: () => T): T {
  const v8 = globalThis.process?.getBuiltinModule?.("node:v8")
  const back = (): void => v8?.setFlagsFromString("--no-liftoff")
  v8?.setFlagsFromString("--liftoff")
  try {
    const result = body()
    if (result instanceof Promise) return result.finally(back) as T
    back()
    return result
  } catch (error) {
    back()
    throw error
  }
}

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
let files = 0

/**
 * The groups and data of an HDF5 file.
 * @throws CajalError when it is none, or is damaged
 */
export async function readHdf5(bytes: Uint8Array, where: string): Promise<Hdf5Group> {
  if (!signature.every((byte, i) => bytes[i] === byte))
    throw new CajalError("not an HDF5 file: it does not begin as one", { where })
  const h5 = await library()
  const name = `read-${files++}.h5`
  h5.fs.writeFile(name, bytes)
  try {
    return quicklyCompiled(() => {
      const file = new h5.File(name, "r")
      try {
        return readGroup(h5, file)
      } finally {
        file.close()
      }
    })
  } catch (error) {
    if (error instanceof CajalError) throw error
    const reason = String((error as Error)?.message ?? error)
    throw new CajalError(`not a valid HDF5 file: ${lastLine(reason)}`, { where, cause: error })
  } finally {
    h5.fs.unlink(name)
  }
}

/** The library reports a stack of errors; the innermost says what is wrong. */
const lastLine = (text: string): string => text.trim().split("\n").at(-1)!.replace(/^.*: /, "").trim()

function readGroup(h5: Library, group: InstanceType<Library["Group"]>): Hdf5Group {
  const entries = group.keys().map((name): [string, Hdf5Group | Hdf5Data] => {
    const found = group.get(name)
    if (found instanceof h5.Group) return [name, readGroup(h5, found)]
    if (found instanceof h5.Dataset) return [name, readData(found)]
    throw new CajalError(`${name} is neither a group nor data`)
  })
  return Object.fromEntries(entries)
}

function readData(data: InstanceType<Library["Dataset"]>): Hdf5Data {
  const shape = data.shape ?? []
  const { value } = data
  if (value === null) return { shape: [0], values: [] }
  const values = (ArrayBuffer.isView(value) || Array.isArray(value) ? value : [value]) as ArrayLike<unknown>
  if (values instanceof Float32Array || values instanceof Float64Array) return { shape, values }
  const plain = Array.from(values, (x) =>
    typeof x === "bigint" || typeof x === "boolean" ? Number(x) : (x as number | string),
  )
  return { shape, values: plain as number[] | string[] }
}

/** The bytes of an HDF5 file with these groups. Arrays are compressed as `nir` does it; whole numbers take 64 bits. */
export async function writeHdf5(content: Hdf5Group): Promise<Uint8Array> {
  const h5 = await library()
  const name = `write-${files++}.h5`
  quicklyCompiled(() => {
    const file = new h5.File(name, "w")
    try {
      writeGroup(file, content)
    } finally {
      file.close()
    }
  })
  const bytes = h5.fs.readFile(name) as Uint8Array
  h5.fs.unlink(name)
  return bytes
}

const smallestCompressed = 64

function writeGroup(group: InstanceType<Library["Group"]>, content: Hdf5Group): void {
  for (const [name, item] of Object.entries(content)) {
    if (!isData(item)) {
      writeGroup(group.create_group(name), item)
      continue
    }
    const { values } = item
    const shape = [...item.shape]
    if (values instanceof Float32Array || values instanceof Float64Array) {
      const dtype = values instanceof Float32Array ? "<f" : "<d"
      const packed =
        shape.length > 0 && values.length >= smallestCompressed
          ? { chunks: shape, compression: "gzip" as const, compression_opts: [1] }
          : {}
      group.create_dataset({ name, data: values, shape, dtype, ...packed })
    } else if (typeof values[0] === "string") {
      const texts = values as readonly string[]
      group.create_dataset({ name, data: shape.length === 0 ? texts[0] : [...texts], shape, dtype: "S" })
    } else {
      const whole = BigInt64Array.from(values as readonly number[], (x) => BigInt(x))
      group.create_dataset({ name, data: whole, shape, dtype: "<q" })
    }
  }
}
