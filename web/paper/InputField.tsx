import { useId, useState } from "react"
import type { Input, LevelInput, PickInput } from "../../src/run/index.ts"
import { formatNumber } from "../../src/view/numbers.ts"
import { DrawingPad } from "./DrawingPad.tsx"

interface InputFieldProps<I extends Input = Input> {
  input: I
  /** Whether there is something to take it. */
  isOn: boolean
  onGive: (value: unknown) => void
}

/** Where the reader acts on a system; what is pressed in a figure has no field, only words. */
export function InputField({ input, ...rest }: InputFieldProps) {
  switch (input.kind) {
    case "drawing":
      return <DrawingPad input={input} {...rest} />
    case "level":
      return <Level input={input} {...rest} />
    case "pick":
      return <Pick input={input} {...rest} />
    case "press":
      return null
  }
}

function Level({ input, isOn, onGive }: InputFieldProps<LevelInput>) {
  const id = useId()
  const { label, from, to, start, unit, springs, help } = input
  const [value, setValue] = useState(start)
  const change = (next: number): void => {
    setValue(next)
    onGive(next)
  }
  const release = (): void => {
    if (springs === true && value !== start) change(start)
  }
  const step = Number.isInteger(from) && Number.isInteger(to) && to - from > 20 ? 1 : (to - from) / 200
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <span className="pair">
        <input
          id={id}
          type="range"
          min={from}
          max={to}
          step={step}
          value={value}
          disabled={!isOn}
          aria-describedby={help === undefined ? undefined : `${id}-help`}
          onChange={(event) => change(Number(event.target.value))}
          onPointerUp={release}
          onKeyUp={release}
          onBlur={release}
        />
        <output htmlFor={id} className="number">
          {formatNumber(value)}
        </output>
        <span className="quiet small unit">{unit}</span>
      </span>
      <Help id={id} text={help} />
    </div>
  )
}

function Pick({ input, isOn, onGive }: InputFieldProps<PickInput>) {
  const id = useId()
  const { label, options, help } = input
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        disabled={!isOn}
        aria-describedby={help === undefined ? undefined : `${id}-help`}
        onChange={(event) => onGive(event.target.value)}
      >
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
      <Help id={id} text={help} />
    </div>
  )
}

const Help = ({ id, text }: { id: string; text: string | undefined }) =>
  text === undefined ? null : (
    <span className="quiet small" id={`${id}-help`}>
      {text}
    </span>
  )
