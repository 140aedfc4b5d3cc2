/** Reads the small files that describe a model's input format, from a folder or, if the user asks for it, from the hub. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { repositoryFolder, snapshotsOf } from '../../hub/cache.ts'
import type { RemoteFile } from '../../hub/listing.ts'
import { planFiles, pullFiles } from '../../hub/pull.ts'
import { repositoryOf } from '../../hub/repository.ts'
import { hubSettings } from '../../hub/settings.ts'
import { errorCodeOf, messageOf, UserError } from '../../shared/errors.ts'
import { fieldsOf, isOneOf } from '../../shared/fields.ts'
import { parseJson } from '../../shared/json.ts'

export interface ModelFiles {
  readonly 'tokenizer.json': object
  readonly 'tokenizer_config.json': object
  /** Also where only `processor_config.json` is there, which holds the same within it. */
  readonly 'preprocessor_config.json': object
  readonly 'config.json'?: object
  readonly 'chat_template.jinja'?: string
  readonly 'chat_template.json'?: object
}

/** Of transformers 5, which keeps the picture processor within it. */
const processorName = 'processor_config.json'
const pictureProcessorName = 'preprocessor_config.json'
/** In the order in which they are read. */
const namesRead = [
  'tokenizer.json',
  'tokenizer_config.json',
  pictureProcessorName,
  processorName,
  'config.json',
  'chat_template.jinja',
  'chat_template.json',
] as const
type Name = (typeof namesRead)[number]

const hubMark = 'hub:'
const maxBytes = 64 * 1024 ** 2

/**
 * `place`: a folder, or `hub:<owner>/<name>`, which is pulled once into the shared cache (about 12 MB). Throws `UserError` for
 * what is missing or unreadable.
 */
export async function readModelFiles(place: string): Promise<ModelFiles> {
  const folder = place.startsWith(hubMark) ? await fromHub(place.slice(hubMark.length)) : place
  const read = async (name: Name): Promise<object> => {
    const file = await readIfThere(folder, name)
    if (file !== undefined) return file
    throw unreadable(folder, name, 'there is none')
  }
  // One by one, so that the first missing file is always the one that is named.
  const tokenizer = await read('tokenizer.json')
  const tokenizerConfig = await read('tokenizer_config.json')
  const within = fieldsOf(await readIfThere(folder, processorName))?.['image_processor']
  const pictures =
    (await readIfThere(folder, pictureProcessorName)) ?? fieldsOf(within) ?? (await read(pictureProcessorName))
  const config = await readIfThere(folder, 'config.json')
  const jinja = await textIfThere(folder, 'chat_template.jinja')
  const template = await readIfThere(folder, 'chat_template.json')
  return {
    'tokenizer.json': tokenizer,
    'tokenizer_config.json': tokenizerConfig,
    'preprocessor_config.json': pictures,
    ...(config && { 'config.json': config }),
    ...(jinja !== undefined && { 'chat_template.jinja': jinja }),
    ...(template && { 'chat_template.json': template }),
  }
}

async function readIfThere(folder: string, name: Name): Promise<object | undefined> {
  const text = await textIfThere(folder, name)
  if (text === undefined) return undefined
  try {
    const value: unknown = parseJson(text)
    if (typeof value === 'object' && value !== null) return value
  } catch (cause) {
    throw unreadable(folder, name, messageOf(cause), cause)
  }
  throw unreadable(folder, name, 'it is not a JSON object')
}

async function textIfThere(folder: string, name: Name): Promise<string | undefined> {
  const file = join(folder, name)
  try {
    if ((await stat(file)).size > maxBytes) throw new Error(`it is larger than ${maxBytes / 1024 ** 2} MB`)
    return await readFile(file, 'utf8')
  } catch (cause) {
    if (errorCodeOf(cause) === 'ENOENT') return undefined
    throw unreadable(folder, name, messageOf(cause), cause)
  }
}

function unreadable(folder: string, name: Name, why: string, cause?: unknown): UserError {
  return new UserError(
    'model-files',
    `${join(folder, name)} cannot be read: ${why}. Name a folder with tokenizer.json, tokenizer_config.json, ` +
      `${pictureProcessorName}, config.json and the chat template of the model, or hub:<owner>/<name> to download them.`,
    { cause },
  )
}

/** Files that are already on this machine are not requested again. */
async function fromHub(id: string): Promise<string> {
  const repository = repositoryOf('models', id)
  const hub = hubSettings()
  for (const { folder, files } of await snapshotsOf(repositoryFolder(hub.cache, repository), repository.revision)) {
    const has = (name: Name): boolean => files.some(({ path }) => path === name)
    // Every repository has a config.json; without it the folder is of a version that asked for less.
    const needed = has('tokenizer.json') && has('tokenizer_config.json') && has('config.json')
    if (needed && (has(pictureProcessorName) || has(processorName))) return folder
  }
  const plan = await planFiles(repository, hub, (files) => files.filter(isModelFile))
  await pullFiles(plan)
  return plan.folder
}

function isModelFile({ path, bytes }: RemoteFile): boolean {
  return isOneOf(namesRead, path) && bytes <= maxBytes
}
