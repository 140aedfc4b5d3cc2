/** The fields of filters: one table, from which the help, the documents and the completion on the page are made. Pure. */
import { causes } from '../cause.ts'
import { ends } from '../end.ts'
import { patternNames } from '../pattern.ts'
import { levels } from '../problem.ts'
import type { SearchFacts } from './facts.ts'

/** What a filter reads besides the facts of the search. */
export interface FilterContext {
  /** The name of the run. */
  readonly run: string
  /** Of the run, if it has one. */
  readonly benchmark?: string | undefined
  /** Whether the thoughts of a search contain these words, which are in lower case. */
  readonly inThoughts: (search: SearchFacts, words: string) => boolean
}

type Read<T> = (search: SearchFacts, context: FilterContext) => T | undefined

interface Named {
  readonly name: string
  /** What it is, for people. */
  readonly what: string
}

/** Written alone: `correct`, `not starred`. */
export interface FlagField extends Named {
  readonly kind: 'flag'
  readonly of: (search: SearchFacts) => boolean
}

export interface NumberField extends Named {
  readonly kind: 'number'
  /** Which units its numbers may have; the value is in the first one. */
  readonly unit?: UnitKind
  readonly of: Read<number>
}

/** One of a few words. */
interface ChoiceField extends Named {
  readonly kind: 'choice'
  readonly values: readonly string[]
  readonly of: Read<string>
}

interface TextField extends Named {
  readonly kind: 'text'
  readonly of: Read<string>
}

/** Several words, from `values` if given; `aliases` are other names of these. */
export interface ListField extends Named {
  readonly kind: 'list'
  readonly values?: readonly string[]
  readonly aliases?: Readonly<Record<string, string>>
  readonly of: Read<readonly string[]>
}

/** Only searched for words. */
interface ThoughtField extends Named {
  readonly kind: 'thoughts'
}

export type ComparedField = NumberField | ChoiceField | TextField | ListField | ThoughtField
export type Field = FlagField | ComparedField

/** Factors of the units, the first being that of a number without one. */
export const units = {
  time: { s: 1, ms: 0.001, min: 60, h: 3_600 },
  share: { '': 1, '%': 0.01 },
  count: { '': 1, k: 1_000, m: 1_000_000 },
} as const
type UnitKind = keyof typeof units

const verdicts = ['correct', 'wrong', 'unjudged'] as const

export const fields: readonly Field[] = [
  { name: 'correct', kind: 'flag', what: 'the answer is right', of: ({ verdict }) => verdict === 'correct' },
  { name: 'wrong', kind: 'flag', what: 'the answer is wrong', of: ({ verdict }) => verdict === 'wrong' },
  { name: 'unjudged', kind: 'flag', what: 'there is no verdict', of: ({ verdict }) => verdict === 'unjudged' },
  {
    name: 'failed',
    kind: 'flag',
    what: 'the policy was unreachable or broke',
    of: ({ end }) => end === 'failed',
  },
  {
    name: 'masked',
    kind: 'flag',
    what: 'in training: it reached a limit and has no gradient',
    of: ({ end, advantage }) => advantage === 0 && end.startsWith('over-'),
  },
  { name: 'fork', kind: 'flag', what: 'it departs from another search', of: ({ parent }) => parent !== undefined },
  { name: 'starred', kind: 'flag', what: 'it has a star', of: ({ note }) => note?.starred === true },
  {
    name: 'corrected',
    kind: 'flag',
    what: 'its verdict was corrected by hand',
    of: ({ asJudged }) => asJudged !== undefined,
  },
  {
    name: 'verdict',
    kind: 'choice',
    values: verdicts,
    what: 'verdict, after corrections by hand',
    of: ({ verdict }) => verdict,
  },
  { name: 'end', kind: 'choice', values: ends, what: 'how it ended', of: ({ end }) => end },
  { name: 'level', kind: 'choice', values: levels, what: 'level of the problem', of: ({ level }) => level },
  {
    name: 'cause',
    kind: 'choice',
    values: causes,
    what: 'why it was not right, if the target is known',
    of: ({ cause }) => cause,
  },
  {
    name: 'pattern',
    kind: 'list',
    values: patternNames,
    aliases: { backtrack: 'trial-and-error' },
    what: 'its search patterns; `backtrack` is trial-and-error',
    of: ({ patterns }) => patterns,
  },
  { name: 'tag', kind: 'list', what: 'its tags', of: ({ note }) => note?.tags ?? [] },
  { name: 'turns', kind: 'number', what: 'number of turns', of: ({ turns }) => turns },
  { name: 'boxes', kind: 'number', what: 'number of regions it looked at', of: ({ boxes }) => boxes },
  { name: 'depth', kind: 'number', what: 'length of the longest chain of nested looks', of: ({ depth }) => depth },
  {
    name: 'backtracks',
    kind: 'number',
    what: 'looks that are not inside the previous one',
    of: ({ backtracks }) => backtracks,
  },
  { name: 'repeats', kind: 'number', what: 'looks at a region that was shown before', of: ({ repeats }) => repeats },
  {
    name: 'sources',
    kind: 'number',
    what: 'number of pictures that it cropped',
    of: ({ sources }) => sources,
  },
  {
    name: 'smallest',
    kind: 'number',
    what: 'shorter side of its smallest region, in pixels of the original',
    of: ({ smallest }) => smallest,
  },
  {
    name: 'looked',
    kind: 'number',
    unit: 'share',
    what: 'share of the targets inside one of its regions; 0: it never looked at the target',
    of: ({ looked }) => looked,
  },
  { name: 'found', kind: 'number', what: 'turn by which it had looked at all targets', of: ({ found }) => found },
  {
    name: 'tokens',
    kind: 'number',
    unit: 'count',
    what: 'input and output tokens, each counted once',
    of: ({ tokens }) => tokens,
  },
  { name: 'cost', kind: 'number', what: 'cost, if the price of the model is known', of: ({ cost }) => cost },
  {
    name: 'retries',
    kind: 'number',
    what: 'number of retried requests',
    of: ({ retries = 0 }) => retries,
  },
  { name: 'time', kind: 'number', unit: 'time', what: 'duration, in seconds', of: ({ ms }) => ms / 1_000 },
  { name: 'step', kind: 'number', what: 'training step', of: ({ step }) => step },
  { name: 'advantage', kind: 'number', what: 'advantage in training', of: ({ advantage }) => advantage },
  {
    name: 'sample',
    kind: 'number',
    what: 'index among the searches of its problem, from 1',
    of: ({ sampleIndex }) => sampleIndex + 1,
  },
  { name: 'ask', kind: 'number', what: 'on a server: number of the ask', of: ({ ask }) => ask },
  { name: 'problem', kind: 'text', what: 'data source and id of the problem', of: ({ problem }) => problem },
  { name: 'question', kind: 'text', what: 'the question', of: ({ question }) => question },
  { name: 'answer', kind: 'text', what: 'the answer of the search', of: ({ answer }) => answer ?? undefined },
  { name: 'truth', kind: 'text', what: 'the right answer', of: ({ truth }) => truth },
  { name: 'thought', kind: 'thoughts', what: 'the thoughts of all turns' },
  { name: 'reason', kind: 'text', what: 'why it has no answer that counts', of: ({ reason }) => reason },
  { name: 'comment', kind: 'text', what: 'its comment', of: ({ note }) => note?.comment },
  { name: 'policy', kind: 'text', what: 'name of the policy', of: ({ policy }) => policy },
  { name: 'profile', kind: 'text', what: 'name of the profile', of: ({ profile }) => profile },
  { name: 'benchmark', kind: 'text', what: 'benchmark of an evaluation', of: (_, { benchmark }) => benchmark },
  { name: 'run', kind: 'text', what: 'name of the run', of: (_, { run }) => run },
]

/** Texts that words in quotes are searched in, besides the thoughts. */
export const searchedTexts: readonly Read<string>[] = [
  ({ problem }) => problem,
  ({ question }) => question,
  ({ answer }) => answer ?? undefined,
  ({ truth }) => truth,
  ({ policy }) => policy,
  ({ reason }) => reason,
  ({ note }) => note?.comment,
  ({ note }) => note?.tags.join(' '),
]

export function fieldNamed(name: string): Field | undefined {
  const wanted = name.toLowerCase()
  return fields.find((field) => field.name === wanted)
}

/** The words that a field may be compared with; undefined if any. */
export function fieldWords(field: Field): readonly string[] | undefined {
  if (field.kind === 'choice') return field.values
  if (field.kind === 'list' && field.values) return [...field.values, ...Object.keys(field.aliases ?? {})]
  return undefined
}
