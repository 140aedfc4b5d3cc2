/**
 * The multi-turn agent loop of Mini-o3 (arXiv 2509.07969, figure 3: thought, action, observation): a policy gets a picture and
 * a question, zooms in turn after turn, and answers or reaches a limit. Everything that searches calls this function; terminal, page
 * and trainer only read its events.
 *
 * Everything that affects a score (prompts, limits, view sizes, which errors are fed back, which answer counts) is in the profile.
 * `official` follows the released code; test/conformance/official/ compares the two row by row. Departures in every profile: a
 * policy or server that breaks ends the search as `failed`, never as a wrong answer; and a crop that no longer fits the context
 * is removed, so that the trajectory holds exactly what the policy read.
 */
import type { Message, Policy, Reply, Usage, View } from '../policy/policy.ts'
import { exchangeRecorder } from '../protocol/exchange.ts'
import type { SearchExchanges, SentExchange } from '../protocol/exchange.ts'
import { finalAnswer, parseTurn } from '../protocol/parse-turn.ts'
import type { ParsedTurn } from '../protocol/parse-turn.ts'
import { originalOf, pictured, picturesOf } from '../protocol/originals.ts'
import type { Pictured } from '../protocol/originals.ts'
import type { Problem } from '../protocol/problem.ts'
import { profileHash } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import { errorText, pacedText } from '../protocol/prompts.ts'
import { resolveSource } from '../protocol/resolve-box.ts'
import { trajectoryVersion } from '../protocol/trajectory.ts'
import { retryRecorder } from '../protocol/turn-record.ts'
import type { End, Failure, Observation, Trajectory, Turn } from '../protocol/trajectory.ts'
import { orAborted, startDeadline } from '../shared/deadline.ts'
import type { Deadline } from '../shared/deadline.ts'
import { UserError, contextLengthCode, errorCodeOf, messageOf, throwIfAborted } from '../shared/errors.ts'
import { defined, itemAt } from '../shared/known.ts'
import { sum } from '../shared/numbers.ts'
import type { OnReplyNews } from '../shared/reply-news.ts'
import { withNews } from '../shared/with-news.ts'
import { frameSize } from '../vision/fit.ts'
import { observationView, viewKey } from '../vision/observation-view.ts'
import { storedPicture } from '../vision/picture.ts'
import type { Picture } from '../vision/picture.ts'
import { adoptTurn, begunTurn, repeatedTurn } from './begun.ts'
import type { Begun } from './begun.ts'
import type { SearchEvent } from './events.ts'
import { liveThought } from './live-thought.ts'
import { contextBound, nextStep, originalObservation } from './next-step.ts'
import type { NextStep } from './next-step.ts'
import { checkPictures } from './question-pictures.ts'
import { observationMessage, questionMessage } from './replay.ts'

export interface Task extends Pictured<Picture> {
  readonly problem: Problem
}

/** Pictures with a user's question, without a reference answer. */
export interface Asked extends Pictured<Picture> {
  readonly question: string
}

export interface SearchOptions {
  readonly profile: Profile
  /** Overrides the profile's limit. */
  readonly maxTurns?: number | undefined
  /** Sampling seed for policies that support one; default 0. */
  readonly seed?: number
  /** Index among several searches of the same problem, from 0. */
  readonly sampleIndex?: number
  /** For a fork: the turns that it starts with. Every limit counts them. */
  readonly begun?: Begun | undefined
  /** Receives its requests and replies as they went over the wire, before its last event; for a policy behind a server. */
  readonly onExchanges?: ((search: Trajectory, exchanges: SearchExchanges) => void | Promise<void>) | undefined
  /** Also yields thoughts while they are written, and waits, if the policy reports them. */
  readonly live?: boolean | undefined
  /** Aborts the search, even within a turn; it then throws `AbortedError`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs one search. Yields events as they happen; the last one has the trajectory, which is also returned. A policy that breaks or is
 * too slow gives the end `failed`; an abort, a `UserError` and an unreadable picture are thrown. The session is always closed, even
 * if the reader stops early.
 */
export async function* search(
  task: Task | Asked,
  policy: Policy,
  options: SearchOptions,
): AsyncGenerator<SearchEvent, Trajectory, void> {
  const pictures = picturesOf(task)
  const problem = 'problem' in task ? task.problem : askedProblem(task.question)
  const seed = options.seed ?? 0
  const { profile, signal, begun } = options
  const { prompts } = profile
  const maxTurns = checkedTurns(options.maxTurns ?? profile.maxTurns)
  checkPictures(task, profile)
  throwIfAborted(signal)
  const startedMs = performance.now()
  const beganMs = Date.now()
  const earlierMs = sum((begun?.turns ?? []).map(({ ms }) => ms))
  const turns: Turn[] = []
  const observations: Observation[] = []
  let contextTokens = 0
  let end: End | undefined
  let failure: Failure | undefined
  let unfinished: Trajectory['unfinished']
  const recorder = options.onExchanges ? exchangeRecorder() : undefined

  function viewOf(observation: Observation): View {
    const picture = itemAt(pictures, originalOf(observation, observations))
    return {
      pixels: () => observationView(picture, observation, observations, profile),
      key: viewKey(picture, observation, observations, profile),
      boxPx: observation.boxInOriginalPx,
    }
  }
  const unitSizeOf = (source: string) => {
    const named = resolveSource(source, { count: observations.length, originals: pictures.length }, profile)
    if (!('index' in named)) return undefined
    const observation = itemAt(observations, named.index)
    return profile.coordinates === 'pixel' ? observation.view : frameSize(observation, profile)
  }

  const session = policy.open(problem, { seed })
  const deadline = startDeadline(signal, profile.wallClockMs)
  try {
    observations.push(...pictures.map((picture, index) => originalObservation(index, picture, profile)))
    const views = observations.map(viewOf)
    for (const [index, view] of views.entries()) {
      yield { kind: 'observed', observation: itemAt(observations, index), view }
    }
    let again = false
    let message = questionMessage(prompts, problem.question, views)

    for (let turn = 1; end === undefined; turn++) {
      const turnStartedMs = performance.now()
      const startMs = tenths(turnStartedMs - startedMs + earlierMs)
      const retries = retryRecorder(() => msSince(turnStartedMs))
      let firstTokenMs: number | undefined
      const onExchange = recorder && ((sent: SentExchange) => recorder.add(turn, sent))
      const shown = { count: observations.length, originals: pictures.length }
      const stored = begun && begunTurn(begun, turn, profile, { ...shown, unitSizeOf })
      const told = paced(message, { turn, maxTurns }, profile)
      const taking = (onNews?: OnReplyNews): Promise<Reply | Failure> =>
        replyTo((signal) => {
          const hear: OnReplyNews = (news) => {
            firstTokenMs = news.kind === 'waiting' ? undefined : (firstTokenMs ?? msSince(turnStartedMs))
            onNews?.(news)
          }
          const which = { turn, again, onNews: onNews && hear, onRetry: retries.add, onExchange, signal }
          const isLast = turn === begun?.turns.length
          return stored
            ? adoptTurn(session, policy.name, told, stored, { ...which, isLast })
            : session.take(told, which)
        }, deadline)
      const reply = options.live && !stored ? yield* watched(turn, profile, taking) : await taking()
      throwIfAborted(signal)
      // Only the reply tells whether the last message fits; if it does not, the reply does not count.
      if (turn > 1 && doesNotFit(reply, contextTokens, profile)) {
        const observation = takeBack(turns, observations)
        if (observation !== undefined) yield { kind: 'taken-back', turn: turn - 1, observation }
        end = 'over-context'
      } else if ('code' in reply) {
        end = 'failed'
        failure = reply
        unfinished = { startMs, ms: msSince(turnStartedMs), ...retries.recorded() }
      } else {
        contextTokens += reply.usage.promptTokens + reply.usage.replyTokens
        const parsed = parseTurn(reply.text, profile, unitSizeOf)
        const reminded = turns.some(({ error }) => error?.code === 'no-action')
        const standing = { turn, maxTurns, contextTokens, reminded, observations, originals: pictures.length }
        const next = nextStep(reply, parsed, standing, profile)
        const record = { startMs, ...(firstTokenMs !== undefined && { firstTokenMs }), ...retries.recorded() }
        const now = { ...turnOf(reply, parsed, next, msSince(turnStartedMs)), ...record }
        const led = { taken: now, observation: next.kind === 'observe' ? next.observation : undefined }
        const taken = begun && stored ? repeatedTurn(begun, turn, stored, led) : now
        if (taken.thought !== undefined) yield { kind: 'thinking', turn, text: taken.thought }
        turns.push(taken)
        yield { kind: 'acted', turn, taken, reply }
        if (reply.failure !== undefined) {
          end = 'failed'
          failure = reply.failure
        } else if (next.kind === 'end') {
          end = next.end
        } else if (next.kind === 'plain-answer') {
          end = 'answered'
        } else if (next.kind === 'ask-again') {
          again = true
        } else if (next.kind === 'error') {
          again = false
          message = { kind: 'error', text: errorText(prompts, next.error) }
        } else {
          const { observation } = next
          again = false
          observations.push(observation)
          const seen = viewOf(observation)
          yield { kind: 'observed', observation, view: seen }
          message = observationMessage(profile, { turn, index: observation.index, originals: pictures.length }, seen)
        }
      }
    }
  } finally {
    // If the reader left early, a turn may still be in progress.
    if (end === undefined) deadline.stop()
    else deadline.release()
    session.close()
  }

  const trajectory: Trajectory = {
    version: trajectoryVersion,
    problem,
    ...pictured(pictures.map(storedPicture)),
    policy: policy.name,
    profile: { name: profile.name, sha256: profileHash(profile) },
    maxTurns,
    seed,
    sampleIndex: options.sampleIndex ?? 0,
    ...(begun && { parent: begun.parent }),
    turns,
    observations,
    end,
    answer: finalAnswer(turns, profile, end),
    ...(failure === undefined ? {} : { failure }),
    ...(unfinished === undefined ? {} : { unfinished }),
    usage: totalUsage(turns),
    ms: tenths(performance.now() - startedMs + earlierMs),
    startedMs: beganMs,
  }
  const exchanges = recorder?.recorded()
  if (exchanges) await options.onExchanges?.(trajectory, exchanges)
  yield { kind: 'ended', trajectory }
  return trajectory
}

/** Carries out the turns that a fork starts with, and none after them. Throws `UserError` if the policy cannot go on from there. */
export async function tryBegun(
  task: Task,
  policy: Policy,
  options: SearchOptions & { readonly begun: Begun },
): Promise<void> {
  const { length } = options.begun.turns
  if (length === 0) return
  for await (const event of search(task, policy, options)) if (event.kind === 'acted' && event.turn === length) return
}

function paced(message: Message, at: Parameters<typeof pacedText>[1], profile: Profile): Message {
  return { ...message, text: pacedText(message.text, at, profile) }
}

function askedProblem(question: string): Problem {
  return { docId: 'asked', dataSource: 'ask', question: question.trim() }
}

const maxMessage = 8_000

/** The policy's reply, or why there is none. `UserError` is rethrown, since a retry would not help. */
async function replyTo(
  take: (signal: AbortSignal | undefined) => Promise<Reply>,
  deadline: Deadline,
): Promise<Reply | Failure> {
  try {
    return await orAborted(take(deadline.signal), deadline.signal)
  } catch (error) {
    if (deadline.expired()) return { code: 'wall-clock', message: 'The search took longer than its profile allows.' }
    if (error instanceof UserError) throw error
    return { code: errorCodeOf(error), message: messageOf(error).slice(0, maxMessage) }
  }
}

async function* watched(
  turn: number,
  profile: Profile,
  taking: (onNews: OnReplyNews) => Promise<Reply | Failure>,
): AsyncGenerator<SearchEvent, Reply | Failure, void> {
  let thought = liveThought(profile)
  const news = withNews(taking)
  let step = await news.next()
  for (; !step.done; step = await news.next()) {
    if (step.value.kind === 'waiting') {
      thought = liveThought(profile)
      yield { ...step.value, turn }
    } else {
      const text = thought.add(step.value.kind, step.value.text)
      if (text !== '') yield { kind: 'writing', turn, text }
    }
  }
  return step.value
}

function doesNotFit(reply: Reply | Failure, contextTokens: number, profile: Profile): boolean {
  if ('code' in reply) return reply.code === contextLengthCode
  if (profile.flow.fullPrompt === 'counts') return false
  return contextTokens + reply.usage.promptTokens >= contextBound(profile)
}

/** Removes the observation of the last turn, if it has one. */
function takeBack(turns: Turn[], observations: Observation[]): number | undefined {
  const { observation, ...last } = defined(turns.pop(), 'a turn')
  turns.push(last)
  if (observation !== undefined) observations.pop()
  return observation
}

function turnOf(reply: Reply, parsed: ParsedTurn, next: NextStep, ms: number): Turn {
  const plain = next.kind === 'plain-answer' ? next.text : undefined
  const said = parsed.thought === plain ? undefined : parsed.thought
  const thoughts = [reply.thinking?.trim(), said].filter((thought) => thought !== undefined && thought !== '')
  const parsedAction = 'action' in parsed ? parsed.action : undefined
  const action = plain === undefined ? parsedAction : ({ kind: 'answer', text: plain, plain: true } as const)
  const mistake = 'error' in next && next.error !== undefined ? next.error : 'error' in parsed ? parsed : undefined
  const error = plain === undefined ? mistake : undefined
  return {
    text: reply.text,
    ...(reply.thinking === undefined ? {} : { thinking: reply.thinking }),
    finish: reply.finish,
    ...(thoughts.length === 0 ? {} : { thought: thoughts.join('\n\n') }),
    ...(action === undefined ? {} : { action }),
    ...(error === undefined ? {} : { error: { code: error.code, error: error.error } }),
    ...(next.kind === 'observe' ? { observation: next.observation.index } : {}),
    usage: reply.usage,
    ms,
    ...(reply.served && { served: reply.served }),
  }
}

function totalUsage(turns: readonly Turn[]): Usage {
  const total: { -readonly [Count in keyof Usage]: Usage[Count] } = { promptTokens: 0, imageTokens: 0, replyTokens: 0 }
  for (const { usage } of turns) {
    total.promptTokens += usage.promptTokens
    total.imageTokens += usage.imageTokens
    total.replyTokens += usage.replyTokens
    if (usage.cachedTokens !== undefined) total.cachedTokens = (total.cachedTokens ?? 0) + usage.cachedTokens
    if (usage.thinkingTokens !== undefined) total.thinkingTokens = (total.thinkingTokens ?? 0) + usage.thinkingTokens
  }
  return total
}

function msSince(startedMs: number): number {
  return tenths(performance.now() - startedMs)
}

/** Rounded to keep the files small. */
function tenths(ms: number): number {
  return Math.round(ms * 10) / 10
}

function checkedTurns(maxTurns: number): number {
  if (Number.isInteger(maxTurns) && maxTurns >= 1) return maxTurns
  throw new UserError('bad-max-turns', `The turn limit has to be a whole number of at least 1, not ${maxTurns}.`)
}
