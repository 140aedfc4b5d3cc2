/** `mini-o3 doctor`: checks whether this machine, or a server, can search, and says what to do if not. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { choicesOf } from '../discover/choices.ts'
import { find } from '../discover/find.ts'
import { rememberZoom } from '../discover/remembered.ts'
import type { Endpoint, ModelInfo } from '../endpoint/endpoint.ts'
import type { ServedModelInfo } from '../engine/tinker/capabilities.ts'
import { examineEngine, modelRows } from './doctor-engine.ts'
import { tinkerServerOptions } from './options/policy.ts'
import { nearestNames } from '../shared/nearest.ts'
import { openEndpoint } from '../endpoint/open-endpoint.ts'
import { tryServer } from '../endpoint/try/try-server.ts'
import type { Finding } from '../endpoint/try/try-server.ts'
import { embeddedPolicy } from '../policy/embedded/embedded-policy.ts'
import { MiniO3Error, messageOf } from '../shared/errors.ts'
import { catchInterrupt } from '../shared/interrupt.ts'
import { startProgress } from '../shared/progress.ts'
import { defined, itemAt } from '../shared/known.ts'
import { IncompleteError } from './incomplete.ts'
import { addCommand } from './options/command.ts'
import { readConfigured } from './options/configured.ts'
import { examineModelFiles } from './model-files-check.ts'
import { askLine, foundRows } from './print/found.ts'
import { print, printJson, say } from './print/output.ts'
import { shellWord } from '../shared/shell-word.ts'
import { inGroup, only, text } from './options/schema.ts'
import type { Values } from './options/schema.ts'
import { serverOptions } from './options/server.ts'
import { jsonOption } from './options/shared.ts'

interface Named {
  readonly baseUrl?: string
  readonly engine?: string
}

const { apiKeyEnv, ...otherOptions } = serverOptions
const { tinkerServer } = tinkerServerOptions

const doctorOptions = {
  ...inGroup(
    'Server',
    {
      model: text('<name>', 'the model to test', { fallbackText: 'the only one listed' }),
      ...otherOptions,
      baseUrl: {
        ...otherOptions.baseUrl,
        help: 'base URL of the OpenAI-compatible server to test, such as http://127.0.0.1:8000/v1',
      },
    },
    only<Named>(({ baseUrl }) => baseUrl !== undefined, 'for a server: add its --base-url'),
  ),
  ...inGroup(
    'Server',
    { apiKeyEnv },
    only<Named>(
      ({ baseUrl, engine }) => baseUrl !== undefined || engine !== undefined,
      'for a server: add its --base-url, or --engine',
    ),
  ),
  ...inGroup(
    'Server',
    { engine: text('<where>', 'tinker:<url> of a training server, to list its models') },
    only<Named>(({ baseUrl }) => baseUrl === undefined, 'for another kind of server: leave --base-url out'),
  ),
  ...inGroup(
    'Server',
    { tinkerServer },
    only<Named>(({ engine }) => engine !== undefined, 'for a training server: add --engine tinker:http://host:8000'),
  ),
  ...inGroup(
    'Training',
    { modelFiles: text('<place>', 'files of a model to train: compare our prompts with those of its chat template') },
    only<Named>(
      ({ baseUrl, engine }) => baseUrl === undefined && engine === undefined,
      'for files alone: leave --base-url and --engine out',
    ),
  ),
  ...jsonOption,
}

type DoctorOptions = Values<typeof doctorOptions>

interface Diagnosis {
  readonly findings: readonly Finding[]
  /** All models that the server lists. */
  readonly models?: readonly ModelInfo[]
  /** Of a training server. */
  readonly served?: readonly ServedModelInfo[]
  /** The command line to search with. */
  readonly command?: string
}

export function addDoctor(program: Command): void {
  addCommand(program, {
    name: 'doctor',
    summary: 'check this machine, or a server and its models',
    description:
      'Without options: checks whether this machine can search with the embedded policy, and lists what can answer questions about ' +
      'photographs: servers on this machine, local models, API keys in the usual environment variables, entries of mini-o3.yaml. With ' +
      '--base-url: detects the kind of server, lists its models, and tests one with about 25 small requests: pictures in several ' +
      'messages, boxes, stop strings, long replies, seeds and function calls. With --engine: lists the models of a training server ' +
      'with their context lengths, its losses, and what the hosted service has billed for them lately. With --model-files: names the ' +
      'family of a model for training and the profiles that fit it, and compares our prompts with those of its own chat template.',
    options: doctorOptions,
    examples: [
      'mini-o3 doctor',
      'mini-o3 doctor --base-url http://127.0.0.1:8000/v1',
      'mini-o3 doctor --engine tinker:http://127.0.0.1:8000',
      'mini-o3 doctor --model-files hub:Qwen/Qwen3-VL-4B-Instruct',
      'mini-o3 doctor --base-url https://api.openai.com/v1 --api-key-env OPENAI_API_KEY --model gpt-5-mini',
    ],
    run: doctor,
  })
}

async function doctor(options: DoctorOptions): Promise<void> {
  const interrupt = catchInterrupt(() => say('Stopping.'))
  try {
    const diagnosis = await examine(options, interrupt.signal)
    const usable = diagnosis.findings.every(({ level }) => level !== 'problem')
    if (options.json) printJson({ usable, ...diagnosis })
    else show(diagnosis)
    if (!usable) throw new IncompleteError('Searching does not work yet: see what is marked as a problem.')
  } finally {
    interrupt.release()
  }
}

async function examine(options: DoctorOptions, signal: AbortSignal): Promise<Diagnosis> {
  const { baseUrl, engine, modelFiles } = options
  if (engine !== undefined) return examineTraining(engine, options)
  if (modelFiles !== undefined) return { findings: await examineModelFiles(modelFiles) }
  return baseUrl === undefined ? examineMachine(signal) : examineServer(options, signal)
}

/** Model names printed at most. */
const mostNames = 20

function show({ findings, models = [], served, command }: Diagnosis): void {
  const width = Math.max(...findings.map(({ check }) => check.length))
  for (const { check, level, text, fix } of findings) {
    print(`${level.padEnd(7)}  ${check.padEnd(width)}  ${text}`)
    if (fix !== undefined) print(`${' '.repeat(11 + width)}${fix}`)
  }
  if (models.length > 1) {
    const more = models.length > mostNames ? `, and ${models.length - mostNames} more (--json lists all)` : ''
    print(
      `\nModels: ${models
        .slice(0, mostNames)
        .map(({ id }) => id)
        .join(', ')}${more}`,
    )
  }
  for (const [i, row] of (served ? modelRows(served) : []).entries()) print(`${i === 0 ? '\n' : ''}  ${row}`)
  if (command !== undefined) print(`\n${served ? 'To plan a training run' : 'To search with it'}:\n  ${command}`)
}

/** What is wrong with the options is thrown; a server that does not answer is a finding. */
async function examineTraining(engine: string, options: DoctorOptions): Promise<Diagnosis> {
  try {
    return await examineEngine(engine, options)
  } catch (error) {
    if (!(error instanceof MiniO3Error) || wordCodes.has(error.code)) throw error
    return { findings: [{ check: 'server', level: 'problem', text: error.message }] }
  }
}

const leastNode = [20, 19] as const
const enoughMemory = 2e9

async function examineMachine(signal: AbortSignal): Promise<Diagnosis> {
  const version = process.versions.node
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const current = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1])
  const needed = `Install Node ${leastNode.join('.')} or later.`
  const cores = availableParallelism()
  const gigabytes = (totalmem() / 1e9).toFixed(1)
  const findings: Finding[] = [
    { check: 'node', level: current ? 'ok' : 'problem', text: version, ...(!current && { fix: needed }) },
    {
      check: 'machine',
      level: totalmem() >= enoughMemory ? 'ok' : 'note',
      text: `${cores} core${cores === 1 ? '' : 's'}, ${gigabytes} GB of memory`,
      ...(totalmem() < enoughMemory && {
        fix: 'A picture of 100 megapixels takes 300 MB of memory: search smaller ones.',
      }),
    },
    await finding('embedded policy', 'its weights load', 'Reinstall the package.', loadEmbedded),
    await finding(
      'run folders',
      `can be created in ${resolve('.')}`,
      'Change to another folder, or name one with --run.',
      writeHere,
    ),
  ]
  const found = await find({ signal })
  const there = foundRows({ found, configured: readConfigured(0) })
  const usable = choicesOf(found).length > 0
  return {
    findings: [...findings, ...there],
    command: usable ? 'mini-o3 ask photo.jpg "What does the sign say?"' : 'mini-o3 demo',
  }
}

async function finding(check: string, text: string, fix: string, work: () => Promise<void>): Promise<Finding> {
  try {
    await work()
    return { check, level: 'ok', text }
  } catch (error) {
    return { check, level: 'problem', text: messageOf(error), fix }
  }
}

async function loadEmbedded(): Promise<void> {
  const policy = await embeddedPolicy({ workers: 1 })
  await policy.close?.()
}

async function writeHere(): Promise<void> {
  const folder = await mkdtemp('.mini-o3-doctor-')
  try {
    await writeFile(join(folder, 'written'), '')
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Timeout of one small request, in seconds. */
const patience = 120

/** These errors are about the options and are thrown; anything wrong with the server becomes a finding. */
const wordCodes = new Set(['engine-unknown', 'base-url-bad', 'base-url-secret', 'api-key-missing', 'api-key-bad'])

async function examineServer(options: DoctorOptions, signal: AbortSignal): Promise<Diagnosis> {
  const timeoutMs = (options.replySeconds ?? patience) * 1000
  const endpointOptions = {
    baseUrl: defined(options.baseUrl, '--base-url'),
    apiKeyEnv: options.apiKeyEnv,
    kind: options.server,
    timeoutMs,
    maxTries: 3,
  }
  let endpoint: Endpoint
  try {
    endpoint = await openEndpoint(endpointOptions)
  } catch (error) {
    if (!(error instanceof MiniO3Error) || wordCodes.has(error.code)) throw error
    return { findings: [{ check: 'server', level: 'problem', text: error.message }] }
  }
  const { kind, baseUrl, models } = endpoint
  try {
    const server: Finding = { check: 'server', level: 'ok', text: `${baseUrl} is ${kind.title}` }
    const chosen = chooseModel(options.model, models)
    if ('level' in chosen) return { findings: [server, chosen], models }
    const { id } = chosen
    if (kind.name === 'mini-o3')
      return { findings: [server, embeddedOnly], models, command: scenesOf(options, endpoint, id) }
    const progress = startProgress({ label: 'requests' })
    const {
      findings,
      options: found,
      settings,
    } = await tryServer({
      endpoint,
      model: id,
      signal,
      onRequest: (what) => progress.advance(1, what),
    })
    progress.finish()
    // Ollama reports the context length only once the model is loaded.
    const now = await openEndpoint(endpointOptions)
    now.close()
    const context = now.models.find((model) => model.id === id)?.contextLength
    const all: Finding[] = [
      server,
      { check: 'model', level: 'ok', text: id },
      aboutContext(context, endpoint),
      ...findings,
    ]
    if (findings.some(({ level }) => level === 'problem')) return { findings: all, models }
    await rememberZoom({ baseUrl, model: id }, settings)
    return { findings: all, models, command: askCommand(options, endpoint, id, found) }
  } finally {
    endpoint.close()
  }
}

/** A server that lists no models may still have the one that is named. */
function chooseModel(named: string | undefined, models: readonly ModelInfo[]): ModelInfo | Finding {
  const check = 'model'
  if (named === undefined) {
    if (models.length === 1) return itemAt(models, 0)
    const text = models.length === 0 ? 'the server lists none' : `${models.length} to choose from; none was tested`
    return { check, level: 'note', text, fix: 'Name the one to test with --model.' }
  }
  const found = models.find(({ id }) => id === named)
  if (found !== undefined || models.length === 0) return found ?? { id: named }
  const near = nearestNames(
    named,
    models.map(({ id }) => id),
  )
  return { check, level: 'problem', text: `there is no "${named}"`, fix: `Closest names: ${near.join(', ')}.` }
}

const embeddedOnly: Finding = {
  check: 'model',
  level: 'note',
  text: 'it only knows generated scenes and "Which digit is on the <colour> <shape>?"',
}

function scenesOf(options: DoctorOptions, { baseUrl }: Endpoint, model: string): string {
  const key = options.apiKeyEnv === undefined ? '' : ` --api-key-env ${options.apiKeyEnv}`
  const question = 'Which digit is on the red heart?'
  return `mini-o3 ask scene.jpg "${question}" --policy ${shellWord(`chat:${model}`)} --profile embedded --base-url ${baseUrl}${key}`
}

/** Enough for about ten views of two million pixels with their thoughts. */
const longContext = 32_768

function aboutContext(contextLength: number | undefined, { kind }: Endpoint): Finding {
  const check = 'context'
  const fix = `For long searches, ${kind.moreContext}.`
  if (contextLength === undefined) return { check, level: 'note', text: 'the server does not report its length', fix }
  const text = `${contextLength} tokens`
  return contextLength >= longContext ? { check, level: 'ok', text } : { check, level: 'note', text, fix }
}

function askCommand(options: DoctorOptions, { baseUrl }: Endpoint, model: string, found: readonly string[]): string {
  const parts = [askLine({ policy: `chat:${model}`, baseUrl })]
  if (options.apiKeyEnv !== undefined) parts.push(`--api-key-env ${options.apiKeyEnv}`)
  if (options.server !== undefined) parts.push(`--server ${options.server}`)
  return [...parts, ...found].join(' ')
}
