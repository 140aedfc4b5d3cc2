/** The form to fork a search at a turn: where it looks, what it thinks, and who goes on from there. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { ForkRequest } from '../src/server/api/fork-types.ts'
import type { AskStarted, PolicyRow, Setup } from '../src/server/api/types.ts'
import { errorCodeOf, messageOf } from '../src/shared/errors.ts'
import { ProblemFact } from './facts.tsx'
import { postJson, useJson } from './fetch-json.ts'
import { fieldRefused, planOf } from './fork-draft.ts'
import type { FieldProblem, ForkDraft } from './fork-draft.ts'
import { BoxFields, fieldMarks, SourceField, typedIn, WithProblem } from './fork-fields.tsx'
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

/** Why nothing was started: in a field, or of all. */
type Refusal = FieldProblem | { readonly field: undefined; readonly message: string }

export function ForkForm({ search, origin, draft, onDraft, onStep, onCancel }: Props) {
  const { value: setup, error } = useJson<Setup>('api/setup')
  const [refusal, setRefusal] = useState<Refusal>()
  /** Counts what was sent in vain: each time the focus goes to what is wrong. */
  const [refused, setRefused] = useState(0)
  const [busy, setBusy] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const gone = useRef(new AbortController())
  useEffect(() => () => gone.current.abort(), [])
  useLayoutEffect(() => {
    if (refused > 0) form.current?.querySelector<HTMLElement>('[aria-invalid], .refusal')?.focus()
  }, [refused])
  const able = setup?.policies.filter(({ unavailable }) => unavailable === undefined) ?? []
  const policy = able.find(({ name }) => name === draft.policy) ?? likeBefore(able, search.policy)
  const step = policy?.boxStep
  useEffect(() => onStep(step), [step])
  // The picture, on which the box is drawn, may be scrolled away.
  useLayoutEffect(() => form.current?.parentElement?.scrollIntoView({ behavior: 'instant' }), [])
  const plan = planOf(search, draft, policy)
  const problem = refusal?.field === undefined ? undefined : refusal
  const change = (next: ForkDraft): void => {
    setRefusal(undefined)
    onDraft(next)
  }
  const refuse = (why: Refusal): void => {
    setRefusal(why)
    setRefused((before) => before + 1)
  }
  const send = async (): Promise<void> => {
    if (policy === undefined || busy) return
    if ('field' in plan) return refuse(plan)
    const { turn, maxTurns } = draft
    const { look, thought, seed } = plan
    const request: ForkRequest = { origin, turn, look, thought, policy: policy.name, seed, maxTurns }
    setBusy(true)
    setRefusal(undefined)
    try {
      const { id } = await postJson<AskStarted>('api/forks', request, gone.current.signal)
      location.hash = href(['ask', id], { compare: 1 })
    } catch (cause) {
      if (gone.current.signal.aborted) return
      const message = messageOf(cause)
      const field = fieldRefused(errorCodeOf(cause), message)
      // What is not changed is not what has to change.
      refuse({ field: field === 'thought' && thought === undefined ? 'policy' : field, message })
      setBusy(false)
    }
  }
  const isRewritten = !('field' in plan) && (plan.look !== undefined || plan.thought !== undefined)
  return (
    <form
      ref={form}
      noValidate
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
      <SourceField search={search} draft={draft} onDraft={change} problem={problem} />
      <BoxFields search={search} draft={draft} step={step} onDraft={change} problem={problem} />
      <WithProblem names={['thought']} problem={problem}>
        <label>
          <span>Thought</span>
          <textarea
            {...fieldMarks('thought', problem)}
            rows={4}
            dir="auto"
            value={draft.thought}
            onInput={(event) => change({ ...draft, thought: event.currentTarget.value })}
          />
        </label>
      </WithProblem>
      {setup !== undefined && able.length === 0 ? (
        <p class="problem" role="alert">
          This server only shows runs. To fork a search, start <code>mini-o3 serve --runs</code> with the folder of its
          run, and <code>--policy</code> for a model.
        </p>
      ) : (
        <>
          <WithProblem names={['policy']} problem={problem}>
            <label>
              <span>Continue with</span>
              <select
                {...fieldMarks('policy', problem)}
                value={policy?.name}
                onChange={(event) => change({ ...draft, policy: event.currentTarget.value })}
              >
                {able.map(({ name }) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </label>
          </WithProblem>
          <WithProblem names={['maxTurns']} problem={problem}>
            <Slider
              {...fieldMarks('maxTurns', problem)}
              name="At most"
              unit={['turn', 'turns']}
              value={draft.maxTurns}
              most={Math.max(search.maxTurns, setup?.limits.turns ?? 1)}
              onValue={(maxTurns) => change({ ...draft, maxTurns })}
            />
          </WithProblem>
          <WithProblem names={['seed']} problem={problem}>
            <label class="seed">
              <span>Seed</span>
              <input
                {...fieldMarks('seed', problem)}
                type="number"
                min={0}
                step={1}
                value={draft.seed}
                placeholder={isRewritten ? `as before: ${search.seed}` : 'another one'}
                onInput={(event) => change({ ...draft, seed: typedIn(event.currentTarget) })}
              />
            </label>
          </WithProblem>
          <p class="note strong" aria-live="polite">
            {'field' in plan ? '' : plan.words}
          </p>
        </>
      )}
      <ProblemFact message={error} />
      {refusal && refusal.field === undefined && (
        <div class="refusal" tabindex={-1}>
          <ProblemFact message={refusal.message} />
        </div>
      )}
      <p class="buttons">
        <button type="submit" class="go" disabled={busy || policy === undefined} title="Ctrl-Enter">
          {busy ? 'Starting …' : 'Continue from here'}
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
