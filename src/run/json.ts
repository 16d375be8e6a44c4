/** A value that JSON can hold and give back unchanged. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** What is wrong with `value` as JSON, as `path: reason`, or undefined when nothing is. NaN and infinities do not survive JSON. */
export function jsonProblem(value: unknown, path = "value"): string | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined
  if (typeof value === "number") return Number.isFinite(value) ? undefined : `${path}: ${value} has no form in JSON`
  if (Array.isArray(value)) return firstProblem(value.map((item, i) => [`${path}[${i}]`, item]))
  if (typeof value === "object" && isPlain(value)) {
    return firstProblem(Object.entries(value).map(([key, item]) => [`${path}.${key}`, item]))
  }
  return `${path}: ${describe(value)} has no form in JSON`
}

function firstProblem(items: [string, unknown][]): string | undefined {
  for (const [path, item] of items) {
    const problem = jsonProblem(item, path)
    if (problem !== undefined) return problem
  }
  return undefined
}

const isPlain = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const describe = (value: unknown): string =>
  typeof value === "object" && value !== null ? (value.constructor?.name ?? "an object") : typeof value
