/** The catalogue as an Atom feed (RFC 4287), for readers who subscribe. Its links are relative: the page may stand anywhere. */
import { catalogue, type PaperCard } from "../src/run/catalogue.ts"
import { escapeHtml } from "../src/view/html.ts"

/** The time of an entry: the day it was listed, or the first of its year. */
const updatedAt = ({ listed, year }: PaperCard): string => `${listed ?? `${year}-01-01`}T00:00:00Z`

export function feedOf(papers: readonly PaperCard[] = catalogue): string {
  const newest = [...papers].sort((a, b) => updatedAt(b).localeCompare(updatedAt(a)))
  const entry = (paper: PaperCard): string => `  <entry>
    <id>tag:cajal,${paper.year}:${paper.slug}</id>
    <title>${escapeHtml(paper.title)}</title>
    <updated>${updatedAt(paper)}</updated>
    <link rel="alternate" href="./#/${paper.slug}"/>${paper.link === undefined ? "" : `\n    <link rel="via" href="${escapeHtml(paper.link)}"/>`}
    <category term="${escapeHtml(paper.family)}"/>
    <summary>${escapeHtml(paper.summary)}</summary>
  </entry>`
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <id>tag:cajal,2025:papers</id>
  <title>Cajal: papers on computing like neurons, and whether they run</title>
  <updated>${updatedAt(newest[0]!)}</updated>
  <author><name>Cajal</name></author>
  <link rel="self" href="./feed.xml"/>
  <link rel="alternate" href="./"/>
${newest.map(entry).join("\n")}
</feed>
`
}
