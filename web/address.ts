/**
 * Where the reader is, in the part of the address behind `#`, so that the page works from any folder of any file server:
 * `#/?q=spiking&sort=name` is the list, `#/sltt?preset=quick&seed=7&steps=4` a paper with its settings.
 */
import { useMemo, useSyncExternalStore } from "react"

export interface Address {
  /** Slug of a paper; empty on the list. */
  readonly slug: string
  readonly query: URLSearchParams
}

export function parseAddress(hash: string): Address {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?", 2)
  return { slug: decodeURIComponent(path), query: new URLSearchParams(query) }
}

export function formatAddress(slug: string, query: Iterable<readonly [string, string]> = []): string {
  const search = new URLSearchParams([...query].map(([name, value]) => [name, value])).toString()
  return `#/${encodeURIComponent(slug)}${search === "" ? "" : `?${search}`}`
}

/** @param replace whether the present place is left out of the history */
export function go(address: string, { replace = false } = {}): void {
  if (location.hash === address) return
  history[replace ? "replaceState" : "pushState"](null, "", address)
  dispatchEvent(new HashChangeEvent("hashchange"))
}

const subscribe = (changed: () => void): (() => void) => {
  addEventListener("hashchange", changed)
  addEventListener("popstate", changed)
  return () => {
    removeEventListener("hashchange", changed)
    removeEventListener("popstate", changed)
  }
}

export function useAddress(): Address {
  const hash = useSyncExternalStore(subscribe, () => location.hash)
  return useMemo(() => parseAddress(hash), [hash])
}
