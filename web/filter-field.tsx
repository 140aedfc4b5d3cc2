/** The filter as text: completed while it is typed, with the place of a mistake marked below it. */
import { useId, useRef, useState } from 'preact/hooks'
import { completions } from '../src/protocol/filter/complete.ts'
import type { FilterCompletion } from '../src/protocol/filter/complete.ts'
import { FilterMistake } from './filter-mistake.tsx'
import { itemFilter } from './item-filter.ts'
import type { ItemFilter } from './item-filter.ts'

interface Props {
  readonly filter: ItemFilter
  readonly onFilter: (filter: ItemFilter) => void
  /** Words that a field has in these searches, such as tags. */
  readonly known: (name: string) => readonly string[]
}

const mostOffered = 60

export function FilterField({ filter, onFilter, known }: Props) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [caret, setCaret] = useState<number>()
  const [chosen, setChosen] = useState(0)
  const offered = caret === undefined ? [] : completions(filter.text, caret, known).slice(0, mostOffered)
  const at = Math.min(chosen, offered.length - 1)
  const close = (): void => setCaret(undefined)
  const follow = (): void => {
    setCaret(input.current?.selectionStart ?? undefined)
    setChosen(0)
  }
  const take = ({ text, from }: FilterCompletion): void => {
    const next = `${filter.text.slice(0, from)}${text}`
    onFilter(itemFilter(`${next}${filter.text.slice(caret)}`, filter))
    close()
    requestAnimationFrame(() => input.current?.setSelectionRange(next.length, next.length))
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const choice = offered[at]
    if (event.key === 'Escape' && offered.length > 0) close()
    else if (event.key === 'ArrowDown' && offered.length === 0) follow()
    else if (event.key === 'ArrowDown') setChosen((at + 1) % offered.length)
    else if (event.key === 'ArrowUp' && offered.length > 0) setChosen((at + offered.length - 1) % offered.length)
    else if (event.key === 'Enter' && choice !== undefined && filter.problem) take(choice)
    else if (event.key === 'Enter') return close()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div class="filter-field">
      <label for={`${id}-text`}>Filter</label>
      <input
        ref={input}
        id={`${id}-text`}
        type="text"
        role="combobox"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        placeholder="such as: correct and turns > 6 and pattern:backtrack"
        value={filter.text}
        aria-expanded={offered.length > 0}
        aria-controls={`${id}-offered`}
        aria-autocomplete="list"
        aria-activedescendant={offered.length > 0 ? `${id}-${at}` : undefined}
        aria-invalid={filter.problem !== undefined}
        aria-describedby={filter.problem && offered.length === 0 ? `${id}-problem` : undefined}
        onInput={(event) => {
          onFilter(itemFilter(event.currentTarget.value, filter))
          follow()
        }}
        onClick={follow}
        onKeyDown={onKeyDown}
        onBlur={close}
      />
      <ul class="offered" id={`${id}-offered`} role="listbox" aria-label="Completions" hidden={offered.length === 0}>
        {offered.map((one, index) => (
          <li
            key={one.text}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            ref={(row) => (index === at ? row?.scrollIntoView({ block: 'nearest' }) : undefined)}
            // The field keeps the focus.
            onMouseDown={(event) => {
              event.preventDefault()
              take(one)
            }}
          >
            <b>{one.text}</b> {one.what}
          </li>
        ))}
      </ul>
      {filter.problem && offered.length === 0 && (
        <FilterMistake id={`${id}-problem`} text={filter.text} problem={filter.problem}>
          {filter.node === undefined
            ? 'Until then all searches are shown.'
            : 'Until then the last valid filter applies.'}
        </FilterMistake>
      )}
    </div>
  )
}
