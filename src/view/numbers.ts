/** A number as a reader wants it: four significant digits, thousands apart, no useless zeros. `not measured` for null. */
export function formatNumber(value: number | null): string {
  if (value === null) return "not measured"
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (Number.isInteger(value) && size < 1e15) return thousands(String(value))
  if (size >= 1e7 || size < 1e-4)
    return value
      .toExponential(3)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e")
  const digits = Math.max(0, 3 - Math.floor(Math.log10(size)))
  const [whole = "", part = ""] = value.toFixed(Math.min(digits, 7)).split(".")
  const short = part.replace(/0+$/, "")
  return short === "" ? thousands(whole) : `${thousands(whole)}.${short}`
}

const thousands = (whole: string): string => whole.replaceAll(/\B(?=(\d{3})+$)/g, " ")

/** A span of time: `850 ms`, `12.4 s`, `3 min 20 s`, `1 h 5 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}
