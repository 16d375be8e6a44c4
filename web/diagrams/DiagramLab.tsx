import { useDeferredValue, useId, useMemo, useRef, useState } from "react"
import { formatNumber } from "../../src/view/numbers.ts"
import { exhibitsOf, paperSizes } from "../../systems/neural-circuit-diagrams/gallery.ts"
import { Drawing } from "./Drawing.tsx"
import { Editor } from "./Editor.tsx"
import { examples } from "./examples.ts"
import type { Outcome } from "./protocol.ts"
import { useRuns } from "./runs.ts"
import { Sheet } from "./Sheet.tsx"
import { Sizes } from "./Sizes.tsx"
import {
  backward,
  costsOf,
  erasedOf,
  type Fault,
  faultOf,
  read,
  rewritings,
  type Shown,
  shownTerm,
  sizesIn,
  type ViewName,
  views,
  withSize,
} from "./term.ts"
import "./lab.css"

const exhibits = exhibitsOf(paperSizes).map(({ name, title }) => ({ name, title }))

/** Where terms are written, seen, run, costed, turned round and rewritten. */
export default function DiagramLab() {
  const [text, setText] = useState(examples[0].text)
  const [view, setView] = useState<ViewName>("forward")
  const [step, setStep] = useState(0)
  const [ran, setRan] = useState<{ text: string; outcome?: Outcome; failed?: string }>()
  const runs = useRuns()
  const late = useDeferredValue(text)
  const now = useMemo(() => read(late), [late])
  // What was right last stays in sight while the text is being changed.
  const last = useRef(now)
  if ("term" in now) last.current = now
  const term = "term" in last.current ? last.current.term : undefined

  const steps = useMemo(() => (term === undefined || view !== "rewritten" ? [] : rewritings(term)), [term, view])
  const at = Math.min(step, Math.max(0, steps.length - 1))
  const shown = useMemo((): Shown | { fault: Fault } | undefined => {
    if (term === undefined) return undefined
    try {
      if (view === "axes erased") return erasedOf(term)
      if (view === "backward") return backward(term)
      return shownTerm(view === "rewritten" ? steps[at].term : term)
    } catch (error) {
      return { fault: faultOf(error) }
    }
  }, [term, view, steps, at])
  const drawn = shown !== undefined && "svg" in shown ? shown : undefined
  const outcome = ran !== undefined && ran.text === drawn?.text ? ran : undefined

  const change = (next: string): void => {
    setText(next)
    setStep(0)
  }
  const choose = async (name: string): Promise<void> => {
    const own = examples.find((e) => e.name === name)
    if (own !== undefined) return change(own.text)
    const answer = await runs.ask({ type: "exhibit", name })
    if (answer?.type === "exhibit") change(answer.text)
  }
  const run = async (): Promise<void> => {
    const what = drawn?.text
    if (what === undefined) return
    const answer = await runs.ask({ type: "run", text: what, seed: 7 })
    if (answer?.type === "ran") setRan({ text: what, outcome: answer.outcome })
    else if (answer?.type === "failed") setRan({ text: what, failed: answer.message })
  }
  return (
    <section className="lab" aria-label="write a diagram">
      <h2>Write one</h2>
      <p className="quiet about">
        A wire is an axis, a dashed line stands between arrays, green is linear. Change the text and the picture
        follows; every picture here can be run.
      </p>
      <div className="bench">
        <div className="controls">
          <Gallery onChoose={(name) => void choose(name)} isBusy={runs.isBusy} />
          <Editor text={text} fault={"fault" in now ? now.fault : undefined} onChange={change} />
          <Sizes sizes={sizesIn(text)} onChange={(name, size) => change(withSize(text, name, size))} />
        </div>
        <div className={"fault" in now ? "seen stale" : "seen"}>
          {drawn === undefined ? (
            <>
              <Views view={view} onChange={setView} />
              <div className="blank">{shown !== undefined && "fault" in shown && <Told fault={shown.fault} />}</div>
            </>
          ) : (
            <Drawing
              svg={drawn.svg}
              name="the diagram of this term"
              isPlain={drawn.term === undefined}
              head={<Views view={view} onChange={setView} />}
              about={({ path }) =>
                path === undefined ? undefined : outcome?.outcome?.sections[path]?.map((v) => `[${v}]`).join("  ")
              }
            />
          )}
          {drawn?.note !== undefined && <p className="about">{drawn.note}</p>}
          {view === "rewritten" && steps.length > 0 && <Player steps={steps} at={at} onChange={setStep} />}
          {drawn?.term !== undefined && (
            <>
              <CostTable term={drawn.term} />
              <div className="buttons">
                {runs.isBusy ? (
                  <button type="button" onClick={runs.stop}>
                    Stop
                  </button>
                ) : (
                  <button type="button" className="strong" onClick={() => void run()}>
                    Run this diagram
                  </button>
                )}
              </div>
              <Results ran={outcome} isBusy={runs.isBusy} />
            </>
          )}
        </div>
      </div>
      <Sheet />
    </section>
  )
}

function Gallery({ onChoose, isBusy }: { onChoose: (name: string) => void; isBusy: boolean }) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>begin with</label>
      <select id={id} disabled={isBusy} onChange={(event) => onChoose(event.target.value)}>
        <optgroup label="terms">
          {examples.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </optgroup>
        <optgroup label="architectures, traced from their programs">
          {exhibits.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </optgroup>
      </select>
    </div>
  )
}

function Views({ view, onChange }: { view: ViewName; onChange: (view: ViewName) => void }) {
  const name = useId()
  return (
    <fieldset className="views">
      <legend className="unseen">what is drawn</legend>
      {views.map((one) => (
        <label key={one}>
          <input type="radio" name={name} checked={one === view} onChange={() => onChange(one)} />
          {one}
        </label>
      ))}
    </fieldset>
  )
}

const Told = ({ fault: { message, hint } }: { fault: Fault }) => (
  <div>
    <p>{message}</p>
    {hint !== undefined && <p className="small">{hint}</p>}
  </div>
)

function CostTable({ term }: { term: Parameters<typeof costsOf>[0] }) {
  const { multiplyAdds, other, peak, widest } = useMemo(() => costsOf(term), [term])
  const rows: [string, number, string?][] = [
    ["multiply-adds", multiplyAdds.value, multiplyAdds.formula],
    ["other operations", other],
    ["widest section, numbers", widest],
    ["most numbers alive", peak],
  ]
  return (
    <dl className="costs">
      {rows.map(([label, value, formula]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            <span className="number">{value.toLocaleString("en")}</span>
            {formula !== undefined && formula !== "0" && (
              <span className="quiet small formula" title={formula}>
                {" "}
                = {formula}
              </span>
            )}
          </dd>
        </div>
      ))}
    </dl>
  )
}

interface PlayerProps {
  steps: ReturnType<typeof rewritings>
  at: number
  onChange: (step: number) => void
}

/** Linear boxes fused one by one, with the memory that is left. */
function Player({ steps, at, onChange }: PlayerProps) {
  const most = Math.max(1, ...steps.map((s) => s.largest))
  if (steps.length === 1)
    return <p className="about">Nothing here can be fused: no two linear boxes follow each other.</p>
  return (
    <div className="player">
      <div className="buttons">
        <button type="button" disabled={at === 0} onClick={() => onChange(at - 1)}>
          back
        </button>
        <button type="button" disabled={at === steps.length - 1} onClick={() => onChange(at + 1)}>
          fuse
        </button>
        <span>
          {at} of {steps.length - 1} fusions
        </span>
      </div>
      <p>
        Largest array that is made: <span className="number">{steps[at].largest.toLocaleString("en")}</span> numbers
      </p>
      <progress max={most} value={steps[at].largest} aria-label="memory of the largest section" />
    </div>
  )
}

function Results({ ran, isBusy }: { ran: { outcome?: Outcome; failed?: string } | undefined; isBusy: boolean }) {
  return (
    <div className="ran" aria-live="polite">
      {isBusy && <p className="quiet">Running …</p>}
      {!isBusy && ran?.failed !== undefined && <p className="problem">{ran.failed}</p>}
      {!isBusy && ran?.outcome !== undefined && (
        <>
          <p className="quiet small">
            Ran in {formatNumber(Number(ran.outcome.ms.toPrecision(2)))} ms on random inputs (seed 7). Point at a
            section to see the numbers there.
          </p>
          {ran.outcome.outputs.map(({ shape, numbers }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: outputs have no other name
            <p key={i} className="output">
              <b>{shape}</b> <code>{numbers}</code>
            </p>
          ))}
        </>
      )}
    </div>
  )
}
