/** The Ask page: picture (uploaded or generated), question, policy and limits. Input is kept while other pages are shown. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { AskRequest, AskStarted, PictureRow, PolicyRow, Setup } from '../src/server/api/types.ts'
import { itemAt } from '../src/shared/known.ts'
import { ConnectModels } from './connect-models.tsx'
import { ProblemFact } from './facts.tsx'
import { fetchJson, postJson, useJson } from './fetch-json.ts'
import { keepDraft, readDraft } from './form-draft.ts'
import { useDroppedFile } from './picture-files.ts'
import { PicturePick } from './picture-pick.tsx'
import { RecentAsks } from './recent-asks.tsx'
import { href } from './route.ts'
import { Slider } from './slider.tsx'

const refreshMs = 5_000

export function AskPage() {
  // Models may be connected from another page, or after their panel was closed.
  const { value: setup, error } = useJson<Setup>('api/setup', refreshMs)
  if (setup === undefined) return error === undefined ? <p role="status">Loading …</p> : <ProblemFact message={error} />
  if (setup.policies.length > 0)
    return (
      <>
        <ProblemFact message={error} />
        <AskForm setup={setup} />
      </>
    )
  return (
    <p>
      This server only shows runs: see <a href={href(['runs'])}>Runs</a>. To ask, start <code>mini-o3 serve</code>.
    </p>
  )
}

function canBeAsked({ unavailable }: PolicyRow): boolean {
  return unavailable === undefined
}

function AskForm({ setup }: { readonly setup: Setup }) {
  const { scenes, limits } = setup
  const [draft] = useState(readDraft)
  const [policies, setPolicies] = useState(setup.policies)
  useEffect(() => setPolicies(setup.policies), [setup])
  const [picture, setFirst] = useState<PictureRow>(draft.picture ?? itemAt(scenes, 0))
  const [furtherPictures, setFurther] = useState(draft.furtherPictures ?? [])
  const setPicture = (first: PictureRow, further: readonly PictureRow[] = []): void => {
    setFirst(first)
    setFurther(further)
  }
  const [question, setQuestion] = useState(draft.question ?? itemAt(scenes, 0).question)
  const [policyName, setPolicyName] = useState(draft.policy)
  const [maxTurns, setMaxTurns] = useState(draft.maxTurns)
  const [samples, setSamples] = useState(draft.samples ?? 1)
  const [connecting, setConnecting] = useState(false)
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState<string>()
  const form = useRef<HTMLFormElement>(null)
  const more = useRef<HTMLButtonElement>(null)
  /** What the form was asked to do last. */
  const wish = useRef(new AbortController())
  useEffect(() => () => wish.current.abort(), [])
  const able = policies.filter(canBeAsked)
  const policy = able.find(({ name }) => name === policyName) ?? able[0]
  const own = !scenes.some(({ id }) => id === picture.id)
  const turns = Math.min(maxTurns ?? policy?.maxTurns ?? 1, limits.turns)
  const blind = own && policy?.scenesOnly === true
  useEffect(
    () =>
      keepDraft({
        picture,
        furtherPictures,
        question,
        ...(policyName && { policy: policyName }),
        ...(maxTurns && { maxTurns }),
        samples,
      }),
    [picture, furtherPictures, question, policyName, maxTurns, samples],
  )
  useEffect(() => {
    if (blind && setup.connects) setConnecting(true)
  }, [blind])

  /** Gives up what was wished before. */
  const begin = (what?: string): AbortSignal => {
    wish.current.abort()
    wish.current = new AbortController()
    setBusy(what)
    setProblem(undefined)
    return wish.current.signal
  }
  /** `work` returns what to do with its result, which is left undone if something else was wished meanwhile, or the page was left. */
  async function during(what: string, work: (signal: AbortSignal) => Promise<() => void>): Promise<void> {
    const signal = begin(what)
    const done = await work(signal).catch((error: Error) => () => setProblem(error.message))
    if (signal.aborted) return
    setBusy(undefined)
    done()
  }
  /** Files chosen together are the pictures of one question, ordered by name. */
  const upload = (chosen: FileList | null | undefined): void => {
    const files = [...(chosen ?? [])].toSorted((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))
    if (files.length === 0) return
    void during(files.length === 1 ? 'Opening the picture …' : 'Opening the pictures …', async (signal) => {
      const opened: PictureRow[] = []
      for (const file of files) opened.push(await sendPicture(file, limits.pictureBytes, signal))
      return () => {
        setPicture(itemAt(opened, 0), opened.slice(1))
        setQuestion((typed) => (scenes.some((scene) => scene.question === typed) ? '' : typed))
        const seeing = able.find(({ scenesOnly }) => !scenesOnly)
        if (policy?.scenesOnly && seeing) setPolicyName(seeing.name)
      }
    })
  }
  const over = useDroppedFile(upload)
  const ask = (event: Event): void => {
    event.preventDefault()
    // Ctrl-Enter asks also where the button is disabled.
    if (busy !== undefined) return
    void during('Asking …', async (signal) => {
      if (question.trim() === '') throw new Error('Type a question first.')
      if (policy === undefined) throw new Error('No model is available. Connect one first.')
      const further = furtherPictures.map(({ id }) => id)
      const about = { picture: picture.id, ...(further.length > 0 && { furtherPictures: further }) }
      const request: AskRequest = { ...about, question, policy: policy.name, maxTurns: turns, samples }
      const { id } = await postJson<AskStarted>('api/asks', request, signal)
      return () => void (location.hash = href(['ask', id]))
    })
  }
  const connected = (name: string): void => {
    setPolicyName(name)
    void fetchJson<Setup>('api/setup').then(
      (now) => setPolicies(now.policies),
      () => {},
    )
  }
  return (
    <>
      <form class="ask" ref={form} onSubmit={ask} aria-label="Ask about a picture">
        <h2>Ask about a picture, and watch the search</h2>
        <div class="ask-columns">
          <PicturePick
            scenes={scenes}
            picture={picture}
            furtherPictures={furtherPictures}
            own={own}
            over={over}
            onScene={(scene) => {
              begin()
              setPicture(scene)
              setQuestion(scene.question)
            }}
            onFiles={upload}
            onRemove={(index) => {
              const [first, ...others] = [picture, ...furtherPictures].filter((_, at) => at !== index)
              if (first) setPicture(first, others)
            }}
            onLost={() => {
              setPicture(itemAt(scenes, 0))
              setProblem('The server no longer has that picture. Open it again.')
            }}
          />
          <div class="words">
            <label>
              <span>Question</span>
              <textarea
                rows={3}
                required
                dir="auto"
                value={question}
                placeholder="What does the sign say?"
                onInput={(event) => setQuestion(event.currentTarget.value)}
                onKeyDown={(event) => {
                  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.current?.requestSubmit()
                }}
              />
            </label>
            <label>
              <span>Search with</span>
              <select value={policy?.name} onChange={(event) => setPolicyName(event.currentTarget.value)}>
                {policies.map(({ name, unavailable }) => (
                  <option key={name} value={name} disabled={unavailable !== undefined}>
                    {name}
                    {unavailable !== undefined && ' (not available)'}
                  </option>
                ))}
              </select>
            </label>
            <p class={blind ? 'note strong' : 'note'}>
              {policy?.note}
              {blind && ' For your own pictures, choose or connect a vision-language model.'}
            </p>
            {policies.map(
              ({ name, unavailable }) =>
                unavailable !== undefined && (
                  <p key={name} class="note">
                    {name} is not available: {unavailable} It was tried when the server started.
                  </p>
                ),
            )}
            {setup.connects && (
              <button
                ref={more}
                type="button"
                class="more"
                aria-expanded={connecting}
                onClick={() => setConnecting(!connecting)}
              >
                Connect a model
              </button>
            )}
            <Slider name="At most" unit={['turn', 'turns']} value={turns} most={limits.turns} onValue={setMaxTurns} />
            <Slider
              name="Searches"
              unit={['search', 'searches']}
              value={samples}
              most={limits.samples}
              onValue={setSamples}
            />
            <p class="note">
              {setup.archives
                ? 'Searches are kept as runs, with their pictures.'
                : 'Searches are kept in memory until the server ends; mini-o3 serve --keep keeps them as runs.'}
            </p>
            <button type="submit" class="go" disabled={busy !== undefined} title="Ctrl-Enter in the question">
              {busy ?? 'Search'}
            </button>
            <ProblemFact message={problem} />
          </div>
        </div>
      </form>
      {connecting && (
        <ConnectModels
          offered={able.map(({ name }) => name)}
          onConnected={connected}
          onClose={() => {
            setConnecting(false)
            more.current?.focus()
          }}
        />
      )}
      <RecentAsks
        onPictures={(first, others) => {
          begin()
          setPicture(first, others)
        }}
      />
    </>
  )
}

async function sendPicture(file: File, mostBytes: number, signal: AbortSignal): Promise<PictureRow> {
  if (file.size > mostBytes) {
    throw new Error(`${file.name} is larger than ${mostBytes / 1024 ** 2} MiB. Save it smaller, or as JPEG.`)
  }
  if (file.type !== '' && !file.type.startsWith('image/')) {
    throw new Error(`${file.name} is not a picture. Open a JPEG, PNG, WebP, AVIF, HEIC, TIFF, GIF or BMP file.`)
  }
  const headers = { 'content-type': file.type.startsWith('image/') ? file.type : 'image/x-unknown' }
  return fetchJson<PictureRow>('api/pictures', { method: 'POST', body: file, headers, signal })
}
