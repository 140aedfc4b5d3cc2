/** Tests replies: thinking, stop strings, long replies, seeds, and native function calls. */
import { tools } from '../../protocol/dialects/tools.ts'
import type { Completion, Endpoint } from '../endpoint.ts'
import { encodeMessage } from '../exchange/encode-message.ts'
import { fieldsOf } from '../../shared/fields.ts'
import { itemAt } from '../../shared/known.ts'
import { drawn, whyRefused, room, saidIn, user } from './asking.ts'
import type { AskServer, Finding } from './asking.ts'

/** Findings from any reply. */
export function aboutReply({ handling, text, thinking, usage }: Completion): Finding[] {
  const check = 'thinking'
  const apart = 'in a separate field; shown as the thought, while calls and answers are read from the content only'
  const all = 'the whole reply is in the field for thinking, and the content is empty'
  const fix = 'Start the server without its reasoning parser, or with the one for this model.'
  const inReply = text.includes('<think>') ? 'within the reply' : 'none seen'
  const found: Finding =
    handling?.thinkingApart !== true
      ? { check, level: 'ok', text: inReply }
      : thinking === undefined
        ? { check, level: 'note', text: all, fix }
        : { check, level: 'note', text: apart }
  if (usage !== undefined) return [found]
  return [found, { check: 'token counts', level: 'note', text: 'the server reports none; they are estimated' }]
}

const stop = ['</grounding>']

export async function tryStop(ask: AskServer): Promise<readonly Finding[]> {
  const check = 'stop strings'
  const prompt = 'Copy this line exactly, and write nothing else: <grounding>here</grounding> and on'
  const reply = await ask('how stop strings are handled', [user(prompt)], { ...room, stop })
  if (reply.handling?.refused.includes('stop')) {
    return [
      { check, level: 'note', text: 'refused; the client truncates replies at them, so each costs a few more tokens' },
    ]
  }
  switch (reply.handling?.stop) {
    case 'kept':
      return [{ check, level: 'ok', text: 'kept' }]
    case 'stripped':
      return [{ check, level: 'ok', text: 'stripped; the client restores them' }]
    case 'overlooked':
      return [
        { check, level: 'note', text: 'ignored; the client truncates replies at them, so each costs more tokens' },
      ]
    default:
      return [{ check, level: 'note', text: `unknown: the model did not copy a line, but wrote "${saidIn(reply)}"` }]
  }
}

/** Counting to this takes several hundred tokens, more than the default limits of servers. */
const lastNumber = 200

/** Tests a long reply that ends with a stop string. */
export async function tryLongReply(ask: AskServer): Promise<readonly Finding[]> {
  const check = 'long replies'
  const prompt = `Count from 1 to ${lastNumber}, in digits, separated by blanks, leaving none out. Then write </grounding>.`
  const reply = await ask('whether a long reply is whole', [user(prompt)], { ...room, stop })
  const tokens = reply.usage === undefined ? '' : ` (${reply.usage.replyTokens} tokens)`
  if (reply.finish === 'length') {
    const text = `cut off${tokens}, although ${room.maxTokens} tokens were requested`
    const fix = 'Raise the token limit of the server, otherwise searches end in the middle of a thought.'
    const counts = reply.usage !== undefined && reply.usage.replyTokens < 0.9 * room.maxTokens
    return [counts ? { check, level: 'note', text, fix } : { check, level: 'ok', text: `${room.maxTokens} tokens` }]
  }
  const whole = new RegExp(`\\b${lastNumber}\\b`).test(reply.text)
  if (whole) return [{ check, level: 'ok', text: `whole${tokens}` }]
  return [{ check, level: 'note', text: `unknown: asked to count, the model wrote "${saidIn(reply)}"${tokens}` }]
}

export async function trySeed(ask: AskServer, { kind }: Endpoint): Promise<readonly Finding[]> {
  const check = 'seed'
  const fix = '--seed has no effect: repeated searches differ.'
  if (!kind.seed) return [{ check, level: 'note', text: `${kind.title} does not support seeds`, fix }]
  const prompt = 'Write a line of thirty random letters. Do not explain.'
  const sample = (seed: number): Promise<Completion> =>
    ask('whether sampling is seeded', [user(prompt)], { ...room, temperature: 1, seed })
  const first = await sample(11)
  const again = await sample(11)
  const other = await sample(12)
  if (other.handling?.refused.includes('seed')) return [{ check, level: 'note', text: 'refused', fix }]
  if (first.text !== again.text) {
    return [{ check, level: 'note', text: 'the same seed gave different replies', fix: kind.seeding ?? fix }]
  }
  if (first.text === other.text) {
    const text = 'all replies are the same at temperature 1, whatever the seed: sampling is effectively off'
    return [{ check, level: 'note', text, ...(kind.moreSampling && { fix: kind.moreSampling }) }]
  }
  return [{ check, level: 'ok', text: 'equal seeds give equal replies, different seeds different ones' }]
}

const declared = itemAt(tools.functions?.() ?? [], 0)
const zoom = String(fieldsOf(fieldsOf(declared)?.['function'])?.['name'])

/** Tests a function call and its result with a picture, as `--profile tools` needs them. */
export async function tryTools(ask: AskServer): Promise<readonly Finding[]> {
  const check = 'function calls'
  const without = 'Other profiles do not need function calls.'
  const call = `Call the function ${zoom} with bbox_2d [0.1, 0.1, 0.4, 0.4] and source "original_image".`
  const first = [user(await drawn({ width: 224, height: 224 }, [0, 0, 255]), call)]
  let reply: Completion
  try {
    reply = await ask('whether a function call arrives', first, { ...room, tools: [declared] })
  } catch (error) {
    return [
      { check, level: 'note', text: `refused, so --profile tools cannot be used. ${whyRefused(error)}`, fix: without },
    ]
  }
  if (reply.toolCalls.length === 0) {
    const text = `not supported, so --profile tools cannot be used: the model wrote "${saidIn(reply)}"`
    return [{ check, level: 'note', text, fix: without }]
  }
  try {
    const results = reply.toolCalls.map(({ id }) =>
      encodeMessage({ role: 'tool', content: 'The crop is shown next.', toolCallId: id }),
    )
    const crop = user(
      await drawn({ width: 224, height: 224 }, [0, 0, 255]),
      'Which colour is this picture? Answer with one word.',
    )
    await ask('whether the result of a call goes back', [...first, reply.message, ...results, crop], {
      ...room,
      tools: [declared],
    })
    return [{ check, level: 'ok', text: 'calls and their results work: --profile tools can be used' }]
  } catch (error) {
    return [
      {
        check,
        level: 'note',
        text: `calls work, but the server refuses their results. ${whyRefused(error)}`,
        fix: without,
      },
    ]
  }
}
