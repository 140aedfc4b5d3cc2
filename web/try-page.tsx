/** A page that searches without a server: a scene is chosen, searched by the policy that the page carries, and watched. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { TryData } from '../src/page/page-data.ts'
import { tryAddress } from '../src/page/try-address.ts'
import type { SceneRef } from '../src/probe/problem.ts'
import { messageOf } from '../src/shared/errors.ts'
import { ProblemFact } from './facts.tsx'
import { openSearcher } from './open-searcher.ts'
import { replaceAddress, useRoute } from './route.ts'
import { SearchView } from './search-view.tsx'
import { storedUrls } from './shown-search.ts'
import type { TryAsks } from './searcher/messages.ts'
import { TryForm } from './try-form.tsx'
import { settingsIn } from './try-settings.ts'
import { useTry } from './use-try.ts'
import type { Speed } from './use-try.ts'

export function TryPage({ searcher: data }: TryData) {
  const searcher = useMemo(() => openSearcher(data), [data])
  const route = useRoute()
  const [settings, setSettings] = useState(() => settingsIn(route))
  const { drawn, problem: undrawn } = useDrawn(searcher, settings.scene)
  const { tried, speed, setSpeed, going, problem, begin, step, stop, leave } = useTry(searcher)
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    setSettings(settingsIn(route))
    leave()
  }, [route])
  useEffect(() => {
    const { path, settings: own } = tryAddress(settings)
    replaceAddress(path, own)
  }, [settings])
  const taken = tried?.search.turns.length ?? 0
  // Shows the newest turn of a search that is watched, then the whole search.
  useEffect(() => setTurn(going && speed !== 'fast' ? taken : 0), [taken, going])

  const search = (seed: number): void => {
    if (drawn === undefined) return
    const { scene, goal = drawn.goal, maxTurns, temperature } = settings
    setSettings({ ...settings, seed })
    void begin({ scene, goal, maxTurns, temperature, seed }, drawn.picture)
  }
  if (tried === undefined) {
    return (
      <TryForm
        settings={settings}
        onSettings={setSettings}
        drawn={drawn}
        problem={problem ?? undrawn}
        onSearch={() => search(settings.seed)}
      />
    )
  }
  return (
    <>
      <ProblemFact message={problem} />
      {going ? (
        <p class="going tried" role="group" aria-label="The search">
          {problem === undefined && <Pacing speed={speed} onSpeed={setSpeed} onStep={step} />}
          <button type="button" onClick={stop}>
            Stop
          </button>
        </p>
      ) : (
        <p class="going tried" role="group" aria-label="Another search">
          <button type="button" onClick={() => search(settings.seed + 1)}>
            Search again with seed {settings.seed + 1}
          </button>
          <button type="button" onClick={leave}>
            Change scene or settings
          </button>
        </p>
      )}
      <SearchView
        entries={[{ search: tried.search, urls: storedUrls(tried.search, tried.pictures) }]}
        at={0}
        turn={turn}
        compare={false}
        go={(to) => to.turn !== undefined && setTurn(to.turn)}
      />
    </>
  )
}

interface PacingProps {
  readonly speed: Speed
  readonly onSpeed: (speed: Speed) => void
  readonly onStep: () => void
}

function Pacing({ speed, onSpeed, onStep }: PacingProps) {
  return (
    <>
      <span role="status">{speed === 'paused' ? 'Paused' : 'Searching …'}</span>
      <button type="button" onClick={() => onSpeed(speed === 'paused' ? 'watched' : 'paused')}>
        {speed === 'paused' ? 'Continue' : 'Pause'}
      </button>
      <button type="button" onClick={onStep}>
        Next turn
      </button>
      <button type="button" onClick={() => onSpeed('fast')}>
        Run to the end
      </button>
    </>
  )
}

/** The scene as a picture, drawn anew for another one. */
function useDrawn(searcher: ReturnType<typeof openSearcher>, scene: SceneRef) {
  const [state, setState] = useState<{
    readonly scene?: SceneRef
    readonly drawn?: ReturnType<TryAsks['draw']>
    readonly problem?: string
  }>({})
  useEffect(() => {
    let wanted = true
    searcher.ask('draw', scene).then(
      (drawn) => wanted && setState({ scene, drawn }),
      (error: unknown) => wanted && setState({ scene, problem: messageOf(error) }),
    )
    return () => void (wanted = false)
  }, [searcher, scene.level, scene.seed, scene.digit])
  const isThis =
    state.scene?.level === scene.level && state.scene.seed === scene.seed && state.scene.digit === scene.digit
  return isThis ? state : { drawn: undefined, problem: undefined }
}
