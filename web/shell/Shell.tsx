import { type ReactNode, useState } from "react"
import "./shell.css"

type Theme = "light" | "dark"
const key = "cajal.theme"

const systemTheme = (): Theme => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")

/** The reader's choice, or the system's. A browser that keeps nothing forgets it. */
function startTheme(): Theme {
  try {
    const kept = localStorage.getItem(key)
    if (kept === "light" || kept === "dark") return kept
  } catch {
    // Storage may be forbidden; the system's choice then is as good.
  }
  return systemTheme()
}

/** What stands around every page. */
export function Shell({ children }: { children: ReactNode }) {
  const [theme, setTheme] = useState(startTheme)
  document.documentElement.dataset.theme = theme
  const turn = (): void => {
    const next = theme === "dark" ? "light" : "dark"
    setTheme(next)
    try {
      localStorage.setItem(key, next)
    } catch {
      // As above.
    }
  }
  return (
    <>
      <header className="page shell">
        <a href="#/" className="name">
          Cajal
        </a>
        <span className="quiet small motto">papers on computing like neurons, and whether they run</span>
        <button
          type="button"
          className="plain"
          onClick={turn}
          aria-label={`use the ${theme === "dark" ? "light" : "dark"} page`}
        >
          {theme === "dark" ? "☀" : "☾"}
        </button>
      </header>
      {children}
    </>
  )
}
