/** The form to fork a search at a turn: where it looks, what it thinks, and who goes on from there. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { pictureName } from '../src/page/step.ts'
import { originalCount } from '../src/protocol/originals.ts'
import type { AskStarted, ForkRequest, PolicyRow, Setup } from '../src/server/api/types.ts'
import { ProblemFact } from './facts.tsx'
import { postJson, useJson } from './fetch-json.ts'
import { onOriginalPx, planOf, regionOf, sourcesAt, withinBox } from './fork-draft.ts'
import type { BoxEdges, ForkDraft } from './fork-draft.ts'
import { href } from './route.ts'
import type { ShownSearch } from './shown-search.ts'
import { Slider } from './slider.tsx'

interface Props {
  readonly search: ShownSearch
  readonly origin: ForkRequest['origin']
  readonly draft: ForkDraft
  readonly onDraft: (draft: ForkDraft) => void
  /** The step that boxes of the chosen policy are on. */
  readonly onStep: (step: number | undefined) => void
  readonly onCancel: () => void
}

export function ForkForm({ search, origin, draft, onDraft, onStep, onCancel }: Props) {
  const { value: setup, error } = useJson<Setup>('api/setup')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const able = setup?.policies.filter(({ unavailable }) => unavailable === undefined) ?? []
  const policy = able.find(({ name }) => name === draft.policy) ?? likeBefore(able, search.policy)
  const step = policy?.boxStep
  useEffect(() => onStep(step), [step])
  // The picture, on which the box is drawn, may be scrolled away.
  useLayoutEffect(() => form.current?.parentElement?.scrollIntoView({ behavior: 'instant' }), [])
  const plan = planOf(search, draft, policy)
  const send = async (): Promise<void> => {
    if (policy === undefined) return
    const { turn, seed, maxTurns } = draft
    const request: ForkRequest = {
      origin,
      turn,
      look: plan.look,
      thought: plan.thought,
      policy: policy.name,
      seed,
      maxTurns,
    }
    setBusy(true)
    setProblem(undefined)
    try {
      const { id } = await postJson<AskStarted>('api/forks', request)
      location.hash = href(['ask', id], { compare: 1 })
    } catch (cause) {
      setProblem(cause instanceof Error ? cause.message : String(cause))
      setBusy(false)
    }
  }
  return (
    <form
      ref={form}
      class="fork words"
      aria-label={`Fork at turn ${draft.turn}`}
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onCancel()
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.current?.requestSubmit()
      }}
    >
      <h3>Fork at turn {draft.turn}</h3>
      <p class="note">Drag a box on the picture, or move the one there with the arrow keys; shift changes its size.</p>
      <SourceField search={search} draft={draft} onDraft={onDraft} />
      <BoxFields search={search} draft={draft} step={step} onDraft={onDraft} />
      <label>
        <span>Thought</span>
        <textarea
          rows={4}
          dir="auto"
          value={draft.thought}
          onInput={(event) => onDraft({ ...draft, thought: event.currentTarget.value })}
        />
      </label>
      {setup !== undefined && able.length === 0 ? (
        <p class="problem" role="alert">
          This server only shows runs. To go on from a search, start <code>mini-o3 serve --runs</code> with the folder
          of its run, and <code>--policy</code> for a model.
        </p>
      ) : (
        <>
          <label>
            <span>Who goes on</span>
            <select value={policy?.name} onChange={(event) => onDraft({ ...draft, policy: event.currentTarget.value })}>
              {able.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <Slider
            name="At most"
            unit={['turn', 'turns']}
            value={draft.maxTurns}
            most={Math.max(draft.maxTurns, setup?.limits.turns ?? 1)}
            onValue={(maxTurns) => onDraft({ ...draft, maxTurns })}
          />
          <label class="seed">
            <span>Seed</span>
            <input
              type="number"
              min={0}
              step={1}
              value={draft.seed ?? ''}
              placeholder={plan.look || plan.thought !== undefined ? `as before: ${search.seed}` : 'another one'}
              onInput={(event) => onDraft({ ...draft, seed: wholeIn(event.currentTarget.value) })}
            />
          </label>
          <p class="note strong" aria-live="polite">
            {plan.words}
          </p>
        </>
      )}
      <ProblemFact message={error ?? problem} />
      <p class="buttons">
        <button type="submit" class="go" disabled={busy || policy === undefined} title="Ctrl-Enter">
          {busy ? 'Starting …' : 'Go on from here'}
        </button>
        <button type="button" onClick={onCancel}>
          Cancel <kbd>Esc</kbd>
        </button>
      </p>
    </form>
  )
}

/** The policy that took the search, if it is on offer. */
function likeBefore(able: readonly PolicyRow[], name: string): PolicyRow | undefined {
  return able.find((one) => one.name === name) ?? able.find((one) => name.startsWith(`${one.name}:`)) ?? able[0]
}

function wholeIn(text: string): number | undefined {
  const value = Number(text)
  return text.trim() === '' || !Number.isSafeInteger(value) ? undefined : value
}

type FieldProps = Pick<Props, 'search' | 'draft' | 'onDraft'>

function SourceField({ search, draft, onDraft }: FieldProps) {
  const sources = sourcesAt(search, draft.turn)
  if (sources.length < 2) return null
  const originals = originalCount(search.observations)
  const choose = (source: number): void => {
    // The box stays where it is on the picture, as far as the source reaches.
    const { box } = draft
    const kept = box && withinBox(onOriginalPx(box, regionOf(search, draft.source)), regionOf(search, source))
    const seen = kept !== undefined && kept[2] > kept[0] && kept[3] > kept[1]
    onDraft({ ...draft, source, box: seen ? kept : undefined })
  }
  return (
    <label>
      <span>Looks into</span>
      <select value={draft.source} onChange={(event) => choose(Number(event.currentTarget.value))}>
        {sources.map((index) => (
          <option key={index} value={index}>
            {pictureName(index, originals)}
          </option>
        ))}
      </select>
    </label>
  )
}

const edgeNames = ['left', 'top', 'right', 'bottom'] as const

/** The edges as numbers, in pixels of the original. */
function BoxFields({ search, draft, step, onDraft }: FieldProps & { readonly step: number | undefined }) {
  const within = regionOf(search, draft.source)
  const px = draft.box && onOriginalPx(draft.box, within, step).map(Math.round)
  const set = (at: number, value: number | undefined): void => {
    if (value === undefined) return
    const [x0, y0, x1, y1] = (px ?? within).map((edge, index) => (index === at ? value : edge))
    const box: BoxEdges = [x0 ?? 0, y0 ?? 0, x1 ?? 0, y1 ?? 0]
    onDraft({ ...draft, box: withinBox(box, within) })
  }
  return (
    <fieldset class="edges">
      <legend>
        Box, in pixels of the original{step !== undefined && `, on ${Math.round(1 / step)}ths of the source`}
      </legend>
      {edgeNames.map((name, at) => (
        <label key={name}>
          <span>{name}</span>
          <input
            type="number"
            min={within[at % 2]}
            max={within[(at % 2) + 2]}
            value={px?.[at] ?? ''}
            onChange={(event) => set(at, wholeIn(event.currentTarget.value))}
          />
        </label>
      ))}
    </fieldset>
  )
}
