/** The words of a term's text, with their places. */
import { CajalError } from "../../engine/errors.ts"

export interface Word {
  readonly text: string
  readonly at: number
}

const pattern = /\s+|#[^\n]*|->|"(?:[^"\\]|\\.)*"|[\p{L}_][\p{L}\d_.]*'*!?|\d+|[[\]{}(),;|:+.=*]/uy

/** Reads a text word by word. */
export class Reader {
  readonly text: string
  readonly words: Word[] = []
  private next = 0

  /** @throws CajalError at a sign that has no meaning */
  constructor(text: string) {
    this.text = text
    let from = 0
    while (from < text.length) {
      pattern.lastIndex = from
      const found = pattern.exec(text)?.[0]
      if (found === undefined) {
        // What stands in brackets or braces (expressions, attributes) is read as it is.
        this.words.push({ text: text[from], at: from })
        from++
        continue
      }
      if (!/^(\s|#)/.test(found)) this.words.push({ text: found, at: from })
      from += found.length
    }
  }

  peek(ahead = 0): string | undefined {
    return this.words[this.next + ahead]?.text
  }
  get at(): number {
    return this.words[this.next]?.at ?? this.text.length
  }
  take(): Word {
    const word = this.words[this.next]
    if (word === undefined) throw this.error("the term ends too early")
    this.next++
    return word
  }
  /** The next word if it is this one. */
  accept(text: string): boolean {
    if (this.peek() !== text) return false
    this.next++
    return true
  }
  expect(text: string): void {
    if (!this.accept(text))
      throw this.error(`expected "${text}", found ${this.peek() === undefined ? "the end" : `"${this.peek()}"`}`)
  }
  /** The text between this bracket and the one that closes it. */
  enclosed(open: string, close: string): Word {
    const start = this.at
    this.expect(open)
    let depth = 1
    while (depth > 0) {
      const { text } = this.take()
      if (text === open) depth++
      else if (text === close) depth--
    }
    const end = this.words[this.next - 1].at
    return { text: this.text.slice(start + 1, end), at: start + 1 }
  }
  placeOf(at: number): string {
    const before = this.text.slice(0, at).split("\n")
    return `line ${before.length}, column ${before[before.length - 1].length + 1}`
  }
  error(message: string, at = this.at, hint?: string): CajalError {
    return new CajalError(message, { where: `the term, ${this.placeOf(at)}`, ...(hint === undefined ? {} : { hint }) })
  }
}
