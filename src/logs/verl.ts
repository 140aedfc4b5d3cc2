/**
 * Rollouts that verl dumps (`trainer.rollout_data_dir`: `<step>.jsonl`), also those of DeepEyes' logging board. A conversation is one text,
 * with or without the tokens that open its messages, and without its pictures.
 */
import { basename } from 'node:path'
import { sha256 } from '../shared/canonical.ts'
import type { Fields } from '../shared/fields.ts'
import type { ForeignLog, ForeignSample, LoggedMessage, UnreadSample } from './foreign.ts'
import { linesOf } from './jsonl-log.ts'
import { readMessages } from './message.ts'
import { numberIn, textIn, textsIn } from './values.ts'

export async function openVerlDump(files: readonly string[]): Promise<ForeignLog> {
  return {
    kind: 'verl',
    task: 'rollouts',
    model: 'policy',
    settings: { files: files.map((file) => basename(file)).slice(0, 100) },
    samples: () => samplesOf(files),
  }
}

async function* samplesOf(files: readonly string[]): AsyncGenerator<ForeignSample | UnreadSample, void> {
  /** How many rollouts each prompt has had in the step. */
  const attempts = new Map<string, number>()
  for (const file of files) {
    for await (const one of linesOf(file, (line) => [sampleOf(line, attempts)])) {
      yield 'why' in one ? { ...one, place: `${basename(file)}, ${one.place}` } : one
    }
  }
}

function sampleOf(line: Fields, attempts: Map<string, number>): ForeignSample {
  const {
    input,
    prompt = input,
    output,
    response = output,
    step,
    gts,
    ground_truth: truth = gts,
    score,
    reward = score,
  } = line
  const { acc, data_source: source } = line
  if (typeof prompt !== 'string' || typeof response !== 'string')
    throw new Error('it has no text fields input and output')
  const id = `step ${numberIn(step) ?? 0}, ${sha256(prompt).slice(0, 8)}`
  const attempt = attempts.get(id) ?? 0
  attempts.set(id, attempt + 1)
  const total = numberIn(reward)
  const known = ['input', 'output', 'prompt', 'response', 'gts', 'ground_truth', 'score', 'reward', 'step']
  const others = Object.entries(line).filter(([key]) => !known.includes(key))
  const parts = others.flatMap(([key, value]) => (typeof value === 'number' ? [[key, value] as const] : []))
  const facts = others.filter(([, value]) => typeof value !== 'number' && !isLongList(value))
  return {
    id,
    attempt,
    prompt: messagesIn(prompt, 'user').filter(({ role, text }) => role !== 'assistant' || text !== ''),
    rest: messagesIn(response, 'assistant'),
    truth: textIn(truth) ?? (textsIn(truth).join(' | ') || undefined),
    verdict: verdictOf(numberIn(acc) ?? total, numberIn(acc) === undefined ? 'score' : 'acc'),
    ...(total !== undefined && { reward: { total, parts: Object.fromEntries(parts) } }),
    facts: { ...(source !== undefined && { source }), ...Object.fromEntries(facts) },
  }
}

/** Lists for every token, such as log-probabilities. */
function isLongList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 64
}

/** From half a point on an answer counts as right, as verifiers does by default: rewards have parts for the format, too. */
export const rightFrom = 0.5

function verdictOf(points: number | undefined, name: string): ForeignSample['verdict'] {
  if (points === undefined) return undefined
  return {
    kind: points >= rightFrom ? 'correct' : 'wrong',
    reason: `${name}: ${points}; right if at least ${rightFrom}`,
  }
}

const opened = /<\|im_start\|>(system|user|assistant|tool)\n/
const named = /(?:^|\n)(system|user|assistant|tool)\n/

/** `first`: whose text comes before the first mark. */
function messagesIn(text: string, first: LoggedMessage['role']): LoggedMessage[] {
  const pieces = text.split(opened.test(text) ? opened : named)
  const roles = pieces.map((_, index) => (index === 0 ? first : pieces[index - 1]))
  const messages = pieces.flatMap((piece, index) => {
    if (index % 2 === 1) return []
    const content = piece.replaceAll(/<\|(?:im_end|endoftext|vision_start|vision_end|image_pad)\|>/g, '').trim()
    return content === '' ? [] : [{ role: roles[index], content }]
  })
  return readMessages(messages)
}
