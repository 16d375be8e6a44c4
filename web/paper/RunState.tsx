import { formatDuration } from "../../src/view/numbers.ts"
import type { Seen } from "../run/session.ts"
import { threadsOf } from "./Claims.tsx"

/** How far the run is, in one quiet line that is always there. */
export function RunState({ seen }: { seen: Seen | undefined }) {
  const { progress } = seen ?? {}
  const isBusy = seen !== undefined && ["starting", "running", "stopping"].includes(seen.phase)
  const share =
    seen?.phase === "done"
      ? 1
      : progress === undefined || progress.total <= 0
        ? undefined
        : progress.done / progress.total
  return (
    <div className="state">
      <progress value={isBusy ? share : (share ?? 0)} aria-label="progress of the run" />
      <p role="status" className="small">
        {sentence(seen)}
      </p>
      <Words seen={seen} />
    </div>
  )
}

/** What a run has to say besides its figures: notes, and why it failed. */
export const Words = ({ seen }: { seen: Seen | undefined }) => (
  <>
    {seen?.notes.map((note) => (
      <p key={note} className="note small">
        {note}
      </p>
    ))}
    {seen?.error !== undefined && (
      <p role="alert" className="problem">
        {seen.error.message}
        {seen.error.hint !== undefined && <span className="quiet"> {seen.error.hint}</span>}
      </p>
    )}
  </>
)

function sentence(seen: Seen | undefined): string {
  if (seen === undefined)
    return globalThis.crossOriginIsolated
      ? "Not run yet."
      : "Not run yet. This host does not allow shared memory, so that runs have one thread."
  const { phase, device, progress, leftMs, result } = seen
  const where = device === undefined ? "" : ` · ${device.name}, ${threadsOf(device.threads)}`
  switch (phase) {
    case "starting":
      return "Starting."
    case "running": {
      const left = leftMs === undefined ? "" : ` · about ${formatDuration(leftMs)} left`
      return `${progress?.label ?? "Running"}${left}${where}`
    }
    case "stopping":
      return "Stopping after the present piece of work."
    case "stopped":
      return "Stopped. What was measured until then is shown."
    case "failed":
      return "The run failed."
    case "done":
      return `Done in ${formatDuration(result?.wallMs ?? 0)}${where}`
  }
}
