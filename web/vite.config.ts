import fs from "node:fs"
import path from "node:path"
import react from "@vitejs/plugin-react"
import { defineConfig, type Plugin } from "vite"
import packageInfo from "../package.json" with { type: "json" }
import { feedOf } from "./feed.ts"

/** COOP and COEP isolate the page, so that threads may share memory. `cajal serve` sends the same. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
}

/** `virtual:recorded`: of each result in results/ what the list shows. The results themselves come when a paper is opened. */
function recordedResults(): Plugin {
  const name = "virtual:recorded"
  const folder = path.join(import.meta.dirname, "../results")
  return {
    name: "recorded-results",
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load(id) {
      if (id !== `\0${name}`) return
      const files = fs.readdirSync(folder).filter((file) => file.endsWith(".json"))
      const recorded = files.map((file) => {
        const { claims, date } = JSON.parse(fs.readFileSync(path.join(folder, file), "utf8"))
        const met = claims.filter((claim: { met: boolean | null }) => claim.met === true).length
        return [file.slice(0, -5), { met, claims: claims.length, date }]
      })
      return `export default ${JSON.stringify(Object.fromEntries(recorded))}`
    },
  }
}

/** `feed.xml`, beside the page. */
function feed(): Plugin {
  return {
    name: "feed",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "feed.xml", source: feedOf() })
    },
  }
}

// A build is for readers, whatever the process that asks for it calls itself.
if (process.argv.includes("build")) process.env.NODE_ENV = "production"

export default defineConfig({
  // Addresses are relative: the build works under any path of any host.
  base: "./",
  plugins: [react(), recordedResults(), feed()],
  define: { __CAJAL_VERSION__: JSON.stringify(packageInfo.version) },
  worker: { format: "es" },
  build: { target: "es2024", outDir: "../dist/web", emptyOutDir: true, assetsInlineLimit: 0 },
  server: { headers: isolation },
  preview: { headers: isolation },
})
