/** The small files that say how a model reads: from a folder, or from the hub where the user asks for that. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { repositoryFolder, snapshotsOf } from '../../hub/cache.ts'
import type { RemoteFile } from '../../hub/listing.ts'
import { planFiles, pullFiles } from '../../hub/pull.ts'
import { repositoryOf } from '../../hub/repository.ts'
import { hubSettings } from '../../hub/settings.ts'
import { messageOf, UserError } from '../../shared/errors.ts'
import { parseJson } from '../../shared/json.ts'
import { isOneOf } from '../../shared/fields.ts'

const modelFileNames = ['tokenizer.json', 'tokenizer_config.json', 'preprocessor_config.json'] as const
export type ModelFiles = Readonly<Record<(typeof modelFileNames)[number], object>>

const hubMark = 'hub:'
const maxBytes = 64 * 1024 ** 2

/**
 * `place`: a folder, or `hub:<owner>/<name>`, which is pulled once into the shared cache (about 12 MB). Throws `UserError` for
 * what is missing or unreadable.
 */
export async function readModelFiles(place: string): Promise<ModelFiles> {
  const folder = place.startsWith(hubMark) ? await fromHub(place.slice(hubMark.length)) : place
  const files: Record<string, object> = {}
  // One by one, so that of several that are missing it is always the first that is named.
  for (const name of modelFileNames) files[name] = await readJson(folder, name)
  return files as ModelFiles
}

async function readJson(folder: string, name: string): Promise<object> {
  const file = join(folder, name)
  try {
    if ((await stat(file)).size > maxBytes) throw new Error(`larger than ${maxBytes / 1024 ** 2} MB`)
    const value: unknown = parseJson(await readFile(file, 'utf8'))
    if (typeof value === 'object' && value !== null) return value
    throw new Error('no JSON object')
  } catch (cause) {
    throw new UserError(
      'model-files',
      `${file} cannot be read (${messageOf(cause)}). Name a folder that holds ${modelFileNames.join(', ')} of the model, ` +
        'or hub:<owner>/<name> to download them.',
      { cause },
    )
  }
}

/** What is on this machine already is not asked for again. */
async function fromHub(id: string): Promise<string> {
  const repository = repositoryOf('models', id)
  const hub = hubSettings()
  for (const { folder, files } of await snapshotsOf(repositoryFolder(hub.cache, repository), repository.revision))
    if (modelFileNames.every((name) => files.some(({ path }) => path === name))) return folder
  const plan = await planFiles(repository, hub, (files) => files.filter(isModelFile))
  await pullFiles(plan)
  return plan.folder
}

function isModelFile({ path, bytes }: RemoteFile): boolean {
  return isOneOf(modelFileNames, path) && bytes <= maxBytes
}
