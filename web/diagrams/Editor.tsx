import { useId, useRef } from "react"
import type { Fault } from "./term.ts"

interface EditorProps {
  text: string
  fault: Fault | undefined
  onChange: (text: string) => void
}

/** The text of a term; below it what is wrong with it, and where. */
export function Editor({ text, fault, onChange }: EditorProps) {
  const id = useId()
  const area = useRef<HTMLTextAreaElement>(null)
  const lines = text.split("\n")
  /** Selects the word at the fault. */
  const show = ({ line = 1, column = 1 }: Fault): void => {
    const from = lines.slice(0, line - 1).reduce((n, l) => n + l.length + 1, 0) + column - 1
    const word = /^\S+/.exec(text.slice(from))?.[0] ?? ""
    area.current?.focus()
    area.current?.setSelectionRange(from, from + word.length)
  }
  return (
    <div className="editor">
      <label htmlFor={id}>the term</label>
      <textarea
        id={id}
        ref={area}
        value={text}
        rows={Math.min(18, Math.max(9, lines.length + 1))}
        spellCheck={false}
        autoCapitalize="off"
        autoCorrect="off"
        wrap="off"
        aria-invalid={fault !== undefined}
        aria-describedby={`${id}-fault`}
        onChange={(event) => onChange(event.target.value)}
      />
      <div id={`${id}-fault`} className="fault" aria-live="polite">
        {fault !== undefined && (
          <div className="problem">
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by the keyboard */}
            <pre tabIndex={0}>{fault.message}</pre>
            {fault.hint !== undefined && <p>{fault.hint}</p>}
            {fault.line !== undefined && (
              <button type="button" className="plain" onClick={() => show(fault)}>
                line {fault.line}, column {fault.column}
              </button>
            )}
          </div>
        )}
      </div>
    </div>
  )
}
