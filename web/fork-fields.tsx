/** The fields of the form to fork a search, each with what is wrong with it. */
import type { ComponentChildren } from 'preact'
import { edgeNames } from '../src/page/edit-box.ts'
import type { EdgeName } from '../src/page/edit-box.ts'
import { pictureName } from '../src/page/step.ts'
import { originalCount } from '../src/protocol/originals.ts'
import { ProblemFact } from './facts.tsx'
import { boxTyped, onOriginalPx, regionOf, shownEdges, sourcesAt, withinBox } from './fork-draft.ts'
import type { FieldProblem, ForkDraft } from './fork-draft.ts'
import type { FieldMarks } from './slider.tsx'
import type { ShownSearch } from './shown-search.ts'

interface FieldProps {
  readonly search: ShownSearch
  readonly draft: ForkDraft
  readonly onDraft: (draft: ForkDraft) => void
  /** Of one field of the form at a time. */
  readonly problem: FieldProblem | undefined
}

const problemId = 'fork-problem'

/** Attributes of a field, which say whether it is the one with the problem. */
export function fieldMarks(name: FieldProblem['field'], problem: FieldProblem | undefined): FieldMarks {
  return problem?.field === name ? { 'aria-invalid': true, 'aria-describedby': problemId } : {}
}

interface WithProblemProps {
  readonly names: readonly FieldProblem['field'][]
  readonly problem: FieldProblem | undefined
  readonly children: ComponentChildren
}

/** A field, or some that stand together, with the problem below them. */
export function WithProblem({ names, problem, children }: WithProblemProps) {
  const own = problem && names.includes(problem.field)
  return (
    <div class="with-problem">
      {children}
      {own && (
        <div id={problemId}>
          <ProblemFact message={problem.message} />
        </div>
      )}
    </div>
  )
}

/** What stands in a number field, also if it is no number, for which the browser tells an empty text. */
export function typedIn({ value, validity }: HTMLInputElement): string {
  return validity.badInput ? 'not a number' : value
}

export function SourceField({ search, draft, onDraft, problem }: FieldProps) {
  const sources = sourcesAt(search, draft.turn)
  if (sources.length < 2) return null
  const originals = originalCount(search.observations)
  const choose = (source: number): void => {
    // The box stays where it is on the picture, as far as the source reaches.
    const { box } = draft
    const kept = box && withinBox(onOriginalPx(box, regionOf(search, draft.source)), regionOf(search, source))
    const seen = kept !== undefined && kept[2] > kept[0] && kept[3] > kept[1]
    onDraft({ ...draft, source, box: seen ? kept : undefined, typed: {} })
  }
  return (
    <WithProblem names={['source']} problem={problem}>
      <label>
        <span>Looks into</span>
        <select
          {...fieldMarks('source', problem)}
          value={draft.source}
          onChange={(event) => choose(Number(event.currentTarget.value))}
        >
          {sources.map((index) => (
            <option key={index} value={index}>
              {pictureName(index, originals)}
            </option>
          ))}
        </select>
      </label>
    </WithProblem>
  )
}

/** The edges as numbers, in pixels of the original. */
export function BoxFields({
  search,
  draft,
  step,
  onDraft,
  problem,
}: FieldProps & { readonly step: number | undefined }) {
  const within = regionOf(search, draft.source)
  const px = shownEdges(search, draft, step)
  const type = (edge: EdgeName, text: string): void => {
    onDraft({ ...draft, typed: { ...draft.typed, [edge]: text } })
  }
  const takeOver = (): void => {
    const taken = boxTyped(search, draft, step)
    // What is wrong is told when the form is sent: a message now would push the button away from under the pointer.
    if (!('field' in taken)) onDraft({ ...draft, ...taken, typed: {} })
  }
  return (
    <WithProblem names={edgeNames} problem={problem}>
      <fieldset class="edges">
        <legend>
          Box, in pixels of the original{step !== undefined && `, on ${Math.round(1 / step)}ths of the source`}
        </legend>
        {edgeNames.map((name, at) => (
          <label key={name}>
            <span>{name}</span>
            <input
              {...fieldMarks(name, problem)}
              type="number"
              min={within[at % 2]}
              max={within[(at % 2) + 2]}
              value={draft.typed[name] ?? px?.[at] ?? ''}
              onInput={(event) => type(name, typedIn(event.currentTarget))}
              onChange={takeOver}
            />
          </label>
        ))}
      </fieldset>
    </WithProblem>
  )
}
