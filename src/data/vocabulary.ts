/** Text to integers and back. */
import { CajalError } from "../engine/errors.ts"

export interface Vocabulary {
  readonly size: number
  /** What each integer stands for. */
  readonly tokens: readonly string[]
  /** @throws CajalError on something outside a vocabulary that has no token for the unknown */
  encode(text: string): Int32Array
  encodeTokens(tokens: readonly string[]): Int32Array
  /** @throws CajalError on an integer outside the vocabulary */
  decode(ids: ArrayLike<number>): string
}

/** The end of a line, and a word outside the vocabulary, as WikiText writes them. */
export const endOfLine = "<eos>"
export const unknownWord = "<unk>"

/** The different characters of `text` (code points), in code point order. */
export function characterVocabulary(text: string): Vocabulary {
  const characters = [...new Set(text)].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!)
  return vocabulary(characters, (some) => [...some], "", undefined)
}

/**
 * The different words, the most frequent first, equally frequent ones in alphabetic order. A word outside it becomes
 * `<unk>`, which it always has, as it has `<eos>`.
 */
export function wordVocabulary(words: readonly string[]): Vocabulary {
  const counts = new Map([
    [unknownWord, 0],
    [endOfLine, 0],
  ])
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  const byCount = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  return vocabulary(
    byCount.map(([word]) => word),
    splitWords,
    " ",
    unknownWord,
  )
}

/** Words between white space, with `<eos>` for every line that has words. */
export const splitWords = (text: string): string[] =>
  text.split("\n").flatMap((line) => {
    const words = line.split(" ").filter((word) => word !== "")
    return words.length === 0 ? [] : [...words, endOfLine]
  })

function vocabulary(
  tokens: readonly string[],
  split: (text: string) => string[],
  glue: string,
  unknown: string | undefined,
): Vocabulary {
  const ids = new Map(tokens.map((token, id) => [token, id]))
  const fallback = unknown === undefined ? undefined : ids.get(unknown)
  const encodeTokens = (some: readonly string[]) =>
    Int32Array.from(some, (token, i) => {
      const id = ids.get(token) ?? fallback
      if (id === undefined) throw new CajalError(`${JSON.stringify(token)} at place ${i} is not in the vocabulary`)
      return id
    })
  return {
    size: tokens.length,
    tokens,
    encodeTokens,
    encode: (text) => encodeTokens(split(text)),
    decode: (some) =>
      Array.from(some, (id) => {
        const token = tokens[id]
        if (token === undefined)
          throw new CajalError(`${id} is not a token: the vocabulary has 0..${tokens.length - 1}`)
        return token
      }).join(glue),
  }
}
