/**
 * A vision-language model on an engine as a `Policy`: every turn is sampled as tokens after the whole history, with the
 * log-probabilities that training needs.
 */
import { continuesFrom, type Prompt, type Sampler } from '../../engine/engine.ts'
import type { ChatModel } from '../../model/renderer/chat-model.ts'
import { callEnd } from '../../protocol/dialects/tool-call.ts'
import { dialectOf, functionsOf } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import { turnAsText } from '../../protocol/turn-text.ts'
import { ContextLengthError } from '../../shared/errors.ts'
import { hashSeed } from '../../shared/random.ts'
import type { Policy, Reply, Session } from '../policy.ts'
import { openConversation, shownPictures } from './conversation.ts'
import type { ShownPictures } from './conversation.ts'
import { storedTurn } from './stored-turn.ts'
import { checkFits } from './fitting-profiles.ts'

export interface TokenPolicyOptions {
  readonly name: string
  readonly sampler: Sampler
  readonly model: ChatModel
  /** Determines the stop strings of a turn. */
  readonly profile: Profile
  readonly temperature: number
  /** Token limit of one turn. */
  readonly maxTokens: number
}

/** Throws `UserError` for a profile that does not fit the model. */
export function tokenPolicy(options: TokenPolicyOptions): Policy {
  checkFits(options.profile, options.model)
  const shown = shownPictures()
  return {
    name: options.name,
    open: ({ docId }, { seed }) => openSession(options, shown, hashSeed(docId, seed)),
  }
}

function openSession(
  { sampler, model, profile, temperature, maxTokens }: TokenPolicyOptions,
  shown: ShownPictures,
  seed: number,
): Session {
  const tools = functionsOf(profile)
  const conversation = openConversation(model, tools, shown)
  const { begun } = model.layout(tools)
  const { tokenizer } = model
  // A server's own function calling ends a turn by itself; here the first call does.
  const stop = tools === undefined ? dialectOf(profile).stop : [callEnd]
  /** Tokens of the conversation so far. */
  let held = 0
  let last: { readonly prompt: Prompt; readonly reply: readonly number[] } | undefined
  let before = { held, last }

  /** `again`: in place of the turn before. */
  function beginTurn(again: boolean): void {
    if (again) {
      conversation.takeBack()
      ;({ held, last } = before)
    }
    before = { held, last }
  }

  return {
    async take(message, { turn, signal, again = false }): Promise<Reply> {
      beginTurn(again)
      const { promptTokens, imageTokens } = await conversation.tell(message)
      const prompt = conversation.prompt()
      held += promptTokens
      const room = roomOf(profile, held)
      if (room <= 0) throw new ContextLengthError('The next view does not fit into the context limit of the profile.')
      if (last && !continuesFrom(prompt, last))
        throw new Error('internal error: a prompt does not continue the previous turn')
      const request = { prompt, seed: hashSeed(seed, turn), temperature, maxTokens: Math.min(maxTokens, room) }
      const sampled = await sampler.sample(request, { signal })
      const said = beforePictures(sampled.tokens, model.pictureTokens)
      const written = tokenizer.decode(said)
      const halt = haltOf(written, stop)
      const kept = halt === undefined ? said.length : lengthThrough(said, written.slice(0, halt), tokenizer)
      // Tokens after the stop string are dropped, but an end mark directly after it is the policy's own.
      const whole = sampled.ended && kept === sampled.tokens.length
      const tokens = [...said.slice(0, kept), ...(whole ? [model.end] : [])]
      conversation.reply(tokens)
      held += tokens.length
      last = { prompt, reply: tokens }
      return {
        text: begun + (halt === undefined ? written : written.slice(0, halt)),
        finish: whole || halt !== undefined ? 'stop' : 'length',
        usage: { promptTokens, imageTokens, replyTokens: tokens.length },
        sample: { prompt, reply: tokens, logprobs: sampled.logprobs.slice(0, tokens.length) },
      }
    },
    async adopt(message, taken, { again = false }) {
      beginTurn(again)
      const { promptTokens } = await conversation.tell(message)
      const prompt = conversation.prompt()
      const reply = [...tokenizer.encode(storedTurn(turnAsText(taken), model, tools)), model.end]
      conversation.reply(reply)
      held += promptTokens + reply.length
      last = { prompt, reply }
    },
    close: () => {},
  }
}

/**
 * Tokens available for a reply after `held` others; none if the search has to end, so that no server gets a request that does not
 * fit its model.
 */
function roomOf({ contextLimit, contextReserve, flow }: Profile, held: number): number {
  if (contextLimit === null || flow.fullPrompt === 'counts') return Number.POSITIVE_INFINITY
  return held >= contextLimit - contextReserve ? 0 : contextLimit - held
}

/** Truncates a reply before a picture token. */
function beforePictures(tokens: readonly number[], pictureTokens: ReadonlySet<number>): readonly number[] {
  const first = tokens.findIndex((token) => pictureTokens.has(token))
  return first < 0 ? tokens : tokens.slice(0, first)
}

/** End of the first stop string in the text. */
function haltOf(text: string, stop: readonly string[]): number | undefined {
  const ends = stop.flatMap((tag) => (text.includes(tag) ? [text.indexOf(tag) + tag.length] : []))
  return ends.length === 0 ? undefined : Math.min(...ends)
}

/** Number of tokens that cover all of `text`. */
function lengthThrough(tokens: readonly number[], text: string, { decode }: ChatModel['tokenizer']): number {
  let [low, high] = [0, tokens.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (decode(tokens.slice(0, middle)).startsWith(text)) high = middle
    else low = middle + 1
  }
  return low
}
