/** Ask: a picture of one's own or a scene, a question, who searches and for how long. */
import { useState } from 'preact/hooks'
import type { AskRequest, AskStarted, PictureRow, PolicyRow, Setup } from '../src/server/api/types.ts'
import { ProblemFact } from './facts.tsx'
import { defined, itemAt } from '../src/shared/known.ts'
import { fetchJson, postJson, useJson } from './fetch-json.ts'
import { href } from './route.ts'

export function AskPage() {
  const { value: setup, error } = useJson<Setup>('api/setup')
  if (error !== undefined) return <ProblemFact message={error} />
  if (setup === undefined) return <p role="status">Loading …</p>
  if (setup.policies.length > 0) return <AskForm setup={setup} />
  return (
    <p>
      Only runs are shown here: see <a href={href(['runs'])}>Runs</a>. To ask, start <code>mini-o3 serve</code>.
    </p>
  )
}

function canBeAsked({ unavailable }: PolicyRow): boolean {
  return unavailable === undefined
}

function AskForm({ setup }: { readonly setup: Setup }) {
  const { scenes, policies, limits } = setup
  const [picture, setPicture] = useState<PictureRow>(itemAt(scenes, 0))
  const [question, setQuestion] = useState(itemAt(scenes, 0).question)
  const [policyName, setPolicyName] = useState(policies.find(canBeAsked)?.name)
  const policy = defined(
    policies.find(({ name }) => name === policyName),
    'the policy',
  )
  const [maxTurns, setMaxTurns] = useState(Math.min(policy.maxTurns, limits.turns))
  const [samples, setSamples] = useState(1)
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState<string>()
  const [over, setOver] = useState(false)
  const own = !scenes.some(({ id }) => id === picture.id)

  async function during(what: string, work: () => Promise<void>): Promise<void> {
    setBusy(what)
    setProblem(undefined)
    await work().catch((error: Error) => setProblem(error.message))
    setBusy(undefined)
  }
  const upload = (file: File | undefined): void => {
    if (file === undefined) return
    void during('Opening the picture …', async () => {
      if (file.size > limits.pictureBytes) {
        throw new Error(
          `${file.name} is larger than ${limits.pictureBytes / 1024 ** 2} MiB. Save it smaller, or as JPEG.`,
        )
      }
      if (file.type !== '' && !file.type.startsWith('image/')) {
        throw new Error(`${file.name} is not a picture. Open a JPEG, PNG, WebP, AVIF, HEIC, TIFF, GIF or BMP file.`)
      }
      const headers = { 'content-type': file.type.startsWith('image/') ? file.type : 'image/x-unknown' }
      setPicture(await fetchJson<PictureRow>('api/pictures', { method: 'POST', body: file, headers }))
      setQuestion('')
    })
  }
  const ask = (event: Event): void => {
    event.preventDefault()
    void during('Asking …', async () => {
      if (question.trim() === '') throw new Error('Type a question first.')
      const request: AskRequest = { picture: picture.id, question, policy: policy.name, maxTurns, samples }
      const { id } = await postJson<AskStarted>('api/asks', request)
      location.hash = href(['ask', id])
    })
  }
  return (
    <form class="ask" onSubmit={ask} aria-label="Ask about a picture">
      <h2>Ask about a picture, and watch the search</h2>
      <div class="ask-columns">
        <fieldset
          class={`pick ${over ? 'over' : ''}`}
          onDragOver={(event) => {
            event.preventDefault()
            setOver(true)
          }}
          onDragLeave={() => setOver(false)}
          onDrop={(event) => {
            event.preventDefault()
            setOver(false)
            upload(event.dataTransfer?.files[0])
          }}
        >
          <legend>Picture: choose one, or drop your own</legend>
          <img
            class="chosen"
            src={`api/pictures/${encodeURIComponent(picture.id)}/region?side=1000`}
            width={picture.width}
            height={picture.height}
            alt={own ? 'Your picture' : `A generated scene of ${picture.width} × ${picture.height} pixels`}
          />
          <div class="scenes" role="radiogroup" aria-label="Scenes">
            {scenes.map((scene) => (
              <label key={scene.id} class={scene.id === picture.id ? 'on' : ''}>
                <input
                  type="radio"
                  name="scene"
                  class="hidden"
                  checked={scene.id === picture.id}
                  onChange={() => {
                    setPicture(scene)
                    setQuestion(scene.question)
                    setProblem(undefined)
                  }}
                />
                <img
                  src={`api/pictures/${scene.id}/region?side=160`}
                  width={80}
                  height={80}
                  loading="lazy"
                  alt={`${scene.level} scene: ${scene.question}`}
                />
                <span aria-hidden="true">{scene.level}</span>
              </label>
            ))}
            <label class={`upload ${own ? 'on' : ''}`}>
              <input
                type="file"
                class="hidden"
                accept="image/jpeg,image/png,image/webp,image/avif,image/heic,image/heif,image/tiff,image/gif,image/bmp"
                onChange={(event) => upload(event.currentTarget.files?.[0])}
              />
              <b aria-hidden="true">+</b>
              <span>your own</span>
            </label>
          </div>
        </fieldset>
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
            />
          </label>
          <label>
            <span>Who searches</span>
            <select value={policyName} onChange={(event) => setPolicyName(event.currentTarget.value)}>
              {policies.map(({ name, unavailable }) => (
                <option key={name} value={name} disabled={unavailable !== undefined}>
                  {name}
                  {unavailable !== undefined && ' (not available)'}
                </option>
              ))}
            </select>
          </label>
          <p class="note">{policy.note}</p>
          {policies.map(
            ({ name, unavailable }) =>
              unavailable !== undefined && (
                <p key={name} class="note">
                  {name} is not available: {unavailable} It was tried when the server started.
                </p>
              ),
          )}
          <Slider name="At most" unit={['turn', 'turns']} value={maxTurns} most={limits.turns} onValue={setMaxTurns} />
          <Slider
            name="How often"
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
          <button type="submit" class="go" disabled={busy !== undefined}>
            {busy ?? 'Search'}
          </button>
          <ProblemFact message={problem} />
        </div>
      </div>
    </form>
  )
}

interface SliderProps {
  readonly name: string
  /** Of one, of several. */
  readonly unit: readonly [string, string]
  readonly value: number
  readonly most: number
  readonly onValue: (value: number) => void
}

function Slider({ name, unit, value, most, onValue }: SliderProps) {
  const words = `${value} ${unit[value === 1 ? 0 : 1]}`
  return (
    <label class="slider">
      <span>{name}</span>
      <input
        type="range"
        min={1}
        max={most}
        value={value}
        aria-valuetext={words}
        onInput={(event) => onValue(Number(event.currentTarget.value))}
      />
      <output>{words}</output>
    </label>
  )
}
