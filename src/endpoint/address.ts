/** The address and the key of a server, checked before anything is sent. The key is never part of a message. */
import { UserError } from '../shared/errors.ts'

/** The base URL without a slash at its end. Throws `UserError`. */
export function baseUrlOf(text: string): URL {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new UserError('base-url-bad', 'The base URL is not a URL. It looks like http://127.0.0.1:8000/v1.')
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new UserError('base-url-bad', `The base URL has to begin with http:// or https://, not ${url.protocol}//.`)
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new UserError(
      'base-url-secret',
      'The base URL may hold no user, password or query, since it is kept with each run: ' +
        'put the key into an environment variable and name that with --api-key-env.',
    )
  }
  url.pathname = url.pathname.replace(/\/+$/, '').replace(/\/chat\/completions$/, '')
  return url
}

/** Anything that hardly is the name of a variable: marks, letters of both cases or lower ones mixed with digits, great length. */
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

/** The URL of a server's own path, beside `/v1`. */
export function beside(base: URL, path: string): URL {
  const url = new URL(base)
  url.pathname = `${base.pathname.replace(/(\/v1)?\/?$/, '')}${path}`
  return url
}

/** Throws `UserError` when the variable is not set. What looks like a key in place of its name is never repeated. */
export function keyFrom(variable: string | undefined): string | undefined {
  if (variable === undefined) return undefined
  const key = process.env[variable]?.trim() ?? ''
  if (key === '' && looksLikeKey(variable)) {
    throw new UserError(
      'api-key-bad',
      '--api-key-env takes the name of an environment variable, and was given what looks like a key. Put the key into a ' +
        'variable (export MY_KEY=...), then name that: --api-key-env MY_KEY. The shell may have kept the key in its history.',
    )
  }
  if (key === '')
    throw new UserError('api-key-missing', `The environment variable ${variable} holds no key. Set it, then try again.`)
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new UserError(
      'api-key-bad',
      `The key in the environment variable ${variable} holds a character that no key has.`,
    )
  return key
}
