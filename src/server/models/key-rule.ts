/** Which key of the environment a page may have sent to which address: whoever reaches this server must not be able to take keys away. */
import { hostedServices } from '../../discover/keys.ts'
import { isLoopback } from '../../shared/loopback.ts'
import { HttpError } from '../http/http-error.ts'

/** Variables that are named for a server of one's own. */
const ownKey = /^(?:[A-Z][A-Z0-9_]*_)?API_KEY$|^VLM_KEY$/

/**
 * The usual variable of a hosted service goes to that service alone, one that is named as an API key to any address with TLS or on this
 * machine, and no other one anywhere. Throws `HttpError` 400.
 */
export function checkKey(variable: string, url: URL): void {
  const services = hostedServices.filter(({ keyEnv }) => keyEnv === variable)
  if (services.length > 0) {
    if (services.some(({ baseUrl }) => new URL(baseUrl).origin === url.origin)) return
    const [service] = services
    throw refused(`${variable} is the key of ${service?.title}, and is sent to ${service?.baseUrl} alone.`)
  }
  if (!ownKey.test(variable)) throw refused(`From a page, only a variable whose name ends in API_KEY is sent.`)
  if (url.protocol !== 'https:' && !isLoopback(url.hostname))
    throw refused(`A key is sent over https:// alone, or on this machine.`)
}

function refused(why: string): HttpError {
  return new HttpError(400, 'key_refused', `${why} To use it otherwise, start mini-o3 serve with --policies.`)
}
