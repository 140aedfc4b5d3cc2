/** From a refusal to the error that names the fix. */
import {
  ContextLengthError,
  TransportError,
  UserError,
  imageRefusedCode,
  requestRefusedCode,
  withheldCode,
} from '../../shared/errors.ts'
import type { MiniO3Error } from '../../shared/errors.ts'
import type { ModelInfo } from '../endpoint.ts'
import { nearestNames } from '../nearest.ts'
import type { ImageFault, Meaning, Refusal } from './refusal.ts'
import type { Server } from '../exchange/server.ts'
import type { ServerKind } from '../server-kinds.ts'

/** The request that was refused. */
export interface Refused {
  readonly model: string
  readonly images: number
  readonly bytes: number
  /** It declared functions. */
  readonly tools: boolean
}

/** A `TransportError` ends one search, a `UserError` all of them: the same refusal would meet every one. */
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
        `${origin} does not take a picture of this search. ${imageFix(meaning.fault, kind)}${said}`,
      )
    case 'no-pictures':
      return new UserError(
        'no-pictures',
        `${origin} takes no pictures with the model "${model}". ${kind.seeing}${said}`,
      )
    case 'no-tools':
      if (!tools) break
      return new UserError(
        'no-tools',
        `${origin} takes no function calls with the model "${model}". Start vLLM with --enable-auto-tool-choice and ` +
          `--tool-call-parser, llama.cpp with --jinja, or take a profile whose calls are text, such as --profile default.${said}`,
      )
    case 'model-unknown': {
      const near = nearestNames(
        model,
        models.map(({ id }) => id),
      )
      const others = near.length === 0 ? 'It lists no models.' : `The nearest that it lists: ${near.join(', ')}.`
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
        'Let the server, or the proxy before it, take larger requests, or let searches hold fewer pictures with --max-images.'
      return new UserError('request-too-large', `${origin} does not take a request of ${mb} MB. ${fix}${said}`)
    }
    case 'quota':
      return new UserError(
        'quota-spent',
        `${origin} has no quota or credit left for this key (status ${status})${asksToWait(refusal)}. Once it has, start the ` +
          `same command again: a run goes on where it stopped.${said}`,
      )
    case 'filtered':
      return new TransportError(withheldCode, `${origin} refused the request: a content filter stepped in.${said}`)
    case 'moved':
    case 'wants-https':
      return movedError(refusal, server)
  }
  return new TransportError(requestRefusedCode, `${origin} refused the request (status ${status}).${said}`)
}

function quoted({ message }: Refusal): string {
  return message === '' ? '' : ` It says: ${message}`
}

function asksToWait({ waitMs }: Refusal): string {
  return waitMs === undefined ? '' : `, and asks to wait for ${(waitMs / 3_600_000).toFixed(1)} hours`
}

/** `cap` cannot be right where it is not below what was sent. */
function tooManyImages(origin: string, cap: number | undefined, images: number, kind: ServerKind): string {
  const taken = Math.max(0, Math.min(cap ?? Infinity, images - 1))
  const fix = `To allow for more, ${kind.moreImages(Math.max(images, 32))}`
  const takes =
    cap === undefined
      ? `${origin} takes fewer pictures a prompt than the ${images} of this one`
      : `${origin} takes ${taken} picture${taken === 1 ? '' : 's'} a prompt, and this one holds ${images}`
  return `${takes}. ${fix}${taken < 1 ? '.' : `; or let searches end at that many pictures with --max-images ${taken}.`}`
}

function imageFix(fault: ImageFault, { moreImageTokens }: ServerKind): string {
  switch (fault) {
    case 'too-large':
      return `It is too large: let views be smaller (eval --max-pixels 500000, say)${moreImageTokens === undefined ? '' : `, or ${moreImageTokens}`}.`
    case 'too-small':
      return 'It is too small: take a profile whose views are enlarged (--profile default), or a server with a lower bound.'
    case 'too-narrow':
      return 'It is too narrow for its length: crop the picture nearer to a square.'
    case 'unreadable':
      return 'It could not be read: views are sent as PNG or JPEG.'
  }
}

/** Another address would answer. */
export function movedError({ status }: Refusal, { base }: Pick<Server, 'base'>): UserError {
  if (status >= 300 && status < 400) {
    const message = `${base.origin} sends requests elsewhere (status ${status}). Give the base URL that it leads to.`
    return new UserError('endpoint-moved', message)
  }
  return new UserError(
    'endpoint-moved',
    `${base.host} wants https: give --base-url ${base.href.replace(/^http:/, 'https:')}.`,
  )
}

export function keyError(refusal: Refusal, { base, apiKeyEnv }: Server, kind: ServerKind): UserError {
  const fix =
    apiKeyEnv === undefined
      ? `Put your key into an environment variable, such as ${kind.keyEnv}, and name that with --api-key-env ${kind.keyEnv}.`
      : `Check the key in the environment variable ${apiKeyEnv}.`
  const message = `${base.origin} rejected the API key (status ${refusal.status}). ${fix}${quoted(refusal)}`
  return new UserError('api-key-refused', message)
}
