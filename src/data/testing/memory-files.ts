import { DataUnavailable, type FileSource } from "../files.ts"

/** Data files held in memory, for tests: what is not given is nowhere. */
export function memoryFiles(contents: Readonly<Record<string, Uint8Array>>): FileSource & { asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    async locate({ path }) {
      return contents[path] === undefined ? undefined : { origin: "file", where: `memory/${path}` }
    },
    async read({ path }) {
      asked.push(path)
      const bytes = contents[path]
      if (bytes === undefined) throw new DataUnavailable(`no ${path}`)
      return { bytes, origin: "file", where: `memory/${path}` }
    },
  }
}
