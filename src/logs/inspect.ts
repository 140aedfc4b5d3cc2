/** Logs of inspect_ai: `.eval` archives, read sample by sample, and `.json` files. */
import { readFile, stat } from 'node:fs/promises'
import { fieldsOf } from '../shared/fields.ts'
import type { Fields } from '../shared/fields.ts'
import { parseJson } from '../shared/json.ts'
import { messageOf } from '../shared/errors.ts'
import { own } from '../shared/known.ts'
import { openZip } from '../shared/zip-read.ts'
import type { CallUsage, ForeignLog, ForeignSample, ForeignVerdict, LoggedMessage, UnreadSample } from './foreign.ts'
import { readMessages } from './message.ts'
import { idIn, numberIn, textIn, textsIn } from './values.ts'

/** JSON is read as a whole, and no text in this process can be longer. */
const mostJsonBytes = 400 * 1024 ** 2

/** Undefined if the file is no such log. */
export async function openInspectLog(path: string): Promise<ForeignLog | undefined> {
  return path.endsWith('.json') ? openJson(path) : openArchive(path)
}

async function openArchive(path: string): Promise<ForeignLog | undefined> {
  const zip = await openZip(path)
  // A log that is still written, or whose program was killed, has only the start of its header.
  const header = ['header.json', '_journal/start.json'].find((name) => zip.names.includes(name))
  if (header === undefined) {
    await zip.close()
    return undefined
  }
  const names = zip.names.filter((name) => /^samples\/.*\.json$/.test(name))
  const about = fieldsOf(parseJson((await zip.read(header)).toString('utf8'))) ?? {}
  return logOf(about, async function* samples() {
    try {
      for (const name of names) {
        yield await attempt(name, async () => parseJson((await zip.read(name)).toString('utf8')), about)
      }
    } finally {
      await zip.close()
    }
  })
}

async function openJson(path: string): Promise<ForeignLog | undefined> {
  const { size } = await stat(path)
  if (size > mostJsonBytes) {
    throw new Error(
      'it is too large for a JSON file. Convert it: inspect log convert --to eval --output-dir <folder> <log>',
    )
  }
  const log = fieldsOf(parseJson(await readFile(path, 'utf8')))
  if (log === undefined || fieldsOf(log['eval']) === undefined) return undefined
  const { samples, ...about } = log
  const list: unknown[] = Array.isArray(samples) ? samples : []
  return logOf(about, async function* read() {
    for (const [index, sample] of list.entries()) yield await attempt(`sample ${index + 1}`, async () => sample, about)
  })
}

function logOf(header: Fields, samples: ForeignLog['samples']): ForeignLog {
  const about = fieldsOf(header['eval']) ?? {}
  const { task, model, created, task_args: args, dataset, packages } = about
  return {
    kind: 'inspect_ai',
    task: textIn(task) ?? 'task',
    model: textIn(model) ?? 'model',
    settings: {
      created,
      status: header['status'],
      taskArguments: args,
      dataset: fieldsOf(dataset)?.['name'],
      packages,
      results: fieldsOf(header['results'])?.['scores'],
    },
    samples,
  }
}

async function attempt(
  place: string,
  read: () => Promise<unknown>,
  header: Fields,
): Promise<ForeignSample | UnreadSample> {
  try {
    const sample = fieldsOf(await read())
    if (sample === undefined) return { place, why: 'it is not an object' }
    return readSample(sample, scorerOf(header))
  } catch (error) {
    return { place, why: messageOf(error) }
  }
}

/** The scorer whose score is the headline of the log; otherwise the first. */
function scorerOf(header: Fields): string | undefined {
  const results = fieldsOf(header['results']) ?? {}
  const first: unknown = Array.isArray(results['scores']) ? results['scores'][0] : undefined
  return textIn(fieldsOf(results['headline'])?.['scorer']) ?? textIn(fieldsOf(first)?.['name'])
}

function readSample(sample: Fields, scorer: string | undefined): ForeignSample {
  const attachments = fieldsOf(sample['attachments']) ?? {}
  const resolve = (text: string): string => {
    const [, name] = /^attachment:\/\/(\w+)$/.exec(text) ?? []
    return (name !== undefined && textIn(own(attachments, name))) || text
  }
  const usages = usageByMessage(sample['events'])
  const options = { resolve, usageOf: (id: string) => usages.get(id) }
  const logged =
    Array.isArray(sample['messages']) && sample['messages'].length > 0 ? sample['messages'] : sample['input']
  const messages = readMessages(logged, options)
  // Replies among the input are examples.
  const inputs = Array.isArray(logged) ? logged.map((one) => fieldsOf(one)?.['source'] === 'input') : []
  const start = messages.findIndex(({ role }, index) => role === 'assistant' && inputs[index] !== true)
  const split = start < 0 ? messages.length : start
  const prompt = messages.slice(0, split)
  const { target, choices, metadata, scores, error, limit, total_time: seconds, store } = sample
  const scored = fieldsOf(scores) ?? {}
  const name = scorer !== undefined && Object.hasOwn(scored, scorer) ? scorer : Object.keys(scored)[0]
  const targets = typeof target === 'string' ? [target] : textsIn(target)
  return {
    id: idIn(sample['id']) ?? '',
    attempt: Math.max(0, (numberIn(sample['epoch']) ?? 1) - 1),
    prompt,
    rest: messages.slice(split),
    question: questionIn(prompt),
    truth: targets.length > 0 ? targets.join(' | ') : undefined,
    choices: textsIn(choices).length > 0 ? textsIn(choices) : undefined,
    verdict: name === undefined ? undefined : verdictOf(name, fieldsOf(scored[name])),
    error: textIn(fieldsOf(error)?.['message']),
    limit: limit === null || limit === undefined ? undefined : textIn(fieldsOf(limit)?.['type']),
    seconds: numberIn(seconds),
    facts: { ...kept('metadata', metadata), ...kept('scores', scores), ...kept('store', store) },
  }
}

function questionIn(prompt: readonly LoggedMessage[]): string | undefined {
  return prompt.findLast(({ role, text }) => role === 'user' && text !== '')?.text
}

function kept(name: string, value: unknown): Fields {
  return Object.keys(fieldsOf(value) ?? {}).length > 0 ? { [name]: value } : {}
}

const letters: Readonly<Record<string, number>> = { C: 1, I: 0, P: 0.5, N: 0 }

function verdictOf(scorer: string, score: Fields | undefined): ForeignVerdict | undefined {
  if (score === undefined) return undefined
  const { value, explanation } = score
  const points = typeof value === 'string' ? (own(letters, value) ?? numberIn(value)) : numberIn(value)
  const why = textIn(explanation)
  const reason = `${scorer}: ${JSON.stringify(value)}${why === undefined ? '' : `. ${why}`}`
  if (points === undefined || points < 0 || points > 1) return { kind: 'unjudged', reason }
  return { kind: points > 0 ? 'correct' : 'wrong', reason, ...(points > 0 && points < 1 && { score: points }) }
}

/** The tokens and time of each reply, from the events of its model calls. */
function usageByMessage(events: unknown): Map<string, CallUsage> {
  const usages = new Map<string, CallUsage>()
  for (const one of Array.isArray(events) ? events : []) {
    const event = fieldsOf(one) ?? {}
    if (event['event'] !== 'model') continue
    const output = fieldsOf(event['output']) ?? {}
    const choices: unknown = output['choices']
    const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
    const id = fieldsOf(fieldsOf(choice)?.['message'])?.['id']
    const usage = fieldsOf(output['usage'])
    if (typeof id !== 'string') continue
    const count = (name: string): number => Math.max(0, Math.round(numberIn(usage?.[name]) ?? 0))
    const cached = count('input_tokens_cache_read')
    usages.set(id, {
      sent: count('input_tokens') + cached + count('input_tokens_cache_write'),
      cached,
      written: count('output_tokens'),
      ms: Math.max(0, (numberIn(event['working_time']) ?? numberIn(output['time']) ?? 0) * 1000),
    })
  }
  return usages
}
