import { useEffect, useState } from "react"

const sources = import.meta.glob<string>(["../../systems/*/*.ts", "!**/*.test.ts"], {
  query: "?raw",
  import: "default",
})

/** The mechanism, as it is in the repository. */
export function Code({ slug }: { slug: string }) {
  const prefix = `../../systems/${slug}/`
  const files = Object.keys(sources)
    .filter((file) => file.startsWith(prefix) && !file.endsWith(".test.ts"))
    .map((file) => file.slice(prefix.length))
    .sort((a, b) => Number(b === "model.ts") - Number(a === "model.ts") || a.localeCompare(b))
  const [file, setFile] = useState(files[0])
  const [text, setText] = useState("")
  const [isOpen, setOpen] = useState(false)
  useEffect(() => {
    if (isOpen && file !== undefined) void sources[prefix + file]().then(setText)
  }, [isOpen, file, prefix])
  if (files.length === 0) return null
  return (
    <details className="code" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <h2>The code</h2> <span className="quiet small">the mechanism as it runs here</span>
      </summary>
      <select aria-label="file" value={file} onChange={(event) => setFile(event.target.value)}>
        {files.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by the keyboard */}
      <pre tabIndex={0}>
        <code>{coloured(text)}</code>
      </pre>
    </details>
  )
}

/** Comments in quiet ink: they say which equation a line is. */
const coloured = (text: string) =>
  text.split(/(\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$)/m).map((part, i) =>
    i % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text have no other name
      <span key={i} className="quiet">
        {part}
      </span>
    ) : (
      part
    ),
  )
