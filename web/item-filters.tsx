/** Filters for the searches of a run: selects, text, and histograms whose bars select ranges. */
import { useMemo } from 'preact/hooks'
import { endWords } from '../src/page/step.ts'
import { ends } from '../src/protocol/end.ts'
import type { FilterContext } from '../src/protocol/filter/fields.ts'
import { isOneOf } from '../src/shared/fields.ts'
import { itemAt, lastOf } from '../src/shared/known.ts'
import { counted } from '../src/shared/numbers.ts'
import { FilterField } from './filter-field.tsx'
import { choiceNames, chosenRange, chosenText, itemFilter, rangeNames, rangeText, withChoice } from './item-filter.ts'
import type { ItemFilter, ItemRange } from './item-filter.ts'
import type { Bin, Digest, Picked } from './item-pass.ts'
import { fieldValues } from './items.ts'

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
  readonly digest: Digest
  readonly bins: Picked['bins']
  readonly filter: ItemFilter
  readonly onFilter: (filter: ItemFilter) => void
  readonly context: FilterContext
}

export function ItemFilters({ digest, bins, filter, onFilter, context }: Props) {
  const { items, choices } = digest
  const change = (name: string, text: string | undefined): void => onFilter(withChoice(filter, name, text))
  const known = useMemo(() => {
    const values = new Map<string, readonly string[]>()
    return (name: string): readonly string[] => {
      const own = values.get(name) ?? fieldValues(items, name, context)
      values.set(name, own)
      return own
    }
  }, [items, context])
  return (
    <div class="filters" role="search" aria-label="Filter the searches">
      <FilterField filter={filter} onFilter={onFilter} known={known} />
      {choiceNames.map((name) => {
        const values = choices[name]
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
        const own = bins[name] ?? []
        if (own.length === 0) return null
        return (
          <Histogram
            key={name}
            title={titles[name]}
            bins={own}
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
  return `${counted(count, 'search', 'searches')}${judged > 0 ? `, ${right} right` : ''}`
}
