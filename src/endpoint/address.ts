/** Validates the address and API key of a server before anything is sent. The key never appears in an error message. */
import { UserError } from '../shared/errors.ts'

/** The base URL without a trailing slash. Throws `UserError`. */
export function baseUrlOf(text: string): URL {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new UserError('base-url-bad', 'The base URL is not a valid URL. It has the form http://127.0.0.1:8000/v1.')
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new UserError('base-url-bad', `The base URL has to start with http:// or https://, not ${url.protocol}//.`)
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new UserError(
      'base-url-secret',
      'The base URL must not contain a user, password or query, since it is stored with each run: ' +
        'put the key into an environment variable and name that variable with --api-key-env.',
    )
  }
  url.pathname = url.pathname.replace(/(?<!\/)\/+$/, '').replace(/\/chat\/completions$/, '')
  return url
}

/** Heuristic for text that is unlikely to be a variable name: punctuation, mixed case, lower case mixed with digits, great length. */
function looksLikeKey(text: string): boolean {
  if (!/^[A-Za-z_]\w*$/.test(text) || text.length > 64) return true
  if (/^(sk|pk|gsk|xai|hf|tml|ghp|r8|nvapi)_/i.test(text) && /[a-z]/.test(text)) return true
  return text.length >= 16 && /\d/.test(text) && (/[a-z]/.test(text) || !text.includes('_'))
}

/** The URL of a path below the base URL. */
export function below(base: URL, path: string): URL {
  const url = new URL(base)
  url.pathname = `${base.pathname.replace(/\/$/, '')}${path}`
  return url
}

/** The URL of a server's native path, outside `/v1`. */
export function beside(base: URL, path: string): URL {
  const url = new URL(base)
  url.pathname = `${base.pathname.replace(/(\/v1)?\/?$/, '')}${path}`
  return url
}

/** Reads the key from its variable. Throws `UserError` if it is not set; a key given in place of a name is not echoed. */
export function keyFrom(variable: string | undefined): string | undefined {
  if (variable === undefined) return undefined
  const key = process.env[variable]?.trim() ?? ''
  if (key === '' && looksLikeKey(variable)) {
    throw new UserError(
      'api-key-bad',
      '--api-key-env takes the name of an environment variable, but the value looks like a key. Put the key into a ' +
        'variable (export MY_KEY=...) and name it: --api-key-env MY_KEY. The key may now be in the history of your shell.',
    )
  }
  if (key === '')
    throw new UserError(
      'api-key-missing',
      `The environment variable ${variable} is empty or not set. Set it to the API key and try again.`,
    )
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new UserError('api-key-bad', `The key in the environment variable ${variable} contains an invalid character.`)
  return key
}
