import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import "@fontsource-variable/source-serif-4/wght.css"
import "@fontsource-variable/jetbrains-mono/wght.css"
import "./style/tokens.css"
import "./style/base.css"
import { Page } from "./Page.tsx"

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <Page />
  </StrictMode>,
)
