import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { expect, test } from "vitest"
import { zipOf } from "../../test/fixtures/archives.ts"
import { memoryFiles } from "../../test/fixtures/memory-files.ts"
import { DataUnavailable } from "./files.ts"
import { splitByPosition, tinyShakespeare, wikitext2 } from "./text.ts"
import { characterVocabulary, splitWords, wordVocabulary } from "./vocabulary.ts"

const text = (content: string) => new TextEncoder().encode(content)

test("characters are code points, in order; what is not among them is refused", () => {
  const vocabulary = characterVocabulary("banana 🙂\n")
  expect(vocabulary.tokens).toEqual(["\n", " ", "a", "b", "n", "🙂"])
  expect([...vocabulary.encode("nab🙂")]).toEqual([4, 2, 3, 5])
  expect(vocabulary.decode([4, 2, 3, 5])).toBe("nab🙂")
  expect(() => vocabulary.encode("nab!")).toThrow('"!" at place 3 is not in the vocabulary')
  expect(() => vocabulary.decode([6])).toThrow("6 is not a token: the vocabulary has 0..5")
})

test("words by frequency, lines by their end, unknown words as <unk>", () => {
  const words = splitWords(" the cat the\n\n dog  the \n")
  expect(words).toEqual(["the", "cat", "the", "<eos>", "dog", "the", "<eos>"])
  const vocabulary = wordVocabulary(words)
  expect(vocabulary.tokens).toEqual(["the", "<eos>", "cat", "dog", "<unk>"])
  expect([...vocabulary.encode("the bird")]).toEqual([0, 4, 1])
  expect(vocabulary.decode(vocabulary.encodeTokens(words))).toBe("the cat the <eos> dog the <eos>")
})

test("a split by position loses nothing", () => {
  const data = Int32Array.from({ length: 101 }, (_, i) => i)
  const parts = splitByPosition(data, [0.9, 0.05, 0.05])
  expect(parts.map((part) => part.shape)).toEqual([[90], [5], [6]])
  expect(parts.flatMap((part) => [...part.data])).toEqual([...data])
  expect(() => splitByPosition(data, [0.9, 0.2])).toThrow("must be positive and sum to 1")
})

test("Shakespeare of another length, or not in UTF-8, is refused", async () => {
  const read = (bytes: Uint8Array) => tinyShakespeare(memoryFiles({ "tinyshakespeare/input.txt": bytes }))
  await expect(read(text("To be"))).rejects.toThrow("expected 1115394 bytes, found 5 bytes")
  await expect(read(new Uint8Array(1_115_394).fill(0xff))).rejects.toThrow("text in UTF-8")
  await expect(tinyShakespeare(memoryFiles({}))).rejects.toBeInstanceOf(DataUnavailable)
})

test("without its training part WikiText-2 trains on the validation part, and says so", async () => {
  const valid = Array.from({ length: 20 }, (_, i) => `word${i}`).join(" ")
  const files = memoryFiles({
    "wikitext-2/valid.txt.gz": new Uint8Array(gzipSync(valid)),
    "wikitext-2/test.txt.gz": new Uint8Array(gzipSync("word3 word99")),
  })
  const data = await wikitext2(files)
  expect([data.train.shape, data.validation.shape]).toEqual([[18], [3]])
  expect(data.vocabulary.decode(data.test.data)).toBe("word3 <unk> <eos>")
  expect(data.note).toMatch(/validation part/)
})

test("WikiText-2 from its official archive", async () => {
  const parts = { train: "one two two", valid: "two", test: "three one" }
  const named = Object.entries(parts).map(([part, words]) => [`wikitext-2/wiki.${part}.tokens`, text(words)])
  const read = (files: object) => wikitext2(memoryFiles({ "wikitext-2/wikitext-2-v1.zip": zipOf({ ...files }, 8) }))
  const data = await read(Object.fromEntries(named))
  expect(data.vocabulary.tokens).toEqual(["two", "<eos>", "one", "<unk>"])
  const decode = (part: { data: ArrayLike<number> }) => data.vocabulary.decode(part.data)
  expect([data.train, data.validation, data.test].map(decode)).toEqual([
    "one two two <eos>",
    "two <eos>",
    "<unk> one <eos>",
  ])
  expect(data.note).toBeUndefined()
  await expect(read(Object.fromEntries(named.slice(1)))).rejects.toThrow("wiki.train.tokens")
})

const folder = process.env.CAJAL_DATA ?? "../shared/data"
test.skipIf(!existsSync(join(folder, "tinyshakespeare")))("reads the real texts", async () => {
  const paths = ["tinyshakespeare/input.txt", "wikitext-2/valid.txt.gz", "wikitext-2/test.txt.gz"]
  const files = memoryFiles(Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path))])))
  const plays = await tinyShakespeare(files)
  expect(plays.vocabulary.size).toBe(65)
  expect([plays.train, plays.validation, plays.test].map((part) => part.shape[0])).toEqual([1_003_854, 55_770, 55_770])
  expect(plays.vocabulary.decode(plays.train.data.subarray(0, 14))).toBe("First Citizen:")
  const words = await wikitext2(files)
  expect(words.train.shape[0] + words.validation.shape[0]).toBeGreaterThan(213_000)
  expect(words.vocabulary.decode(words.train.data.subarray(0, 4))).toBe("= Homarus gammarus =")
})
