/** Text to predict: characters of Shakespeare, words of Wikipedia. Tokens are integers, a vocabulary tells what they mean. */
import type { HostArray } from "../engine/dtype.ts"
import { CajalError } from "../engine/errors.ts"
import { type Dataset, dataset, usesInstead } from "./datasets.ts"
import type { FileSource, FoundFile, Origin, ReadOptions } from "./files.ts"
import { damaged, farthestOrigin } from "./files.ts"
import { gunzip } from "./formats/gzip.ts"
import { readZip } from "./formats/zip.ts"
import { characterVocabulary, splitWords, type Vocabulary, wordVocabulary } from "./vocabulary.ts"

export interface TextDataset {
  readonly name: string
  /** Tokens in reading order, i32 `[tokens]`. */
  readonly train: HostArray
  readonly validation: HostArray
  readonly test: HostArray
  readonly vocabulary: Vocabulary
  readonly origin: Origin
  readonly label: string
  readonly note: string | undefined
}

const mostWords = 20_000_000 // bytes a part of WikiText-2 may have; the largest has 11 million

/**
 * Tiny Shakespeare as characters, split 90 / 5 / 5 by position.
 * @throws DataUnavailable when it is nowhere; CajalError when it is damaged
 */
export async function tinyShakespeare(files: FileSource, options: ReadOptions = {}): Promise<TextDataset> {
  const known = dataset("tinyshakespeare")
  const file = await files.read(known.files[0], options)
  const length = known.files[0].bytes
  if (file.bytes.length !== length) throw damaged(file.where, `${length} bytes`, `${file.bytes.length} bytes`)
  const text = decodeUtf8(file)
  const vocabulary = characterVocabulary(text)
  const [train, validation, test] = splitByPosition(vocabulary.encode(text), [0.9, 0.05, 0.05])
  const label = `${known.title}, ${train.data.length.toLocaleString("en")} characters to train on`
  return { name: known.title, train, validation, test, vocabulary, origin: file.origin, label, note: undefined }
}

/**
 * WikiText-2 as words. Reads the official archive, or the validation and test parts alone where only they lie in the
 * data folder: then the first nine tenths of the validation part are what is trained on, and `note` says so.
 * @throws DataUnavailable when it is nowhere; CajalError when it is damaged
 */
export async function wikitext2(files: FileSource, options: ReadOptions = {}): Promise<TextDataset> {
  const known = dataset("wikitext2")
  const partsOnly = await usesInstead(files, known)
  const found: FoundFile[] = []
  for (const file of partsOnly ? known.instead : known.files) found.push(await files.read(file, options))
  const words = partsOnly ? await wordsOfParts(found) : await wordsOfArchive(found[0])
  const vocabulary = wordVocabulary(words.train)
  const [train, validation, test] = [words.train, words.validation, words.test].map((part) =>
    tokens(vocabulary.encodeTokens(part)),
  )
  const note = partsOnly ? "data: WikiText-2 without its training part; trained on its validation part" : undefined
  return { ...describe(known, train, found), train, validation, test, vocabulary, note }
}

const describe = ({ title }: Dataset, train: HostArray, found: readonly FoundFile[]) => ({
  name: title,
  origin: farthestOrigin(found),
  label: `${title}, ${train.data.length.toLocaleString("en")} words to train on`,
})

async function wordsOfParts([valid, test]: readonly FoundFile[]) {
  const read = async ({ bytes, where }: FoundFile) =>
    splitWords(decodeUtf8({ bytes: await gunzip(bytes, { where, maxBytes: mostWords }), where }))
  const words = await read(valid)
  const cut = Math.floor(words.length * 0.9)
  return { train: words.slice(0, cut), validation: words.slice(cut), test: await read(test) }
}

async function wordsOfArchive({ bytes, where }: FoundFile) {
  const entries = readZip(bytes, where)
  const read = async (part: string) => {
    const entry = entries.get(`wikitext-2/wiki.${part}.tokens`)
    if (entry === undefined || entry.size > mostWords) {
      throw damaged(where, `wiki.${part}.tokens of at most ${mostWords} bytes`, entry ? `${entry.size} bytes` : "none")
    }
    return splitWords(decodeUtf8({ bytes: await entry.read(), where: `${where}: ${entry.name}` }))
  }
  return { train: await read("train"), validation: await read("valid"), test: await read("test") }
}

const tokens = (data: Int32Array): HostArray => ({ dtype: "i32", shape: [data.length], data })

/**
 * Cuts a sequence into consecutive parts. Their boundaries are rounded down, the last part takes what is left.
 * @param shares positive, summing to 1
 */
export function splitByPosition(data: Int32Array, shares: readonly number[]): HostArray[] {
  const sum = shares.reduce((total, share) => total + share, 0)
  if (shares.some((share) => !(share > 0)) || Math.abs(sum - 1) > 1e-9) {
    throw new CajalError(`cannot split by shares ${shares.join(" / ")}: they must be positive and sum to 1`)
  }
  let before = 0
  return shares.map((share, i) => {
    const from = Math.floor(before * data.length + 1e-6)
    before += share
    const to = i === shares.length - 1 ? data.length : Math.floor(before * data.length + 1e-6)
    return tokens(data.subarray(from, to))
  })
}

function decodeUtf8({ bytes, where }: Pick<FoundFile, "bytes" | "where">): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw damaged(where, "text in UTF-8", "bytes that are not", error)
  }
}
