/** Rows of what was found for questions about photographs, printed by `doctor`, and by `ask` if it may not choose by itself. Pure. */
import { choicesOf, modelsToOffer } from '../../discover/choices.ts'
import type { Choice } from '../../discover/choices.ts'
import type { Found, FoundLocal, FoundServer } from '../../discover/found.ts'
import { bytesText } from '../../shared/bytes.ts'
import type { Configured } from '../options/configured.ts'
import { shellWord } from '../../shared/shell-word.ts'

export interface WhatIsThere {
  readonly found: Found
  readonly configured: readonly Configured[]
}

export interface FoundRow {
  readonly check: string
  /** `ok`: a question can be asked with it. */
  readonly level: 'ok' | 'note'
  readonly text: string
  /** The command that uses it, or what to do. */
  readonly fix?: string
}

const noServer = 'no model server answers on the usual ports of this machine'
const serverFix = 'Start one, for example `ollama serve` with a vision model, and try again (docs/vlm.md).'

/** Names listed in a row at most. */
const mostNames = 8

export function foundRows({ found: { servers, services, local }, configured }: WhatIsThere): FoundRow[] {
  return [
    ...configured.map(({ file, entries, problem }) => ({
      check: 'configuration',
      level: problem === undefined ? ('ok' as const) : ('note' as const),
      text: problem ?? `${file.path}: ${namesIn(entries.map(({ policy }) => policy))}`,
    })),
    ...servers.map(serverRow),
    ...(servers.length === 0 ? [{ check: 'server', level: 'note' as const, text: noServer, fix: serverFix }] : []),
    ...localRows(local),
    ...services.map(({ title, keyEnv, baseUrl }) => ({
      check: 'key',
      level: 'ok' as const,
      text: `${keyEnv} is set, for ${title}`,
      fix: `mini-o3 doctor --base-url ${baseUrl} --api-key-env ${keyEnv}`,
    })),
  ]
}

export function rowLines(rows: readonly FoundRow[]): string[] {
  const width = Math.max(...rows.map(({ check }) => check.length))
  return rows.flatMap(({ check, text, fix }) => [
    `${check.padEnd(width)}  ${text}`,
    ...(fix === undefined ? [] : [`${' '.repeat(width)}  ${fix}`]),
  ])
}

function localRows({ models, problem, slow }: FoundLocal): FoundRow[] {
  const check = 'local model'
  if (problem !== undefined) return [{ check, level: 'note', text: problem }]
  const pulled = models.filter((model) => model.pulled)
  const slowly = slow === undefined ? '' : `. ${slow}`
  if (pulled.length > 0)
    return pulled.map(({ name, title }, index) => ({
      check,
      level: 'ok',
      text: `${title}, pulled${index === 0 ? slowly : ''}`,
      fix: askLine({ policy: `local:${name}` }),
    }))
  const [first] = models
  if (first === undefined) return []
  const text = `none downloaded; ${first.title} (${bytesText(first.bytes)}) runs without a server${slowly}`
  return [{ check, level: 'note', text, fix: `mini-o3 models pull ${first.name}` }]
}

function serverRow(server: FoundServer): FoundRow {
  const { title, baseUrl, models, problem } = server
  const check = 'server'
  if (problem !== undefined) return { check, level: 'note', text: `at ${baseUrl}: ${problem}` }
  const [first] = [...choicesOf({ servers: [server], local: { models: [] } }), ...modelsToOffer(server)]
  const text = `${title} at ${baseUrl}: ${modelWords(models)}`
  return first === undefined ? { check, level: 'note', text } : { check, level: 'ok', text, fix: askLine(first) }
}

/** For example `qwen2.5vl:7b accepts pictures; 3 of its models do not`. */
function modelWords(models: FoundServer['models']): string {
  if (models.length === 0) return 'it lists no models'
  const named = (sees: string) => models.filter((model) => model.sees === sees).map(({ id }) => id)
  const [yes, unknown, no] = [named('yes'), named('unknown'), named('no')]
  return [
    ...(yes.length > 0 ? [`${namesIn(yes)} ${yes.length === 1 ? 'accepts' : 'accept'} pictures`] : []),
    ...(unknown.length > 0 ? [`${namesIn(unknown)} may accept pictures: the server does not say`] : []),
    ...(no.length > 0 ? [`${no.length} of its models ${no.length === 1 ? 'does' : 'do'} not`] : []),
  ].join('; ')
}

function namesIn(names: readonly string[]): string {
  const more = names.length - mostNames
  return `${names.slice(0, mostNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

export function askLine(choice: Pick<Choice, 'policy' | 'baseUrl' | 'server'>): string {
  const { policy, baseUrl, server } = choice
  const words = ['mini-o3 ask photo.jpg "What does the sign say?" --policy', shellWord(policy)]
  if (baseUrl !== undefined) words.push('--base-url', baseUrl)
  if (server !== undefined) words.push('--server', server)
  return words.join(' ')
}
