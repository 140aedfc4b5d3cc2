/** Compares two runs on their common problems: the difference, and the problems that flipped. */
import { useLayoutEffect, useMemo, useState } from 'preact/hooks'
import type { DiffData, DiffRow, DiffSide, RunsDiff } from '../src/server/api/types.ts'
import { Facts, ProblemFact } from './facts.tsx'
import { useJson } from './fetch-json.ts'
import { shortName } from './item-columns.tsx'
import { href, replaceAddress, useSetting } from './route.ts'
import { Thumbnail } from './thumbnail.tsx'
import { useSorted } from './sorting.ts'
import { VirtualTable } from './virtual-table.tsx'
import type { Column, Sort } from './virtual-table.tsx'
import { isOneOf, keysOf } from '../src/shared/fields.ts'
import { percent, signedPercent } from '../src/shared/numbers.ts'

const refreshMs = 10_000

interface Props {
  readonly first: string
  readonly second: string
}

export function DiffPage({ first, second }: Props) {
  const path = `api/runs/${encodeURIComponent(first)}/diff/${encodeURIComponent(second)}`
  const { value: diff, error } = useJson<RunsDiff>(path, refreshMs)
  return (
    <section class="run" aria-label={`${first} and ${second}`}>
      <p class="crumbs">
        <a href={href(['runs'])}>Runs</a> / compare
        <span class="around">
          <a href={href(['diff', second, first])}>swap the runs</a>
        </span>
      </p>
      <h2>
        <a href={href(['run', first])}>{first}</a> <small>against</small> <a href={href(['run', second])}>{second}</a>
      </h2>
      <ProblemFact message={error} />
      {diff === undefined ? error === undefined && <p role="status">Loading …</p> : <Diff diff={diff} />}
    </section>
  )
}

/** In a page opened from a file. */
export function DiffFile({ diff, runs, pages }: DiffData) {
  const [first, second] = [diff.runs[0].name, diff.runs[1].name]
  return (
    <section class="run" aria-label={`${first} and ${second}`}>
      <h2>
        <a href={runs[0]}>{first}</a> <small>against</small> <a href={runs[1]}>{second}</a>
      </h2>
      <Diff diff={diff} pages={pages} />
    </section>
  )
}

interface DiffProps {
  readonly diff: RunsDiff
  /** Only for a comparison opened from a file. */
  readonly pages?: DiffData['pages'] | undefined
}

function Diff({ diff, pages }: DiffProps) {
  const { avgAtK, corrected, difference, rows, alone, settings } = diff
  const { mean, low, high } = difference
  return (
    <>
      <Facts
        facts={[
          { title: 'First, %', text: percent(avgAtK[0]) },
          { title: 'Second, %', text: percent(avgAtK[1]) },
          {
            title: 'Difference, points',
            text: signedPercent(mean),
            more: `${signedPercent(low)} to ${signedPercent(high)}`,
          },
          { title: 'Problems in both', text: rows.length },
          ...(corrected.some((count) => count > 0)
            ? [{ title: 'Verdicts corrected by hand', text: corrected.join(' and ') }]
            : []),
        ]}
      />
      <p>
        {low > 0 || high < 0
          ? `The ${mean > 0 ? 'second' : 'first'} is better: the 95 % interval of the paired difference excludes 0.`
          : 'The 95 % interval of the paired difference contains 0: these problems show no difference between the two.'}
        {alone.some((count) => count > 0) &&
          ` Left out, since only one run has them: ${alone[0]} of the first, ${alone[1]} of the second.`}
      </p>
      {settings.length > 0 && (
        <details class="settings">
          <summary>{settings.length === 1 ? 'One setting differs' : `${settings.length} settings differ`}</summary>
          <ul>
            {settings.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </details>
      )}
      <Rows diff={diff} pages={pages} />
    </>
  )
}

/** Kinds of change in the filter; `flipped` includes both directions. */
const kinds = {
  flipped: 'flipped',
  gained: 'wrong → right',
  lost: 'right → wrong',
  right: 'right in both',
  wrong: 'wrong in both',
  all: 'all',
} as const
type Kind = keyof typeof kinds
const kindNames = keysOf(kinds)

function Rows({ diff, pages }: DiffProps) {
  const { rows, runs } = diff
  const [first, second] = [runs[0].name, runs[1].name]
  const [kind, setKind] = useSetting(kindOf)
  const [words, setWords] = useSetting((settings) => settings.get('words') ?? '')
  const [sort, setSort] = useState<Sort>()
  useLayoutEffect(() => {
    replaceAddress(['diff', first, second], { ...(kind !== 'flipped' && { show: kind }), ...(words && { words }) })
  }, [first, second, kind, words])
  const shown = useMemo(
    () => rows.filter((row) => isOf(row, kind) && textOf(row).includes(words.trim().toLowerCase())),
    [rows, kind, words],
  )
  const thumbnails = pages === undefined
  const columns = useMemo(() => columnsOf(first, thumbnails), [first, thumbnails])
  const ordered = useSorted(shown, columns, sort)
  return (
    <>
      <div class="filters" role="search" aria-label="Filter the problems">
        <div class="group" role="group" aria-label="Show">
          {kindNames.map((one) => (
            <button key={one} type="button" aria-pressed={one === kind} onClick={() => setKind(one)}>
              {kinds[one]} <small>{rows.filter((row) => isOf(row, one)).length}</small>
            </button>
          ))}
        </div>
        <label>
          <span>Words</span>
          <input type="search" value={words} onInput={(event) => setWords(event.currentTarget.value)} />
        </label>
        <output>
          {shown.length} of {rows.length} problems
        </output>
      </div>
      {shown.length === 0 ? (
        <p role="status">No problem matches: choose others above{words !== '' && ', or clear the field for words'}.</p>
      ) : (
        <VirtualTable
          label="Problems"
          columns={columns}
          rows={ordered}
          keyOf={({ problem, step = '' }) => `${step} ${problem}`}
          hrefOf={({ sides: [{ item }, other] }) =>
            pages ? pages[item.index] : href(['diff', first, second, item.index, other.item.index])
          }
          sort={sort}
          onSort={setSort}
          from={`${kind} ${words}`}
        />
      )}
    </>
  )
}

function kindOf(settings: URLSearchParams): Kind {
  const show = settings.get('show')
  return isOneOf(kindNames, show) ? show : 'flipped'
}

function isOf({ change }: DiffRow, kind: Kind): boolean {
  return kind === 'all' || change === kind || (kind === 'flipped' && (change === 'gained' || change === 'lost'))
}

function textOf({ problem, question, sides }: DiffRow): string {
  return [problem, question, ...sides.map(({ item }) => item.answer ?? '')].join(' ').toLowerCase()
}

function columnsOf(first: string, thumbnails: boolean): Column<DiffRow>[] {
  const side = (at: 0 | 1, title: string): Column<DiffRow> => ({
    name: title,
    title,
    by: ({ sides }) => sides[at].right / sides[at].of,
    hint: ({ sides }) => sideText(sides[at]),
    cell: ({ sides }) => <bdi>{sideText(sides[at])}</bdi>,
    classOf: ({ sides }) => (sides[at].right * 2 >= sides[at].of ? 'correct' : 'wrong'),
  })
  return [
    {
      name: 'problem',
      title: 'Problem',
      by: ({ problem }) => problem,
      hint: ({ problem }) => problem,
      cell: ({ problem, step, sides }) => (
        <>
          {thumbnails && <Thumbnail key={sides[0].item.index} run={first} index={sides[0].item.index} />}
          {shortName(problem)}
          {step !== undefined && ` at step ${step}`}
        </>
      ),
    },
    { name: 'change', title: 'Change', by: ({ change }) => change, cell: ({ change }) => kinds[change] },
    {
      name: 'question',
      title: 'Question',
      by: ({ question }) => question,
      hint: ({ question }) => question,
      cell: ({ question }) => <bdi>{question}</bdi>,
    },
    { name: 'truth', title: 'Truth', cell: ({ truth }) => <bdi>{truth}</bdi> },
    side(0, 'First'),
    side(1, 'Second'),
    {
      name: 'turns',
      title: 'Turns',
      by: ({ sides: [a, b] }) => b.meanTurns - a.meanTurns,
      cell: ({ sides }) => sides.map(({ of, meanTurns }) => meanTurns.toFixed(of > 1 ? 1 : 0)).join(' → '),
      numbers: true,
    },
  ]
}

/** For example `7 ✓`, or `7 ✓ 6 of 8` for several searches. */
function sideText({ right, of, item: { answer, verdict } }: DiffSide): string {
  const mark = verdict === 'correct' ? '✓' : '✕'
  return `${answer ?? '–'} ${mark}${of > 1 ? ` ${right} of ${of}` : ''}`
}
