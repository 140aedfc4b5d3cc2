/**
 * Classifies refusals of any server, by code and then by message. Sentences are analysed for what exceeds (tokens, pictures, bytes,
 * pixels) which limit, because no two servers use the same wording. Pure.
 */
import { limitIn, plainNumbers, roomIn, sentencesOf } from './amounts.ts'
import { causeOfCode } from './codes.ts'
import type { Cause } from './codes.ts'
import type { Refusal } from './read-refusal.ts'
import { says } from './words.ts'

export { readRefusal } from './read-refusal.ts'
export type { Refusal } from './read-refusal.ts'

export type Meaning =
  | { readonly kind: 'key' | 'quota' | 'busy' | 'filtered' | 'model-unknown' | 'no-pictures' | 'no-tools' }
  | { readonly kind: 'request-too-large' | 'image-miss' | 'wants-https' | 'moved' | 'no-endpoint' | 'unknown' }
  /** `cap`: the limit on pictures per prompt, if stated. */
  | { readonly kind: 'too-many-images'; readonly cap?: number }
  | { readonly kind: 'image-unfit'; readonly fault: ImageFault }
  /** `room`: tokens left for a reply; `reply`: whether a shorter reply may fit. */
  | { readonly kind: 'too-long'; readonly room?: number; readonly limit?: number; readonly reply: boolean }
  /** More reply tokens were requested than the model allows; `cap`: its limit. */
  | { readonly kind: 'reply-cap'; readonly cap?: number }

export type ImageFault = 'too-large' | 'too-small' | 'too-narrow' | 'unreadable'

export function meaningOf(refusal: Refusal): Meaning {
  const { status, code } = refusal
  const coded = causeOfCode(code)
  const text = plainNumbers(refusal.message)
  if (status >= 300 && status < 400) return { kind: 'moved' }
  if (says.wantsHttps.test(text)) return { kind: 'wants-https' }
  if (says.imageMiss.test(text)) return { kind: 'image-miss' }
  if (coded === 'filtered' || (coded === undefined && isFiltered(refusal, text))) return { kind: 'filtered' }
  if (status === 429 && says.throttledQuota.test(text)) return { kind: 'busy' }
  if (coded === 'quota' || isQuotaSpent(refusal, text)) return { kind: isBrief(refusal.waitMs) ? 'busy' : 'quota' }
  if (coded === 'key' || status === 401 || (status < 500 && says.key.test(text))) return { kind: 'key' }
  if (isModelUnknown(refusal)) return { kind: 'model-unknown' }
  const cap = imageCap(refusal)
  if (cap === 0) return { kind: 'no-pictures' }
  if (cap !== undefined || coded === 'too-many-images' || says.tooManyImages.test(text)) {
    return { kind: 'too-many-images', ...(cap !== undefined && { cap }) }
  }
  const fault = faultOfCode(coded) ?? imageFault(refusal, text)
  if (fault !== undefined) return { kind: 'image-unfit', fault }
  if (coded === 'no-pictures' || isWithoutPictures(text)) return { kind: 'no-pictures' }
  if (coded === 'no-tools' || says.noTools.test(text)) return { kind: 'no-tools' }
  if (isTooLong(refusal)) return tooLong(refusal, text)
  const replyCap = replyCapOf(refusal, text)
  if (replyCap !== undefined) return replyCap
  return byStatus(refusal, coded, text)
}

function byStatus({ status, waitMs }: Refusal, coded: string | undefined, text: string): Meaning {
  if (coded === 'request-too-large' || status === 413 || says.tooManyBytes.test(text))
    return { kind: 'request-too-large' }
  if (coded === 'busy' || status === 429 || says.busy.test(text)) {
    return { kind: waitMs === undefined || isBrief(waitMs) ? 'busy' : 'quota' }
  }
  if (status === 402) return { kind: 'quota' }
  if (status === 403) return { kind: 'key' }
  if (status === 404) return { kind: 'no-endpoint' }
  return { kind: 'unknown' }
}

/** A longer wait means that a daily quota is used up. */
const longestBriefWaitMs = 3_600_000

function isBrief(waitMs: number | undefined): boolean {
  return waitMs !== undefined && waitMs <= longestBriefWaitMs
}

function isFiltered({ status }: Refusal, text: string): boolean {
  return status !== 401 && status !== 404 && status !== 429 && says.filtered.test(text)
}

function isQuotaSpent({ status }: Refusal, text: string): boolean {
  return (
    [400, 402, 403, 429].includes(status) && (says.quotaSpent.test(text) || (status !== 400 && says.perDay.test(text)))
  )
}

/** Statuses of refusals about the request itself. 429 only if waiting cannot help. */
const aboutRequest = new Set([400, 403, 404, 413, 422, 500, 501, 502])

/** Whether the conversation, or a picture in it, has more tokens than fit. */
export function isTooLong({ status, message, code }: Refusal): boolean {
  const text = plainNumbers(message)
  const neverFits = says.neverFits.test(text)
  if (!aboutRequest.has(status) && !(status === 429 && neverFits)) return false
  const coded = causeOfCode(code)
  if (coded === 'too-long') return true
  if (says.rate.test(text) && !neverFits) return false
  return neverFits || says.encoderCache.test(text) || sentencesOf(text).some(isLengthSentence)
}

function isLengthSentence(sentence: string): boolean {
  if (says.notLength.test(sentence)) return false
  if (says.context.test(sentence) && says.excess.test(sentence)) return true
  if (says.replyTokens.test(sentence) && !says.prompt.test(sentence)) return false
  if (says.replyTokensSet.test(sentence) && !says.prompt.test(withoutAsking(sentence))) return false
  return (
    says.promptTooLong.test(sentence) ||
    (says.tokens.test(sentence) && says.prompt.test(sentence) && says.excess.test(sentence))
  )
}

/** Without the words for what was asked for, and those with which pydantic speaks of any field. */
function withoutAsking(sentence: string): string {
  return sentence.replaceAll(/\brequest(?:s|ed)?\b|\binput should be\b/g, '')
}

function tooLong(refusal: Refusal, text: string): Meaning {
  const room = roomLeft(refusal)
  const limit = limitIn(text)
  // A context of 0 is what remains besides the requested reply (vLLM 0.15).
  const reply = room !== undefined || limit === 0 || says.replyTokens.test(text)
  return { kind: 'too-long', reply, ...(room !== undefined && { room }), ...(limit !== undefined && { limit }) }
}

/** Tokens left for a reply, if a refusal for length states context and prompt exactly. */
export function roomLeft({ message }: Refusal): number | undefined {
  return roomIn(plainNumbers(message))
}

/** The picture limit, if the refusal is about too many pictures and states it. */
export function imageCap({ status, message }: Refusal): number | undefined {
  const text = plainNumbers(message)
  if (status === 429 || says.rate.test(text) || says.encoderCache.test(text)) return undefined
  // vLLM 0.7 quotes its flag and value.
  const flag = /limit[-_]mm/.test(text) ? /image['"]?\s?[=:]\s?(\d{1,6})/.exec(text)?.[1] : undefined
  if (flag !== undefined) return Number(flag)
  if (says.oneImage.test(text)) return 1
  const sentences = sentencesOf(text)
  for (const [at, sentence] of sentences.entries()) {
    if (!says.imageCount.test(sentence)) continue
    const next = sentences[at + 1] ?? ''
    const cap = limitIn(sentence) ?? (says.ofSomethingElse.test(next) ? undefined : limitIn(next))
    if (cap !== undefined) return cap
  }
  return undefined
}

function faultOfCode(coded: Cause | undefined): ImageFault | undefined {
  if (coded === 'image-too-large') return 'too-large'
  if (coded === 'image-too-small') return 'too-small'
  return coded === 'image-unreadable' ? 'unreadable' : undefined
}

function imageFault({ status }: Refusal, text: string): ImageFault | undefined {
  if (says.encoderCache.test(text)) return 'too-large'
  if (!says.image.test(text) && !says.shape.test(text)) return undefined
  for (const sentence of sentencesOf(text)) {
    // A 5xx for a picture may be temporary.
    if (status < 500 && says.imageUnreadable.test(sentence)) return 'unreadable'
    if (says.aspectRatio.test(sentence) && (says.excess.test(sentence) || /extreme|invalid/.test(sentence)))
      return 'too-narrow'
    if (!says.imageSize.test(sentence)) continue
    if (says.tooSmall.test(sentence)) return 'too-small'
    if (says.excess.test(sentence)) return 'too-large'
  }
  return undefined
}

/** Whether no picture is read at all, rather than some. */
function isWithoutPictures(text: string): boolean {
  return sentencesOf(text).some((sentence) => says.noPictures.test(sentence) && !says.somePictures.test(sentence))
}

/** The refusal is not about the prompt: the model never writes as many tokens as requested. */
function replyCapOf({ status }: Refusal, text: string): Meaning | undefined {
  if (!aboutRequest.has(status) || says.rate.test(text)) return undefined
  const sentence = sentencesOf(text).find((one) => says.replyTokens.test(one))
  if (sentence === undefined || !says.excess.test(sentence) || says.tooSmall.test(sentence)) return undefined
  const cap = limitIn(text)
  return { kind: 'reply-cap', ...(cap !== undefined && { cap }) }
}

export function isModelUnknown({ status, message, code }: Refusal): boolean {
  const coded = causeOfCode(code)
  if (coded !== undefined && coded !== 'busy') return coded === 'model-unknown'
  return [400, 403, 404, 422, 500].includes(status) && says.modelUnknown.test(message) && !says.busy.test(message)
}

/** Includes `tools`: without them a model with native calls would silently stop searching. */
const neverDropped = new Set(['tools', 'model', 'messages'])

/** Which of the sent fields the server does not support. */
export function refusedFields({ status, message, param, code }: Refusal, sent: readonly string[]): string[] {
  if (![400, 404, 422, 500, 501].includes(status)) return []
  if (!says.unsupported.test(message) && !/\bun(?:supported|known|recognized)_/i.test(code)) return []
  const droppable = sent.filter((name) => !neverDropped.has(name))
  if (droppable.includes(param)) return [param]
  const named = droppable.filter((name) => new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(message))
  // If two fields exclude each other, one may stay.
  return /\b(?:both|simultaneously|at the same time)\b/i.test(message) ? named.slice(-1) : named
}
