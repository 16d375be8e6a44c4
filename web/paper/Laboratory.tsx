import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react"
import { drawingsOf, type System, weigh } from "../../src/run/index.ts"
import { formatAddress, go } from "../address.ts"
import { useServer } from "../api.ts"
import type { Paper } from "../papers.ts"
import type { Followed } from "../run/followed.ts"
import { forgetStopped, keepRun, keepStopped, type PastRun, pastRuns, stoppedRun } from "../run/history.ts"
import type { Settings } from "../run/protocol.ts"
import { Session } from "../run/session.ts"
import { ServerRuns } from "../server/ServerRuns.tsx"
import { ServerSession, settingsOfRun } from "../server/session.ts"
import { Claims } from "./Claims.tsx"
import { Code } from "./Code.tsx"
import { Controls } from "./Controls.tsx"
import { Curves } from "./Curves.tsx"
import { Diagram } from "./Diagram.tsx"
import { Downloads } from "./Downloads.tsx"
import { EarlierRuns } from "./EarlierRuns.tsx"
import { Figures } from "./Figures.tsx"
import { Player } from "./Player.tsx"
import { RunState } from "./RunState.tsx"
import { useRecordedResult } from "./recorded.ts"
import { queryOfSettings, settingsOf } from "./settings.ts"
import { Touch } from "./Touch.tsx"

/** Datasets are served beside the page. */
const dataUrl = new URL("data/", document.baseURI).href

const never = (): (() => void) => () => undefined

interface LaboratoryProps {
  paper: Paper
  /** Undefined while it is being loaded: the page has its shape already. */
  system: System | undefined
  query: URLSearchParams
}

/** Where a paper is run: its claims, its settings, what a run shows, and what is left of earlier ones. */
export function Laboratory({ paper, system, query }: LaboratoryProps) {
  const { slug } = paper
  const settings = useMemo(
    () => (system === undefined ? undefined : settingsOf(slug, system, query)),
    [slug, system, query],
  )
  const [session, setSession] = useState<Followed>()
  const seen = useSyncExternalStore(session?.subscribe ?? never, () => session?.seen())
  const [past, setPast] = useState<readonly PastRun[]>([])
  const [other, setOther] = useState<PastRun>()
  const [resumable, setResumable] = useState<Awaited<ReturnType<typeof stoppedRun>>>()
  const recorded = useRecordedResult(slug)
  const { isHere } = useServer()

  const look = useCallback(async () => {
    setPast(await pastRuns(slug))
    setResumable(await stoppedRun(slug))
  }, [slug])
  useEffect(() => void look(), [look])
  useEffect(() => () => session?.leave(), [session])

  // What a run leaves is kept when it ends.
  const phase = seen?.phase
  useEffect(() => {
    if (!(session instanceof Session)) return
    const now = session.seen()
    const keep = async (): Promise<void> => {
      if (phase === "done" && now.result !== undefined) {
        const { startedAt: id, settings, result, events } = now
        await Promise.all([keepRun({ id, slug, settings, result, events: [...events] }), forgetStopped(slug)])
      } else if ((phase === "stopped" || phase === "failed") && session.restored !== undefined)
        await keepStopped(now.settings, session.restored)
      else return
      await look()
    }
    void keep()
  }, [session, phase, slug, look])

  const change = (next: Settings): void => go(formatAddress(slug, queryOfSettings(next)), { replace: true })
  const isBusy = phase === "starting" || phase === "running" || phase === "stopping"
  const follow = (next: Followed): void => {
    session?.leave()
    setSession(next)
  }
  const begin = (own: Settings, restored?: Session["restored"]): void => follow(new Session(own, dataUrl, { restored }))
  const resume = (): void => {
    if (resumable === undefined) return
    change(resumable.settings)
    begin(resumable.settings, resumable.restored)
  }

  const claims = system?.claims ?? []
  const live = seen === undefined ? undefined : weigh(claims, seen.metrics)
  return (
    <>
      <div className="two">
        <section>
          <h2>What it is</h2>
          <p className="about">{paper.summary}</p>
        </section>
        <section>
          <h2>What it claims</h2>
          <Claims claims={claims} live={live} run={seen?.result} recorded={recorded} />
        </section>
      </div>
      {system !== undefined && settings !== undefined && drawingsOf(system).length > 0 && (
        <Diagram system={system} settings={settings} />
      )}
      <Player slug={slug} />
      {system?.touch !== undefined && settings !== undefined && (
        <Touch system={system} touch={system.touch} settings={settings} dataUrl={dataUrl} />
      )}
      <div className="bench">
        <section className="controls">
          <h2>Run it</h2>
          {system !== undefined && settings !== undefined && (
            <Controls
              system={system}
              settings={settings}
              isBusy={isBusy}
              ran={seen?.settings}
              onChange={change}
              onRun={() => begin(settings)}
              onServer={isHere ? () => follow(new ServerSession(settings)) : undefined}
              onStop={() => session?.stop()}
              onResume={resumable === undefined || isBusy ? undefined : resume}
            />
          )}
        </section>
        <section className="results" aria-label="results">
          <RunState seen={seen} />
          <Figures figures={seen?.figures} tables={seen?.tables} other={other} isBusy={isBusy} />
          {seen !== undefined && <Curves curves={seen.curves} />}
        </section>
      </div>
      {seen?.result !== undefined && <Downloads paper={paper} claims={claims} seen={seen} />}
      <EarlierRuns runs={past} compared={other} onCompare={setOther} onOpen={(run) => change(run.settings)} />
      <ServerRuns
        slug={slug}
        news={phase}
        compared={other}
        onCompare={setOther}
        onOpen={(run) => {
          change(settingsOfRun(run))
          follow(new ServerSession(settingsOfRun(run), run))
        }}
      />
      <Code slug={slug} />
    </>
  )
}
