/** From a refusal to the error that names the fix. */
import { ContextLengthError, TransportError, UserError } from '../../shared/errors.ts'
import type { MiniO3Error } from '../../shared/errors.ts'
import { withoutKey } from '../address.ts'
import type { ModelInfo } from '../endpoint.ts'
import { nearestNames } from '../nearest.ts'
import { imageCap, isModelUnknown, isTooLong } from './refusal.ts'
import type { Refusal } from './refusal.ts'
import type { Server } from '../exchange/server.ts'
import type { ServerKind } from '../server-kinds.ts'

/** The request that was refused. */
export interface Refused {
  readonly model: string
  readonly images: number
  readonly bytes: number
}

export function refusalError(
  refusal: Refusal,
  { model, images, bytes }: Refused,
  server: Server,
  kind: ServerKind,
  models: readonly ModelInfo[],
): MiniO3Error {
  const { status, code } = refusal
  const message = withoutKey(refusal.message, server.key)
  const said = message === '' ? '' : ` It says: ${message}`
  const { origin } = server.base
  if (status === 401 || status === 403) return keyError(refusal, server, kind)
  const cap = imageCap(refusal)
  if (cap !== undefined) {
    return new UserError(
      'too-many-images',
      `${origin} takes ${cap} picture${cap === 1 ? '' : 's'} a prompt, and this one holds ${images}. ` +
        `To allow for more, ${kind.moreImages(Math.max(images, 32))}; ` +
        `or let searches end at that many pictures with --max-images ${cap}.`,
    )
  }
  if (isTooLong(refusal)) return new ContextLengthError(`The conversation does not fit: ${message}`)
  if (isModelUnknown(refusal)) {
    const near = nearestNames(
      model,
      models.map(({ id }) => id),
    )
    const others = near.length === 0 ? 'It lists no models.' : `The nearest that it lists: ${near.join(', ')}.`
    return new UserError('model-unknown', `${origin} has no model "${model}". ${others}`)
  }
  if (status === 404) {
    return new UserError(
      'no-chat-endpoint',
      `There is no chat endpoint at ${server.base.href}: a base URL often ends in /v1.`,
    )
  }
  if (status === 413) {
    const mb = (bytes / 1e6).toFixed(1)
    const fix =
      'Let the server, or the proxy before it, take larger requests, or let searches hold fewer pictures with --max-images.'
    return new UserError('request-too-large', `${origin} does not take a request of ${mb} MB. ${fix}`)
  }
  if (status === 402 || code.includes('insufficient_quota')) {
    return new UserError('quota-spent', `${origin} wants to be paid first.${said}`)
  }
  if (status >= 300 && status < 400) {
    return new UserError(
      'endpoint-moved',
      `${origin} sends requests elsewhere (status ${status}). Give the base URL that it leads to.`,
    )
  }
  return new TransportError('request-refused', `${origin} refused the request (status ${status}).${said}`)
}

export function keyError({ status, message }: Refusal, { base, key, apiKeyEnv }: Server, kind: ServerKind): UserError {
  const said = message === '' ? '' : ` It says: ${withoutKey(message, key)}`
  const fix =
    apiKeyEnv === undefined
      ? `Put your key into an environment variable, such as ${kind.keyEnv}, and name that with --api-key-env ${kind.keyEnv}.`
      : `Check the key in the environment variable ${apiKeyEnv}.`
  return new UserError('api-key-refused', `${base.origin} does not let us in (status ${status}). ${fix}${said}`)
}
