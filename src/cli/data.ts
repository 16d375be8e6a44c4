import { dataset, datasets, getDataset, whereIs } from "../data/index.ts"
import { cacheFolder, nodeFiles } from "../data/node-files.ts"
import { screenFor, terminalWidth } from "./terminal.ts"
import { textTable } from "./text-table.ts"

/** `cajal data list`: the datasets Cajal knows, and which are on this machine. */
export async function dataListCommand(): Promise<void> {
  const files = nodeFiles()
  const rows = await Promise.all(
    datasets.map(async ({ name, what, licence }) => {
      const places = await whereIs(files, name)
      const here = places.filter((one) => one.place !== undefined).length
      return [name, here === 0 ? "no" : here === places.length ? "yes" : "in part", what, licence]
    }),
  )
  const columns = [
    { title: "dataset" },
    { title: "here" },
    { title: "what it is", share: 3 },
    { title: "licence", share: 2 },
  ]
  console.log(textTable(columns, rows, terminalWidth()))
}

/** `cajal data get <name>`: makes sure that a dataset is on this machine. */
export async function dataGetCommand(name: string): Promise<void> {
  dataset(name)
  const screen = screenFor(process.stderr)
  const onProgress = (label: string, done: number, total: number | undefined) =>
    screen.progress(label, done, total ?? 0)
  const places = await getDataset(nodeFiles(), name, { onProgress }).finally(() => screen.end())
  for (const { where, origin } of places) console.log(`${where}  (${origin})`)
}

/** `cajal data where [name]`: where the files of a dataset lie, or the folders that are searched. */
export async function dataWhereCommand(name: string | undefined): Promise<void> {
  if (name === undefined) {
    console.log(`CAJAL_DATA  ${process.env.CAJAL_DATA || "not set"}`)
    console.log(`cache       ${cacheFolder()}`)
    return
  }
  for (const { file, place } of await whereIs(nodeFiles(), name)) {
    console.log(place === undefined ? `${file.path}  not here` : `${place.where}  (${place.origin})`)
  }
}
