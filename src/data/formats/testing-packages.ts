/** Has files of ours opened by the packages that others use (fixtures/open-files.py), in the Python that CAJAL_PYTHON names. For tests. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { allocate } from "../../engine/dtype.ts"
import { type DType, type HostArray, Tensor } from "../../engine/index.ts"

export const python = process.env.CAJAL_PYTHON
/** Why a test is skipped where there is no such Python. */
export const needsPython = "needs CAJAL_PYTHON: a Python with nir and onnxruntime (and snntorch for its networks)"

const names: Partial<Record<DType, string>> = {
  f32: "float32",
  f64: "float64",
  i32: "int32",
  u32: "uint32",
  bool: "bool",
  i8: "int8",
  u8: "uint8",
}

interface Listed {
  dtype: string
  shape: number[]
  data: string[]
}

export interface Opened {
  outputs?: Record<string, Tensor>
  graph?: { nodes: Record<string, { type: string }>; edges: [string, string][] }
  error?: string
}

const listed = ({ dtype, shape, data }: HostArray): Listed => ({
  dtype: names[dtype] as string,
  shape: [...shape],
  data: Array.from(data, String),
})

const special: Record<string, number> = { inf: Infinity, "-inf": -Infinity, nan: Number.NaN, True: 1, False: 0 }
function tensorOf({ dtype, shape, data }: Listed): Tensor {
  const own = (Object.entries(names).find(([, name]) => name === dtype)?.[0] ?? "i32") as DType
  const values = allocate(own, data.length)
  data.forEach((text, i) => {
    values[i] = special[text] ?? Number(text)
  })
  return Tensor.from({ dtype: own, shape, data: values })
}

/** What the reference packages make of files, by name; `inputs` are what a file's network is run on. */
export function openFiles(
  files: Record<string, { bytes: Uint8Array; inputs?: Record<string, Tensor> }>,
): Record<string, Opened> {
  const folder = mkdtempSync(join(tmpdir(), "cajal-files-"))
  const stem = (name: string): string => join(folder, name.replace(/\.\w+$/, ""))
  try {
    for (const [name, { bytes, inputs }] of Object.entries(files)) {
      writeFileSync(join(folder, name), bytes)
      if (inputs === undefined) continue
      const content = Object.fromEntries(Object.entries(inputs).map(([key, x]) => [key, listed(x.host())]))
      writeFileSync(`${stem(name)}.json`, JSON.stringify(content))
    }
    const script = fileURLToPath(new URL("./fixtures/open-files.py", import.meta.url))
    execFileSync(python as string, [script], {
      input: `${folder}\n`,
      stdio: ["pipe", "ignore", "pipe"],
      timeout: 240_000,
    })
    return Object.fromEntries(
      Object.keys(files).map((name): [string, Opened] => {
        const found = JSON.parse(readFileSync(`${stem(name)}.out.json`, "utf8"))
        const outputs = found.outputs as Record<string, Listed> | undefined
        const tensors = outputs && Object.entries(outputs).map(([key, x]) => [key, tensorOf(x)])
        return [name, { ...found, outputs: tensors && Object.fromEntries(tensors) }]
      }),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
