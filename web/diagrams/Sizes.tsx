import { useId } from "react"

interface SizesProps {
  sizes: readonly { name: string; size: number }[]
  onChange: (name: string, size: number) => void
}

/** More sliders than this would be no use. */
const most = 12

/** A slider for each size that the text binds. */
export function Sizes({ sizes, onChange }: SizesProps) {
  return (
    <div className="sizes">
      {sizes.slice(0, most).map((s) => (
        <Size key={s.name} {...s} onChange={(size) => onChange(s.name, size)} />
      ))}
    </div>
  )
}

function Size({ name, size, onChange }: { name: string; size: number; onChange: (size: number) => void }) {
  const id = useId()
  return (
    <span className="size">
      <label htmlFor={id}>
        <code>{name}</code>
      </label>
      <input
        id={id}
        type="range"
        aria-label={`size of ${name}`}
        min={1}
        max={Math.max(64, 2 ** Math.ceil(Math.log2(size)))}
        value={size}
        onChange={(event) => onChange(Number(event.target.value))}
      />
      <output htmlFor={id}>{size}</output>
    </span>
  )
}
