/** `mini-o3 doctor --engine tinker:<url>`: what a training server is, its models, and what the service bills for them. */
import type { Finding } from '../endpoint/try/try-server.ts'
import { lookAtServer, type ServedModelInfo, wholePrices } from '../engine/tinker/capabilities.ts'
import { embeddedModelName, ignoredSettings, tinkerKinds, type TinkerKindName } from '../engine/tinker/server-kinds.ts'
import { UserError } from '../shared/errors.ts'
import { pricesText } from './options/token-price.ts'
import { plainLine } from './print/plain-text.ts'
import { shellWord } from '../shared/shell-word.ts'

export interface EngineDiagnosis {
  readonly findings: readonly Finding[]
  readonly served: readonly ServedModelInfo[]
  readonly command?: string
}

/** Seconds for one request: nobody waits minutes for a list. */
const patience = { timeoutMs: 30_000, maxTries: 3 }

/** Throws `UserError` for an address or a key that is wrong, and `TransportError` where nothing answers as it should. */
export async function examineEngine(
  engine: string,
  { apiKeyEnv, tinkerServer }: { readonly apiKeyEnv?: string; readonly tinkerServer?: TinkerKindName },
): Promise<EngineDiagnosis> {
  const [, url] = /^tinker:(https?:\/\/.*)$/.exec(engine) ?? []
  if (url === undefined) {
    throw new UserError('engine-unknown', `No training server "${engine}". Use --engine tinker:http://host:8000.`)
  }
  const { kind, models } = await lookAtServer({
    url,
    apiKeyEnv,
    patience,
    kind: tinkerServer && tinkerKinds[tinkerServer],
  })
  const guessed =
    tinkerServer === undefined ? ', detected by its address and models; --tinker-server sets another kind' : ''
  const losses = kind.losses.filter((loss) => loss !== 'cross-entropy').join(', ')
  const findings: Finding[] = [
    { check: 'server', level: 'ok', text: `${url} is a server of kind ${kind.name}${guessed}` },
    { check: 'losses', level: 'ok', text: losses },
    ...ignoredSettings(kind).map((text): Finding => ({ check: 'deviation', level: 'note', text })),
    models.length > 0
      ? { check: 'models', level: 'ok', text: String(models.length) }
      : { check: 'models', level: 'problem', text: 'the server offers none', fix: 'Start it with a model.' },
    ...(kind.billing && models.every(({ prices }) => prices === undefined) ? [noPrices] : []),
  ]
  const chosen = models.find(({ trainable }) => trainable !== false)
  if (chosen === undefined) return { findings, served: models }
  const key = apiKeyEnv === undefined ? '' : ` --api-key-env ${apiKeyEnv}`
  const price = wholePrices(chosen.prices ?? {})
  const words = [
    `mini-o3 rl --data <problems> --engine ${engine}${key}`,
    ...(tinkerServer === undefined ? [] : [`--tinker-server ${tinkerServer}`]),
    `--base-model ${shellWord(chosen.name)}`,
    ...(chosen.name === embeddedModelName ? [] : [`--model-files ${filesOf(chosen.name)}`]),
    ...(price ? [`--price ${pricesText(price)}`] : []),
    '--plan',
  ]
  return { findings, served: models, command: words.join(' ') }
}

/** A server of one's own may serve a folder, which has them. */
function filesOf(model: string): string {
  return /^[\w.-]+\/[\w.-]+$/.test(model) ? `hub:${model}` : '<folder>'
}

const noPrices: Finding = {
  check: 'prices',
  level: 'note',
  text: 'the service lists no prices, and the bills of the last 14 days show none for this key',
  fix: 'Take them from its web page and pass them to a training command: --price <read>,<sampled>,<trained>.',
}

/** One line a model, for people. Names are the server's: data. */
export function modelRows(models: readonly ServedModelInfo[]): string[] {
  const rows = models.map((model) => [plainLine(model.name, 60), ...factsOf(model)])
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function factsOf({ contextLength, trainable, sampleable, prices = {} }: ServedModelInfo): string[] {
  const { prompt, cached, sampled, trained } = prices
  const uses = [...(trainable === false ? ['not trainable'] : []), ...(sampleable === false ? ['not sampled'] : [])]
  const billed = [
    ...(prompt === undefined ? [] : [`read ${prompt}`]),
    ...(cached === undefined ? [] : [`cached ${cached}`]),
    ...(sampled === undefined ? [] : [`sampled ${sampled}`]),
    ...(trained === undefined ? [] : [`trained ${trained}`]),
  ]
  const money = billed.length > 0 ? [`US dollars per million tokens: ${billed.join(', ')}`] : []
  return [
    contextLength === undefined ? 'context length not reported' : `${contextLength} tokens`,
    [...uses, ...money].join('; '),
  ]
}
