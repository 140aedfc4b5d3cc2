/** Where the hub is, where its files are kept and who asks: the environment variables that the hub's own clients read. */
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { baseUrlOf, keyFrom } from '../endpoint/address.ts'
import { UserError } from '../shared/errors.ts'

export interface HubSettings {
  readonly endpoint: URL
  /** The folder that holds `models--<owner>--<name>`. */
  readonly cache: string
  /** `HF_HUB_OFFLINE` (or `TRANSFORMERS_OFFLINE`): nothing may be asked. */
  readonly offline: boolean
  /** Milliseconds without a byte after which a request counts as broken. */
  readonly silenceMs: number
}

type Environment = Readonly<Record<string, string | undefined>>

/** Either makes the hub `offline`. */
export const offlineVariables = 'HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE)'

const defaultEndpoint = 'https://huggingface.co'
const defaultSilence = 60

/** Throws `UserError` for an address that is none. */
export function hubSettings(env: Environment = process.env): HubSettings {
  const seconds = Number(env['HF_HUB_DOWNLOAD_TIMEOUT'])
  return {
    endpoint: endpointOf(env['HF_ENDPOINT']?.trim() || defaultEndpoint),
    cache: cacheFolder(env),
    offline: isTrue(env['HF_HUB_OFFLINE'] || env['TRANSFORMERS_OFFLINE']),
    silenceMs: 1000 * (seconds > 0 ? seconds : defaultSilence),
  }
}

/** Read only where a request is about to be sent, and never kept; undefined: the hub is asked without one. */
export async function hubToken(env: Environment = process.env): Promise<string | undefined> {
  if (isTrue(env['HF_HUB_DISABLE_IMPLICIT_TOKEN'])) return undefined
  for (const name of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN']) if (env[name]?.trim()) return keyFrom(name)
  const file = expanded(env['HF_TOKEN_PATH'] || join(homeFolder(env), 'token'))
  const token = await readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => '',
  )
  if (token !== '' && !/^[\x21-\x7e]+$/.test(token))
    throw new UserError(
      'api-key-bad',
      `The token in ${file} contains a character that tokens cannot have. Log in again.`,
    )
  return token === '' ? undefined : token
}

function endpointOf(text: string): URL {
  try {
    return baseUrlOf(text)
  } catch (cause) {
    throw new UserError(
      'hub-address-bad',
      'HF_ENDPOINT is not the address of a hub. It looks like https://huggingface.co, without a password or a query.',
      { cause },
    )
  }
}

function cacheFolder(env: Environment): string {
  return expanded(env['HF_HUB_CACHE'] || env['HUGGINGFACE_HUB_CACHE'] || join(homeFolder(env), 'hub'))
}

function homeFolder(env: Environment): string {
  return expanded(env['HF_HOME'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'huggingface'))
}

function expanded(path: string): string {
  return path.replace(/^~(?=$|[\\/])/, homedir())
}

function isTrue(value: string | undefined): boolean {
  return /^(?:1|on|yes|true)$/i.test(value ?? '')
}
