/** The JavaScript peers' side of the measurements: one request a line in, one answer a line out (see harness/participant.ts). */
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"

/** The number of threads that this process was started for. */
export const threads = Number(process.argv[2])

const types = { F32: Float32Array, I32: Int32Array }

/** The arrays of a safetensors file: `{ name: { data, shape } }`. */
function readInputs(file) {
  const bytes = readFileSync(file)
  const length = Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + length))
  const arrays = Object.entries(header).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [begin, end],
      },
    ]) => {
      const data = new types[dtype](new Uint8Array(bytes.subarray(8 + length + begin, 8 + length + end)).buffer)
      return [name, { data, shape }]
    },
  )
  return Object.fromEntries(arrays)
}

/** See harness/fingerprint.ts. */
function fingerprint(x) {
  let squares = 0
  for (let i = 0; i < x.length; i++) squares += x[i] * x[i]
  const size = Math.sqrt(squares / x.length) + 1e-30
  return [Math.log(size), ...[0, 1 / 3, 2 / 3, 1].map((share) => x[Math.floor(share * (x.length - 1))] / size)]
}

/**
 * @param cases name of the work -> `async (inputs, parameters) => work`, where `work.run()` computes and returns something, `work.read(it)` gives its
 *   arrays and frees it, `work.free(it)` only frees it, and `work.start?.()` goes back to where the inputs started
 * @param absent name of the work -> why it is not done
 */
export async function serve({ cases, absent, versions, compiles = false, usedThreads = threads }) {
  let work
  const answer = async (request) => {
    if (request.do === "introduce") return { versions, threads: usedThreads }
    if (request.do === "prepare") {
      const make = cases[request.work]
      if (make === undefined) return { absent: absent[request.work] ?? "has nothing for this" }
      work = await make(readInputs(request.inputs), request.parameters)
      const begun = performance.now()
      work.free(await work.run())
      return { firstMs: performance.now() - begun, compiles }
    }
    await work.start?.()
    if (request.do === "compare") {
      const numbers = []
      for (let i = 0; i < request.runs; i++) {
        for (const array of await work.read(await work.run())) numbers.push(...fingerprint(array))
      }
      return { numbers }
    }
    for (let i = 0; i < request.warm; i++) work.free(await work.run())
    const begun = performance.now()
    for (let i = 0; i < request.runs; i++) work.free(await work.run())
    return { ms: (performance.now() - begun) / request.runs }
  }
  for await (const line of createInterface({ input: process.stdin })) {
    let result
    try {
      result = await answer(JSON.parse(line))
    } catch (error) {
      result = { error: error.stack ?? String(error) }
    }
    process.stdout.write(`${JSON.stringify(result)}\n`)
  }
  process.exit()
}
