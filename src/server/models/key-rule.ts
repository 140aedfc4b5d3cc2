/** Which API key of the environment a page may send to which address, so that keys cannot be stolen through this server. */
import { hostedServices } from '../../discover/keys.ts'
import { isLoopback } from '../../shared/loopback.ts'
import { HttpError } from '../http/http-error.ts'

/** Names of variables for the user's own servers. */
const ownKey = /^(?:[A-Z][A-Z0-9_]*_)?API_KEY$|^VLM_KEY$/

/**
 * The usual variable of a hosted service may be sent to that service only; a variable named like an API key to any address with TLS or
 * on this machine; any other variable nowhere. Throws `HttpError` 400.
 */
export function checkKey(variable: string, url: URL): void {
  const services = hostedServices.filter(({ keyEnv }) => keyEnv === variable)
  if (services.length > 0) {
    if (services.some(({ baseUrl }) => new URL(baseUrl).origin === url.origin)) return
    const [service] = services
    throw refused(`${variable} is the key of ${service?.title} and is only sent to ${service?.baseUrl}.`)
  }
  if (!ownKey.test(variable)) throw refused(`A page can only use variables whose names end in API_KEY.`)
  if (url.protocol !== 'https:' && !isLoopback(url.hostname))
    throw refused(`A key is only sent over https://, or on this machine.`)
}

function refused(why: string): HttpError {
  return new HttpError(400, 'key_refused', `${why} To use it otherwise, start mini-o3 serve with --policies.`)
}
