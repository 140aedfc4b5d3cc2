/** The protocol line: everything that a score depends on besides the policy's weights, from the settings of the run. */
import { benchmarkNamed } from '../benchmark/catalog.ts'
import { isRuleOf, judgeForm } from '../judge/registry.ts'
import type { EvalReport } from './figures/report.ts'
import type { Configuration } from '../runs/configuration.ts'
import { controls } from '../protocol/control.ts'
import type { FailureRule } from './figures/failures.ts'
import { changedSince } from '../protocol/earlier-forms.ts'
import type { Profile, ViewRule } from '../protocol/profile.ts'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { counted } from '../shared/numbers.ts'

export type EvalConfig = Configuration<'eval'>

/** The description of its profile that a run stores besides the hash. */
export function profileSettings(profile: Profile): NonNullable<EvalConfig['protocol']> {
  const { name, prompts, pictures, firstView, observationView, coordinates } = profile
  const [first, later] = [viewText(firstView), viewText(observationView)]
  return {
    profile: name,
    prompts: sha256(canonicalJson(prompts)),
    views: first === later ? first : `${first}, crops ${later}`,
    coordinates,
    answer: answerText(profile),
    ...(pictures.reading === 'pillow' && { pictures: pictures.reading }),
    ...(profile.tools && { tools: profile.tools.join(', ') }),
  }
}

/** Which answer counts. A single word if it is in the turns of a completed search, for compatibility with runs of earlier versions. */
function answerText(profile: Profile): string {
  const { turnsTold, lastTurnAnswers } = profile
  const paced = [
    turnsTold && 'the model is told the turn limit',
    lastTurnAnswers && 'an answer is requested in the last turn',
  ]
  const which = answersThatCount(profile)
  const said = paced.filter((one) => one !== undefined)
  return said.length === 0 ? which : [`${which}${which.includes(' ') ? '' : ' answer'}`, ...said].join(', ')
}

function answersThatCount({ answerIn, answerPick, flow }: Profile): string {
  const plain = flow.silence === 'reminded' ? ' answer, after one reminder also a reply in plain prose' : ''
  if (answerIn === 'turns') return `${answerPick}${plain}`
  if (answerIn === 'last-reply') return 'answer of the last reply, or else all of it'
  return `${answerIn === 'joined' ? `${answerPick} answer of all turns joined` : 'last answer of all turns'}, also beyond a limit`
}

function viewText(rule: ViewRule): string {
  if (rule.kind === 'exact') return `${rule.width}x${rule.height} px`
  return `${rule.minPixels.toLocaleString('en')} to ${rule.maxPixels.toLocaleString('en')} px`
}

/** The prefix of a hash shown to people. */
function short(hash: string): string {
  return hash.slice(0, 8)
}

/** The part of a run's searches that figures are of. */
export interface ChosenCount {
  /** The filter that they match. */
  readonly where: string
  readonly searches: number
  readonly of: number
}

/** A run, and what its intervals are over where some are shown. */
interface LinedRun {
  readonly config: EvalConfig
  readonly interval?: Pick<EvalReport['interval'], 'over' | 'units'>
  /** Number of verdicts corrected by hand. */
  readonly corrected?: number
  readonly chosen?: ChosenCount
}

/** For example `Avg@8, 32 turns, temperature 1, profile embedded (0a1b2c3d), views 64x64 px, ..., judge exact, failed searches count as wrong`. */
export function protocolLine({ config, interval, corrected = 0, chosen }: LinedRun): string {
  const { samples, maxTurns, temperature, sampling, protocol, judge, optionOrder, policy, checkpoint, seed, control } =
    config
  const parts = [
    chosen && chosenText(chosen),
    policy !== undefined && `policy ${policy}${checkpoint === undefined ? '' : ` (${short(checkpoint)})`}`,
    `Avg@${samples}`,
    `${maxTurns} turns`,
    temperature !== undefined && `temperature ${temperature}${samplingText(sampling)}`,
    profileText(config),
    protocol?.prompts !== undefined && `prompts ${short(protocol.prompts)}`,
    protocol &&
      `views ${protocol.views}, coordinates ${protocol.coordinates}, ${protocol.answer}${/ /.test(protocol.answer) ? '' : ' answer'}`,
    protocol?.pictures !== undefined && 'pictures as Pillow reads them',
    protocol?.tools !== undefined && `tools beside zoom: ${protocol.tools}`,
    optionOrder !== undefined && `options ${optionOrder}${optionOrder === 'shuffled' ? ` (seed ${seed})` : ''}`,
    control && `control "${controls[control.name].label}": ${controls[control.name].text}`,
    `judge ${judgeText(judge)}`,
    interval && interval.over !== 'problems' && `intervals over ${interval.units} ${interval.over}`,
    failuresRuleText(config),
    corrected > 0 && correctedText(corrected),
  ]
  return parts.filter((part) => part !== false && part !== undefined).join(', ')
}

/** For example `only 137 of 500 searches: correct and turns > 6`. */
function chosenText({ where, searches, of }: ChosenCount): string {
  return `only ${searches.toLocaleString('en')} of ${counted(of, 'search', 'searches')} (${where})`
}

/** For example `12 verdicts corrected by hand`. */
export function correctedText(corrected: number): string {
  return `${counted(corrected, 'verdict', 'verdicts')} corrected by hand`
}

/** Notes that the profile has changed since the score was measured; `pixels.profile` is the hash without the bound of a sweep. */
function profileText({ profile, protocol, pixels }: EvalConfig): string | undefined {
  if (profile === undefined) return undefined
  if (protocol === undefined) return `profile ${short(profile)}`
  const change = changedSince({ name: protocol.profile, sha256: pixels?.profile ?? profile })
  const earlier = change === undefined ? '' : `; an earlier form of it: since then ${change}`
  return `profile ${protocol.profile} (${short(profile)}${earlier})`
}

/** For example ` with top_p 1, top_k -1 sent`. */
function samplingText(sampling: EvalConfig['sampling']): string {
  if (sampling === undefined) return ''
  const fields = Object.entries(sampling).map(([name, value]) => `${name} ${value}`)
  return fields.length === 0 ? ' alone sent' : ` with ${fields.join(', ')} sent`
}

function judgeText(judge: EvalConfig['judge']): string {
  if (judge === undefined) return 'exact'
  const { name, parser, promptsSha256 } = judge
  return promptsSha256 === undefined ? name : `${name} (prompts ${short(promptsSha256)}, ${parser} parser)`
}

/** For example `failed searches left out, at most 5 % of all`. */
function failuresRuleText({ failures = 'wrong', failOnError }: EvalConfig): string {
  const rule = failures === 'wrong' ? 'failed searches count as wrong' : 'failed searches left out'
  if (failOnError === undefined) return rule
  return `${rule}, at most ${failOnError < 1 ? `${Number((failOnError * 100).toFixed(4))} % of all` : failOnError}`
}

/** Says so if runs count their failed searches differently. */
export function otherFailuresText(
  runs: readonly { readonly name: string; readonly config: EvalConfig }[],
): string | undefined {
  const namesOf = (rule: FailureRule): string[] =>
    runs.filter(({ config }) => (config.failures ?? 'wrong') === rule).map(({ name }) => name)
  const [wrong, leftOut] = [namesOf('wrong'), namesOf('left-out')]
  if (wrong.length === 0 || leftOut.length === 0) return undefined
  return (
    `Failed searches are not counted alike: as wrong in ${wrong.join(', ')}; left out in ${leftOut.join(', ')}. ` +
    'mini-o3 report --failures counts them alike.'
  )
}

/** A notice if answers were not judged by the benchmark's own rule; otherwise undefined. */
export function judgeNotice({ benchmark: name, judge }: Pick<EvalConfig, 'benchmark' | 'judge'>): string | undefined {
  const benchmark = benchmarkNamed(name)
  const used = judge?.name ?? 'exact'
  if (isRuleOf(benchmark, used)) return undefined
  return `Not by the rule of ${benchmark.title}: judged by ${used}, where the rule is --judge ${judgeForm(benchmark.judge)}.`
}
