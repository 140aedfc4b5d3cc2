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

/** Throws `UserError` when the variable is not set. */
export function keyFrom(variable: string | undefined): string | undefined {
  if (variable === undefined) return undefined
  const key = process.env[variable]?.trim() ?? ''
  if (key === '')
    throw new UserError('api-key-missing', `The environment variable ${variable} holds no key. Set it, then try again.`)
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new UserError(
      'api-key-bad',
      `The key in the environment variable ${variable} holds a character that no key has.`,
    )
  return key
}
