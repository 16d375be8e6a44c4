import { type FormEvent, useId, useState } from "react"
import { type Parameter, presetNames, type System } from "../../src/run/index.ts"
import type { Settings } from "../run/protocol.ts"
import { problemOf, problemOfAll, valuesOf } from "./settings.ts"

interface ControlsProps {
  system: System
  settings: Settings
  isBusy: boolean
  /** The settings of the run that is shown. */
  ran: Settings | undefined
  onChange: (settings: Settings) => void
  onRun: () => void
  /** There where a server can run it. */
  onServer: (() => void) | undefined
  onStop: () => void
  /** There where a stopped run can go on. */
  onResume: (() => void) | undefined
}

/** Where the settings stand above what a run shows, and make room for it. The same as in paper.css. */
const narrow = "(max-width: 900px)"

/** Preset, seed and parameters, and the button. */
export function Controls({
  system,
  settings,
  isBusy,
  ran,
  onChange,
  onRun,
  onServer,
  onStop,
  onResume,
}: ControlsProps) {
  const values = valuesOf(system, settings)
  const [isOpen, setOpen] = useState(true)
  const names = Object.keys(system.parameters)
  const wrong = names.filter((name) => problemOf(system, name, values[name]) !== undefined)
  const together = wrong.length > 0 ? undefined : problemOfAll(system, settings)
  const change = (name: string, value: unknown): void =>
    onChange({ ...settings, parameters: { ...settings.parameters, [name]: value } })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (wrong.length > 0 || together !== undefined || isBusy) return
    setOpen(!matchMedia(narrow).matches)
    onRun()
  }
  return (
    <form onSubmit={submit} noValidate>
      <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>settings</summary>
        <fieldset className="presets">
          <legend>preset</legend>
          {presetNames.map((name) => (
            <label key={name}>
              <input
                type="radio"
                name="preset"
                checked={settings.preset === name}
                onChange={() => onChange({ ...settings, preset: name, parameters: {} })}
              />
              {name}
            </label>
          ))}
        </fieldset>
        {names.map((name) => (
          <Field
            key={`${name} ${settings.preset}`}
            schema={system.parameters[name]}
            value={values[name]}
            problem={problemOf(system, name, values[name])}
            isNew={ran !== undefined && valuesOf(system, ran)[name] !== values[name]}
            onChange={(value) => change(name, value)}
          />
        ))}
        <Seed value={settings.seed} onChange={(seed) => onChange({ ...settings, seed })} />
      </details>
      {together !== undefined && (
        <p className="problem" role="alert">
          {together}
        </p>
      )}
      <div className="buttons">
        {isBusy ? (
          <button type="button" onClick={onStop}>
            Stop
          </button>
        ) : (
          <button type="submit" className="strong" disabled={wrong.length > 0 || together !== undefined}>
            Run in this browser
          </button>
        )}
        {onServer !== undefined && !isBusy && (
          <button type="button" disabled={wrong.length > 0 || together !== undefined} onClick={onServer}>
            Run on the server
          </button>
        )}
        {onResume !== undefined && (
          <button type="button" onClick={onResume}>
            Resume the stopped run
          </button>
        )}
        <Share />
      </div>
    </form>
  )
}

interface FieldProps {
  schema: Parameter
  value: unknown
  problem: ReturnType<typeof problemOf>
  /** Whether the run that is shown had another value. */
  isNew: boolean
  onChange: (value: unknown) => void
}

function Field({ schema, value, problem, isNew, onChange }: FieldProps) {
  const id = useId()
  const about = [schema.help === undefined ? "" : `${id}-help`, problem === undefined ? "" : `${id}-problem`]
  return (
    <div className="field">
      <label htmlFor={id}>
        {schema.label}
        {isNew && <span className="quiet small"> · run again</span>}
      </label>
      <Input id={id} schema={schema} value={value} about={about.join(" ").trim()} onChange={onChange} />
      {schema.help !== undefined && (
        <span className="quiet small" id={`${id}-help`}>
          {schema.help}
        </span>
      )}
      {problem !== undefined && (
        <span className="problem" id={`${id}-problem`} role="alert">
          {problem.message}{" "}
          {problem.nearest !== undefined && (
            <button type="button" className="plain" onClick={() => onChange(problem.nearest)}>
              use {String(problem.nearest)}
            </button>
          )}
        </span>
      )}
    </div>
  )
}

interface InputProps {
  id: string
  schema: Parameter
  value: unknown
  about: string
  onChange: (value: unknown) => void
}

function Input({ id, schema, value, about, onChange }: InputProps) {
  const described = about === "" ? {} : { "aria-describedby": about }
  switch (schema.kind) {
    case "integer":
    case "real":
      return <NumberInput {...{ id, schema, value, onChange }} described={described} />
    case "choice":
      return (
        <select id={id} value={String(value)} onChange={(event) => onChange(event.target.value)} {...described}>
          {schema.options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      )
    case "flag":
      return (
        <input
          id={id}
          type="checkbox"
          checked={value === true || value === "true"}
          onChange={(event) => onChange(event.target.checked)}
          {...described}
        />
      )
    case "text":
      return (
        <textarea id={id} rows={2} value={String(value)} onChange={(e) => onChange(e.target.value)} {...described} />
      )
  }
}

interface NumberInputProps extends Omit<InputProps, "schema" | "about"> {
  schema: Extract<Parameter, { kind: "integer" | "real" }>
  described: object
}

/** A slider, and the number itself; a wide range is gone through by factors. */
function NumberInput({ id, schema, value, onChange, described }: NumberInputProps) {
  const { from, to, kind, unit, label } = schema
  const isWide = from > 0 && to / from > 200
  const toSlider = (x: number): number => (isWide ? Math.log(x) : x)
  const fromSlider = (y: number): number => {
    const x = isWide ? Math.exp(y) : y
    return kind === "integer" ? Math.round(x) : Number(x.toPrecision(3))
  }
  const number = Number(value)
  const step = kind === "integer" && !isWide ? 1 : (toSlider(to) - toSlider(from)) / 200
  return (
    <span className="pair">
      <input
        type="range"
        aria-label={label}
        min={toSlider(from)}
        max={toSlider(to)}
        step={step}
        value={toSlider(Math.min(Math.max(Number.isFinite(number) ? number : from, from), to))}
        onChange={(event) => onChange(fromSlider(Number(event.target.value)))}
      />
      <input
        id={id}
        inputMode="decimal"
        value={String(value)}
        onChange={(event) => onChange(event.target.value)}
        {...described}
      />
      <span className="quiet small unit">{unit}</span>
    </span>
  )
}

function Seed({ value, onChange }: { value: number; onChange: (seed: number) => void }) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>seed</label>
      <span className="pair">
        <input
          id={id}
          inputMode="numeric"
          value={String(value)}
          onChange={(event) => {
            const seed = Number(event.target.value)
            if (Number.isInteger(seed) && seed >= 0 && seed <= 0xffffffff) onChange(seed)
          }}
        />
      </span>
    </div>
  )
}

/** Copies the address, which holds all settings. */
function Share() {
  const [said, say] = useState("Share")
  const share = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(location.href)
      say("Address copied")
    } catch {
      say("Copy the address bar")
    }
    setTimeout(() => say("Share"), 2000)
  }
  return (
    <button type="button" onClick={() => void share()}>
      {said}
    </button>
  )
}
