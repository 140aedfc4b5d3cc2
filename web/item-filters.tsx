/** Filters for the searches of a run: selects, text, and histograms whose bars select ranges. */
import { endWords } from '../src/page/step.ts'
import { ends } from '../src/protocol/end.ts'
import type { FilterContext } from '../src/protocol/filter/fields.ts'
import type { ItemRow } from '../src/server/api/types.ts'
import { isOneOf } from '../src/shared/fields.ts'
import { itemAt, lastOf } from '../src/shared/known.ts'
import { FilterField } from './filter-field.tsx'
import { choiceNames, chosenRange, chosenText, itemFilter, rangeNames, rangeText, withChoice } from './item-filter.ts'
import type { ItemFilter, ItemRange } from './item-filter.ts'
import { binsOf, fieldValues } from './items.ts'
import type { Bin } from './items.ts'

const titles = {
  policy: 'Policy',
  level: 'Level',
  verdict: 'Verdict',
  end: 'End',
  step: 'Step',
  turns: 'Turns',
  boxes: 'Boxes',
} as const

interface Props {
  readonly items: readonly ItemRow[]
  readonly filter: ItemFilter
  readonly onFilter: (filter: ItemFilter) => void
  /** The searches that a filter matches. */
  readonly matching: (filter: ItemFilter) => readonly ItemRow[]
  readonly context: FilterContext
}

export function ItemFilters({ items, filter, onFilter, matching, context }: Props) {
  const change = (name: string, text: string | undefined): void => onFilter(withChoice(filter, name, text))
  return (
    <div class="filters" role="search" aria-label="Filter the searches">
      <FilterField filter={filter} onFilter={onFilter} known={(name) => fieldValues(items, name, context)} />
      {choiceNames.map((name) => {
        const values = fieldValues(items, name, context)
        const chosen = chosenText(filter, name)
        if (values.length < 2 && chosen === '') return null
        return (
          <label key={name}>
            <span>{titles[name]}</span>
            <select value={chosen} onChange={(event) => change(name, event.currentTarget.value || undefined)}>
              <option value="">all</option>
              {values.map((value) => (
                <option key={value} value={value}>
                  {name === 'end' && isOneOf(ends, value) ? endWords[value] : value}
                </option>
              ))}
            </select>
          </label>
        )
      })}
      <label>
        <span>Words</span>
        <input
          type="search"
          value={chosenText(filter, 'words')}
          onInput={(event) =>
            change('words', event.currentTarget.value.trim() === '' ? undefined : event.currentTarget.value)
          }
        />
      </label>
      {rangeNames.map((name) => {
        // Counts under the other filters; the bins themselves do not move.
        const bins = binsOf(items, matching(withChoice(filter, name, undefined)), name)
        if (bins.length === 0) return null
        return (
          <Histogram
            key={name}
            title={titles[name]}
            bins={bins}
            range={chosenRange(filter, name)}
            onRange={(range) => change(name, range && rangeText(range))}
          />
        )
      })}
      {filter.text !== '' && (
        <button type="button" class="plain" onClick={() => onFilter(itemFilter(''))}>
          show all
        </button>
      )}
    </div>
  )
}

interface HistogramProps {
  readonly title: string
  readonly bins: readonly Bin[]
  readonly range: ItemRange | undefined
  readonly onRange: (range: ItemRange | undefined) => void
}

/** Clicking a bar selects its range or clears it; shift-click extends the range to it. */
function Histogram({ title, bins, range, onRange }: HistogramProps) {
  const most = Math.max(1, ...bins.map(({ count }) => count))
  const [lowest, highest] = [itemAt(bins, 0).from, lastOf(bins).to]
  const choose = (bin: Bin, further: boolean): void => {
    const same = range?.from === bin.from && range.to === bin.to
    if (further && range) onRange({ from: Math.min(range.from, bin.from), to: Math.max(range.to, bin.to) })
    else onRange(same ? undefined : { from: bin.from, to: bin.to })
  }
  const edge = (name: 'from' | 'to', whole: number) => (
    <input
      type="number"
      min={lowest}
      max={highest}
      aria-label={`${title} ${name}`}
      value={range?.[name] ?? whole}
      onChange={(event) => {
        const value = Math.round(event.currentTarget.valueAsNumber)
        const next = { from: lowest, to: highest, ...range, [name]: Number.isFinite(value) ? value : whole }
        onRange(next.from <= lowest && next.to >= highest ? undefined : next)
      }}
    />
  )
  return (
    <fieldset class="histogram">
      <legend>{title}</legend>
      <div class="bars">
        {bins.map((bin) => {
          const on = range !== undefined && bin.to >= range.from && bin.from <= range.to
          const name = bin.from === bin.to ? String(bin.from) : `${bin.from} to ${bin.to}`
          return (
            <button
              key={bin.from}
              type="button"
              class={range === undefined || on ? '' : 'off'}
              aria-pressed={on}
              aria-label={`${title} ${name}: ${searchCount(bin)}`}
              title={`${name}: ${searchCount(bin)}`}
              onClick={(event) => choose(bin, event.shiftKey)}
            >
              <i style={{ height: `${(bin.count / most) * 100}%` }}>
                <i class="wrong" style={{ height: `${((bin.judged - bin.right) / Math.max(1, bin.count)) * 100}%` }} />
                <i class="right" style={{ height: `${(bin.right / Math.max(1, bin.count)) * 100}%` }} />
              </i>
            </button>
          )
        })}
      </div>
      <div class="edges">
        {edge('from', lowest)} to {edge('to', highest)}
      </div>
    </fieldset>
  )
}

function searchCount({ count, judged, right }: Bin): string {
  return `${count} ${count === 1 ? 'search' : 'searches'}${judged > 0 ? `, ${right} right` : ''}`
}
