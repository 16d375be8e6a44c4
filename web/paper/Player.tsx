import { type ComponentType, lazy, Suspense } from "react"

/** Papers with something to play with beside their runs, by slug: each comes when its paper is opened. */
const players: Readonly<Record<string, ComponentType>> = {
  "neural-circuit-diagrams": lazy(() => import("../diagrams/DiagramLab.tsx")),
}

/** What a paper has to play with, if anything. */
export function Player({ slug }: { slug: string }) {
  const Own = players[slug]
  return Own === undefined ? null : (
    <Suspense fallback={<p className="quiet">Loading …</p>}>
      <Own />
    </Suspense>
  )
}
