/** Converts a refusal to an error that names the fix. */
import {
  ContextLengthError,
  TransportError,
  UserError,
  imageRefusedCode,
  requestRefusedCode,
  requestTooLargeCode,
  withheldCode,
} from '../../shared/errors.ts'
import type { MiniO3Error } from '../../shared/errors.ts'
import type { ModelInfo } from '../endpoint.ts'
import { nearestNames } from '../../shared/nearest.ts'
import type { ImageFault, Meaning, Refusal } from './refusal.ts'
import type { Server } from '../exchange/server.ts'
import type { ServerKind } from '../server-kinds.ts'

/** The request that was refused. */
export interface Refused {
  readonly model: string
  readonly images: number
  readonly bytes: number
  /** Whether it declared functions. */
  readonly tools: boolean
}

/** Returns a `TransportError` if only this search is affected, a `UserError` if every search would be refused. */
export function refusalError(
  refusal: Refusal,
  meaning: Meaning,
  { model, images, bytes, tools }: Refused,
  server: Server,
  kind: ServerKind,
  models: readonly ModelInfo[],
): MiniO3Error {
  const { status } = refusal
  const said = quoted(refusal)
  const { origin } = server.base
  switch (meaning.kind) {
    case 'key':
      return keyError(refusal, server, kind)
    case 'too-many-images':
      return new UserError('too-many-images', tooManyImages(origin, meaning.cap, images, kind) + said)
    case 'too-long':
    case 'reply-cap':
      return new ContextLengthError(`The conversation does not fit. For longer ones, ${kind.moreContext}.${said}`)
    case 'image-unfit':
      return new TransportError(
        imageRefusedCode,
        `${origin} does not accept a picture of this search. ${imageFix(meaning.fault, kind)}${said}`,
      )
    case 'no-pictures':
      return new UserError(
        'no-pictures',
        `${origin} does not accept pictures for the model "${model}". ${kind.seeing}${said}`,
      )
    case 'no-tools':
      if (!tools) break
      return new UserError(
        'no-tools',
        `${origin} does not support function calls with the model "${model}". Start vLLM with --enable-auto-tool-choice and ` +
          `--tool-call-parser, llama.cpp with --jinja, or use a profile with calls as text, such as --profile default.${said}`,
      )
    case 'model-unknown': {
      if (models.some(({ id }) => id === model))
        return new UserError(
          'model-unknown',
          `${origin} lists the model "${model}", but answered with status ${status} when asked for it. It may still be loading, or ` +
            `was removed: check the server, and try again.${said}`,
        )
      const near = nearestNames(
        model,
        models.map(({ id }) => id),
      )
      const others = near.length === 0 ? 'It lists no models.' : `Closest names: ${near.join(', ')}.`
      return new UserError('model-unknown', `${origin} has no model "${model}". ${others}${said}`)
    }
    case 'no-endpoint':
      return new UserError(
        'no-chat-endpoint',
        `There is no chat endpoint at ${server.base.href}: a base URL often ends in /v1.${said}`,
      )
    case 'request-too-large': {
      const mb = (bytes / 1e6).toFixed(1)
      const fix =
        'Raise the request size limit of the server or of the proxy in front of it, or allow fewer pictures per search with --max-images.'
      return new TransportError(requestTooLargeCode, `${origin} does not accept a request of ${mb} MB. ${fix}${said}`)
    }
    case 'quota':
      return new UserError(
        'quota-spent',
        `${origin} has no quota or credit left for this key (status ${status})${asksToWait(refusal)}. Repeat the ` +
          `command once it has: the run resumes where it stopped.${said}`,
      )
    case 'filtered':
      return new TransportError(withheldCode, `${origin} refused the request: its content filter blocked it.${said}`)
    case 'moved':
    case 'wants-https':
      return movedError(refusal, server)
  }
  return new TransportError(requestRefusedCode, `${origin} refused the request (status ${status}).${said}`)
}

function quoted({ message }: Refusal): string {
  return message === '' ? '' : ` Its message: ${message}`
}

function asksToWait({ waitMs }: Refusal): string {
  return waitMs === undefined ? '' : `, and asks to wait for ${(waitMs / 3_600_000).toFixed(1)} hours`
}

/** A `cap` that is not below the number sent cannot be right. */
function tooManyImages(origin: string, cap: number | undefined, images: number, kind: ServerKind): string {
  const taken = Math.max(0, Math.min(cap ?? Infinity, images - 1))
  const fix = `To allow more, ${kind.moreImages(Math.max(images, 32))}`
  const takes =
    cap === undefined
      ? `${origin} accepts fewer pictures per prompt than the ${images} of this one`
      : `${origin} accepts ${taken} picture${taken === 1 ? '' : 's'} per prompt, and this one has ${images}`
  return `${takes}. ${fix}${taken < 1 ? '.' : `; or limit searches to that number with --max-images ${taken}.`}`
}

function imageFix(fault: ImageFault, { moreImageTokens }: ServerKind): string {
  switch (fault) {
    case 'too-large':
      return `It is too large: use smaller views (for example --max-pixels 500000)${moreImageTokens === undefined ? '' : `, or ${moreImageTokens}`}.`
    case 'too-small':
      return 'It is too small: use a profile that enlarges views (--profile default), or a server with a lower limit.'
    case 'too-narrow':
      return 'Its aspect ratio is too extreme: crop the picture closer to a square.'
    case 'unreadable':
      return 'It could not be decoded: views are sent as PNG or JPEG.'
  }
}

/** The error for a redirect. */
export function movedError({ status }: Refusal, { base }: Pick<Server, 'base'>): UserError {
  if (status >= 300 && status < 400) {
    const message = `${base.origin} redirects requests (status ${status}). Use the base URL of the target.`
    return new UserError('endpoint-moved', message)
  }
  return new UserError(
    'endpoint-moved',
    `${base.host} requires https: use --base-url ${base.href.replace(/^http:/, 'https:')}.`,
  )
}

export function keyError(refusal: Refusal, { base, apiKeyEnv }: Server, kind: ServerKind): UserError {
  const fix =
    apiKeyEnv === undefined
      ? `Put your key into an environment variable, such as ${kind.keyEnv}, and name it with --api-key-env ${kind.keyEnv}.`
      : `Check the key in the environment variable ${apiKeyEnv}.`
  const { status } = refusal
  // Firewalls and blocks by country answer so too.
  const what =
    status === 403
      ? 'does not allow this request (status 403): either the key may not make it, or a firewall or the region is in the way'
      : `rejected the API key (status ${status})`
  const message = `${base.origin} ${what}. ${fix}${quoted(refusal)}`
  return new UserError('api-key-refused', message)
}
