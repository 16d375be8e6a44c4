import type { ContentfulStatusCode } from "hono/utils/http-status"

interface RefusalOptions {
  readonly hint?: string
  /** When asking again may help. */
  readonly retryAfterSeconds?: number
  /** Methods that would have been right. */
  readonly allow?: readonly string[]
}

/** What is asked cannot be done: it becomes a status code and one line of JSON, `{"error": "...", "hint": "..."}`. */
export class Refusal extends Error {
  readonly status: ContentfulStatusCode
  readonly hint: string | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(status: ContentfulStatusCode, message: string, options: RefusalOptions = {}) {
    super(message)
    this.status = status
    this.hint = options.hint
    this.headers = {
      ...(options.retryAfterSeconds === undefined ? {} : { "Retry-After": String(options.retryAfterSeconds) }),
      ...(options.allow === undefined ? {} : { Allow: options.allow.join(", ") }),
    }
  }
}
