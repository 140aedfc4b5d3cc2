/** The columns of the list of runs. A column in which no run has anything is left out. */
import type { ComponentChildren } from 'preact'
import { shown } from '../src/page/step.ts'
import { money } from '../src/protocol/price.ts'
import type { RunState } from '../src/server/api/types.ts'
import { bytesText } from '../src/shared/bytes.ts'
import { durationText } from '../src/shared/durations.ts'
import { countsText, isPart, jobText } from '../src/shared/job.ts'
import { counted, percent } from '../src/shared/numbers.ts'
import type { ListedRun } from './run-tree.ts'
import type { SortKey } from './sorting.ts'

interface RunColumn {
  readonly name: string
  readonly title: string
  /** Empty if there is nothing to show. */
  text(run: ListedRun): string
  /** Default: the text. */
  by?(run: ListedRun): SortKey
  /** Default: the text. */
  cell?(run: ListedRun): ComponentChildren
  /** Full text as a tooltip. */
  hint?(run: ListedRun): string
  readonly numbers?: boolean
}

export const stateWords: Readonly<Record<RunState, string>> = {
  running: 'running',
  finished: 'finished',
  incomplete: 'incomplete',
  interrupted: 'interrupted',
  failed: 'failed',
  unreadable: 'unreadable',
  unknown: '',
}

export const runColumns: readonly RunColumn[] = [
  {
    name: 'state',
    title: 'State',
    text: ({ state }) => stateWords[state],
    hint: ({ state, progress, unreadable }) =>
      unreadable ?? progress?.ended?.reason ?? (progress && state === 'running' ? jobText(progress) : ''),
    cell: (run) => <State run={run} />,
  },
  { name: 'command', title: 'Command', text: ({ command }) => command },
  {
    name: 'data',
    title: 'Data set',
    text: ({ benchmark, data }) => [benchmark, baseName(data)].filter(Boolean).join(' · '),
    hint: ({ data }) => data,
  },
  { name: 'policy', title: 'Policy', text: policyText, hint: policyText },
  {
    name: 'score',
    title: 'Score',
    text: (run) => scoreText(run) ?? rewardText(run.summary?.latest ?? []),
    by: ({ summary }) => summary?.scores?.avgAtK ?? -1,
  },
  {
    name: 'searches',
    title: 'Searches',
    text: ({ summary }) => (summary && summary.searches > 0 ? summary.searches.toLocaleString('en') : ''),
    by: ({ summary }) => summary?.searches ?? -1,
    numbers: true,
  },
  {
    name: 'question',
    title: 'Question',
    text: (run) => questionText(run),
    hint: (run) => run.question || (run.summary?.questions.join('\n') ?? ''),
    cell: (run) => <bdi>{shown(questionText(run))}</bdi>,
  },
  { name: 'profile', title: 'Profile', text: ({ profile }) => profile },
  {
    name: 'cost',
    title: 'Cost',
    text: ({ summary }) => (summary?.cost === undefined ? '' : money(summary.cost)),
    by: ({ summary }) => summary?.cost ?? -1,
    numbers: true,
  },
  {
    name: 'time',
    title: 'Time',
    text: (run) => durationText(secondsOf(run)),
    by: secondsOf,
    hint: ({ startedMs }) => `started ${new Date(startedMs).toLocaleString()}`,
    numbers: true,
  },
  {
    name: 'changed',
    title: 'Changed',
    text: ({ changedMs }) => new Date(changedMs).toLocaleString(),
    by: ({ changedMs }) => changedMs,
  },
  {
    name: 'log',
    title: 'Log',
    text: ({ bytes }) => (bytes === 0 ? '–' : bytesText(bytes)),
    by: ({ bytes }) => bytes,
    numbers: true,
  },
]

function State({ run: { state, progress, unreadable } }: { readonly run: ListedRun }) {
  const tell = state === 'running' ? jobText : countsText
  const more = unreadable ?? (progress && state !== 'finished' ? tell(progress) : '')
  const word = <span class={state === 'running' ? 'live-mark' : `state ${state}`}>{stateWords[state]}</span>
  return (
    <>
      {state !== 'unknown' && word} {more && <small>{more}</small>}
    </>
  )
}

/** Only for asks: the questions of a problem set say nothing about a run. */
function questionText({ command, question, summary }: ListedRun): string {
  if (question) return question
  if (command !== 'serve' && command !== 'demo') return ''
  const [first = ''] = summary?.questions ?? []
  const more = (summary?.questionCount ?? 0) - 1
  return more > 0 ? `${first} and ${more} more` : first
}

function policyText({ policy, summary }: ListedRun): string {
  return policy || (summary?.policies.join(', ') ?? '')
}

/** A part of the searches is no sample of all of them, so that its score has neither K nor an interval. */
function scoreText(run: ListedRun): string | undefined {
  const scores = run.summary?.scores
  if (!scores) return undefined
  const { avgAtK, low, high, samples, problems, searches } = scores
  if (run.progress && isPart(run.progress))
    return `${percent(avgAtK)} so far, of ${counted(searches, 'search', 'searches')}`
  return `${percent(avgAtK)} (${percent(low)}–${percent(high)}) Avg@${samples} of ${problems}`
}

function rewardText(latest: readonly { readonly title: string; readonly text: string }[]): string {
  const of = (title: string): string | undefined => latest.find((figure) => figure.title.startsWith(title))?.text
  const [step, reward] = [of('Step'), of('Reward') ?? of('Loss')]
  return reward === undefined ? '' : `${of('Reward') === undefined ? 'loss' : 'reward'} ${reward} at step ${step ?? ''}`
}

/** From its start to what it told last; of earlier versions, which told nothing, to the last change of its files. */
function secondsOf({ startedMs, changedMs, progress }: ListedRun): number {
  return Math.max(0, (progress?.toldMs ?? changedMs) - startedMs) / 1000
}

function baseName(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part !== '') ?? ''
}
