import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react"
import { type InputSchema, resolveParameters, type System, type Touch as Touched } from "../../src/run/index.ts"
import { formatDuration } from "../../src/view/numbers.ts"
import type { Seen } from "../run/followed.ts"
import type { Settings } from "../run/protocol.ts"
import { Session } from "../run/session.ts"
import { Figure } from "./Figure.tsx"
import { InputField } from "./InputField.tsx"
import { PressedFigure } from "./PressedFigure.tsx"
import { Words } from "./RunState.tsx"
import "./touch.css"

interface TouchProps {
  system: System
  touch: Touched
  settings: Settings
  dataUrl: string
}

const never = (): (() => void) => () => undefined

/** A system under the reader's hands. */
export function Touch({ system, touch, settings, dataUrl }: TouchProps) {
  const [session, setSession] = useState<Session>()
  const seen = useSyncExternalStore(session?.subscribe ?? never, () => session?.seen())
  useEffect(() => () => session?.leave(), [session])
  const inputs = useMemo(() => inputsOf(system, touch, settings), [system, touch, settings])
  const give = useCallback((name: string, value: unknown) => session?.give(name, value), [session])
  const isOn = seen !== undefined && ["starting", "running"].includes(seen.phase)
  const begin = (): void => setSession(new Session(settings, dataUrl, { isTouched: true }))
  const isOther = isOn && JSON.stringify(seen.settings) !== JSON.stringify(settings)
  const marks = Object.entries(inputs ?? {}).flatMap(([name, { kind, label }]) =>
    kind === "press" ? { name, label } : [],
  )
  return (
    <section className="touch">
      <h2>Touch it</h2>
      <p className="about">{touch.about}</p>
      <div className="hands">
        <div>
          <div className="buttons">
            {isOn ? (
              <button type="button" onClick={() => session?.stop()}>
                Let go
              </button>
            ) : (
              <button type="button" disabled={inputs === undefined} onClick={begin}>
                Begin
              </button>
            )}
            {isOther && (
              <button type="button" onClick={begin}>
                Begin again with the settings below
              </button>
            )}
          </div>
          <p role="status" className="small quiet">
            {sentence(seen)}
          </p>
          <Words seen={seen} />
          {Object.entries(inputs ?? {}).map(([name, input]) => (
            <InputField key={name} input={input} isOn={isOn} onGive={(value) => give(name, value)} />
          ))}
        </div>
        <div className="shows">
          {(seen?.figures.size ?? 0) === 0 && <div className="blank">What it does is shown here.</div>}
          {[...(seen?.figures.values() ?? [])].map((event) =>
            event.svg !== undefined && marks.length > 0 ? (
              <PressedFigure
                key={event.id}
                event={event}
                label={marks.map(({ label }) => label).join(", ")}
                onPress={give}
              />
            ) : (
              <Figure key={event.id} event={event} name={`touch-${event.id}`} />
            ),
          )}
        </div>
      </div>
    </section>
  )
}

/** Undefined while a setting is not right: the field that holds it says so. */
function inputsOf(system: System, touch: Touched, { preset, parameters }: Settings): InputSchema | undefined {
  try {
    return touch.inputs(resolveParameters(system, preset, parameters))
  } catch {
    return undefined
  }
}

function sentence(seen: Seen | undefined): string {
  if (seen === undefined) return "It waits for you."
  const { phase, progress, leftMs } = seen
  switch (phase) {
    case "starting":
      return "Starting."
    case "running": {
      if (progress === undefined || progress.done >= progress.total) return "It is in your hands."
      return `${progress.label}${leftMs === undefined ? "" : ` · about ${formatDuration(leftMs)} left`}`
    }
    case "failed":
      return "It failed."
    default:
      return "It has stopped."
  }
}
