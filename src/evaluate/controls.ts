/** How each control changes an evaluation: its problems, its profile, what its policy is shown, and how its answers are judged. */
import type { BenchmarkEntry } from '../benchmark/entry.ts'
import { withoutOptions } from '../benchmark/without-options.ts'
import { chosenLetter } from '../judge/choice.ts'
import type { Judge } from '../judge/judge.ts'
import { overviewPolicy } from '../policy/baseline/overview.ts'
import type { Policy } from '../policy/policy.ts'
import { policyNamed } from '../policy/registry/kinds.ts'
import { controlledName, controls } from '../protocol/control.ts'
import type { ControlName } from '../protocol/control.ts'
import { profiles, profileWith } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import { blackCrops, blackPicture, retoldPolicy, withoutPicture } from '../search/controls/controlled-policy.ts'
import { otherCrops } from '../search/controls/other-crops.ts'
import { targetGiven } from '../search/controls/target-given.ts'
import { openersOf } from '../search/owed-samples.ts'
import type { ProfileOf } from '../search/search-many.ts'
import { searchKey } from '../runs/searches.ts'
import type { Outcome } from './figures/outcome.ts'

/** An evaluation to be compared with its controls. */
export interface Looking {
  readonly policy: string
  readonly profile: Profile
  readonly entries: readonly BenchmarkEntry[]
}

interface LookedRun {
  readonly folder: string
  readonly outcomes: readonly Outcome[]
}

/** What a control changes; the rest is as in the evaluation that it is compared with. */
export interface Controlled {
  readonly name: ControlName
  readonly entries: readonly BenchmarkEntry[]
  readonly profile: Profile
  /** Of single searches. */
  readonly profileOf?: ProfileOf
  readonly maxTurns?: 1
  policy(inner: Policy): Policy
  judge(inner: Judge): Judge
}

/** Why the control is impossible for this policy or these problems; undefined: it is possible. */
export function whyNot(name: ControlName, { policy, entries }: Looking): string | undefined {
  if (isOneTurn(name) && !answersAtOnce(policy))
    return `the policy ${policy} cannot be made to answer in its first turn`
  if (name === 'shuffled' && entries.length < 2) return 'there is only one problem'
  if (name === 'target' && !entries.some(targetAlone)) return 'no problem has a target box'
  if (name === 'no-options' && !entries.some(optionsWithheld)) return 'no question lists options'
  return undefined
}

/**
 * Opens a control of the complete run in `folder` with these outcomes. Returns a sentence instead if it would show nothing.
 */
export async function openControl(
  name: ControlName,
  looking: Looking,
  { folder, outcomes }: LookedRun,
): Promise<Controlled | string> {
  const { entries, policy } = looking
  const noCrops = !outcomes.some(({ looks }) => looks > 0)
  if (noCrops && ['black', 'shuffled'].includes(name)) return 'no search zoomed, so there are no crops to replace'
  const profile = isOneTurn(name) ? oneTurnProfile(name, looking) : looking.profile
  const plain: Controlled = {
    name,
    entries,
    profile,
    ...(isOneTurn(name) && { maxTurns: 1 as const }),
    policy: (inner) => ({
      ...(isOneTurn(name) ? atOnce(inner, policy) : inner),
      name: controlledName(inner.name, name),
    }),
    judge: (inner) => inner,
  }
  const retold = (open: Parameters<typeof retoldPolicy>[1]): Controlled => ({
    ...plain,
    policy: (inner) => plain.policy(retoldPolicy(inner, open)),
  })
  switch (name) {
    case 'black':
      return retold(() => blackCrops)
    case 'shuffled': {
      const open = await otherCrops(folder, entries, profile)
      return open === undefined ? 'all crops are of the same picture' : retold(open)
    }
    case 'overview':
      return isVlm(policy) ? { ...plain, ...withinPixels(looking, profile, outcomes) } : plain
    case 'no-picture':
      return retold(() => (isVlm(policy) ? withoutPicture : blackPicture))
    case 'target':
      return { ...plain, entries: entries.flatMap((entry) => targetAlone(entry) ?? []) }
    case 'no-options':
      return { ...plain, entries: entries.flatMap((entry) => optionsWithheld(entry) ?? []), judge: noLetters }
  }
}

function isOneTurn(name: ControlName): boolean {
  return 'oneTurn' in controls[name]
}

function isVlm(policy: string): boolean {
  return policyNamed(policy)?.kind.vlm ?? false
}

function answersAtOnce(policy: string): boolean {
  const { kindName, kind } = policyNamed(policy) ?? {}
  return kindName === 'embedded' || (kind?.vlm === true && kindName !== 'random-crops')
}

/** A model behind a server is told by its profile that it has one turn; the embedded policy is held to an answer. */
function atOnce(inner: Policy, policy: string): Policy {
  return isVlm(policy) ? inner : overviewPolicy(inner)
}

const withoutPicturePrompts = {
  system:
    'You answer a question about a picture that you are not shown. Give the most probable answer alone: <answer>your answer</answer>.',
  question: '{question}',
} as const

function oneTurnProfile(name: ControlName, { policy, profile }: Looking): Profile {
  if (!isVlm(policy)) return profile
  const { pictures, firstView, answerPick, wallClockMs } = profile
  const direct = { ...profiles.direct, pictures, firstView, observationView: firstView, answerPick, wallClockMs }
  return name === 'no-picture' ? { ...direct, prompts: { ...direct.prompts, ...withoutPicturePrompts } } : direct
}

/** Bounds the view of each search by the pixels of all views of the search that it is compared with. */
function withinPixels(
  { entries }: Looking,
  profile: Profile,
  outcomes: readonly Outcome[],
): Pick<Controlled, 'profile' | 'profileOf'> {
  const { firstView } = profile
  if (firstView.kind === 'exact') return { profile }
  const pictures = new Map(entries.map((entry) => [searchKey(entry.problem, 0), openersOf(entry).length]))
  const bounds = new Map<string, number>()
  for (const { dataSource, docId, sample, pixels } of outcomes) {
    const each = Math.floor(pixels / (pictures.get(searchKey({ dataSource, docId }, 0)) ?? 1))
    bounds.set(searchKey({ dataSource, docId }, sample), Math.max(each, firstView.minPixels))
  }
  const profileOf: ProfileOf = (key) => {
    const maxPixels = bounds.get(key)
    return maxPixels === undefined ? profile : profileWith(profile, { maxPixels })
  }
  let most = firstView.maxPixels
  for (const bound of bounds.values()) most = Math.max(most, bound)
  return { profile: profileWith(profile, { maxPixels: most }), profileOf }
}

/** In place of all pictures. Undefined where no target is known. */
function targetAlone(entry: BenchmarkEntry): BenchmarkEntry | undefined {
  const { openFurther: _further, ...first } = entry
  const given = targetGiven(entry)
  return given && { ...first, ...given }
}

/** The reference becomes the text of the right option. Undefined where there are no options. */
function optionsWithheld(entry: BenchmarkEntry): BenchmarkEntry | undefined {
  const question = withoutOptions(entry.problem)
  if (question === undefined) return undefined
  const { answer = '', choices = [] } = entry.problem
  const letter = chosenLetter(answer, choices)
  const text = letter === undefined ? undefined : choices[letter.charCodeAt(0) - 65]
  return { ...entry, problem: { ...entry.problem, question, ...(text !== undefined && { answer: text }) } }
}

/** A letter is no answer where no options were named. */
function noLetters(inner: Judge): Judge {
  return (problem, answer, signal) => {
    const isLetter = answer !== null && /^\W*[A-Za-z]\W*$/.test(answer)
    const isOption = problem.choices?.some((choice) => choice.trim() === answer?.trim())
    if (!isLetter || isOption) return inner(problem, answer, signal)
    return { kind: 'wrong', reason: 'a letter, although no options were listed' }
  }
}
