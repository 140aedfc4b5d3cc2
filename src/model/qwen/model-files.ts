/** The small files that say how a model reads: from a folder, or from the hub where the user asks for that. */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { keyFrom } from '../../endpoint/address.ts'
import { messageOf, UserError } from '../../shared/errors.ts'
import { parseJson } from '../../shared/json.ts'

const modelFileNames = ['tokenizer.json', 'tokenizer_config.json', 'preprocessor_config.json'] as const
export type ModelFiles = Readonly<Record<(typeof modelFileNames)[number], object>>

const hubMark = 'hub:'
const maxBytes = 64 * 1024 ** 2
const timeoutMs = 120_000

/**
 * `place`: a folder, or `hub:<owner>/<name>`, which is downloaded once into the user's cache (about 12 MB). `HF_ENDPOINT` and
 * `HF_TOKEN` count as everywhere. Throws `UserError` for what is missing or unreadable.
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

async function fromHub(id: string): Promise<string> {
  if (!/^[\w.-]+\/[\w.-]+$/.test(id) || id.includes('..')) {
    throw new UserError('model-files', `"${id}" is no model of the hub. Write hub:<owner>/<name>.`)
  }
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const folder = join(cache, 'mini-o3', 'models', ...id.split('/'))
  await mkdir(folder, { recursive: true })
  await Promise.all(modelFileNames.map((name) => download(id, name, join(folder, name))))
  return folder
}

async function download(id: string, name: string, file: string): Promise<void> {
  if (await stat(file).catch(() => undefined)) return
  const endpoint = process.env['HF_ENDPOINT'] ?? 'https://huggingface.co'
  const token = process.env['HF_TOKEN'] ? keyFrom('HF_TOKEN') : undefined
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  try {
    const url = new URL(`${id}/resolve/main/${name}`, endpoint.endsWith('/') ? endpoint : `${endpoint}/`)
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) })
    if (!response.ok) throw new Error(`the hub answered ${response.status}`)
    // Two commands may fetch it at once.
    const part = `${file}.${process.pid}.part`
    await writeFile(part, await bounded(response))
    await rename(part, file)
  } catch (cause) {
    throw new UserError(
      'model-files',
      `${name} of ${id} could not be downloaded (${messageOf(cause)}). Try again, set HF_TOKEN if the model asks for ` +
        'it, or name a folder that holds the files.',
      { cause },
    )
  }
}

async function bounded(response: Response): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.byteLength
    if (bytes > maxBytes) throw new Error(`more than ${maxBytes / 1024 ** 2} MB`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}
