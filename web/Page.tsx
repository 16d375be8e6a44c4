import { lazy, Suspense } from "react"
import { useAddress } from "./address.ts"
import { ListPage } from "./list/ListPage.tsx"
import { paperOf } from "./papers.ts"
import { Shell } from "./shell/Shell.tsx"

const PaperPage = lazy(() => import("./paper/PaperPage.tsx"))

/** The list, or a paper. */
export function Page() {
  const { slug, query } = useAddress()
  if (slug === "")
    return (
      <Shell>
        <ListPage query={query} />
      </Shell>
    )
  const paper = paperOf(slug)
  return (
    <Shell>
      {paper === undefined ? (
        <main className="page">
          <p>
            There is no paper “{slug}” here. <a href="#/">All papers</a>
          </p>
        </main>
      ) : (
        <Suspense fallback={<main className="page" />}>
          <PaperPage key={slug} paper={paper} query={query} />
        </Suspense>
      )}
    </Shell>
  )
}
