/**
 * Adapts a request after a refusal: fewer reply tokens, earlier replies in another form, without an unsupported field, without
 * streaming, or with a full picture instead of its id. At most four times per request, so that no wording causes a loop.
 */
import type { CompletionRequest } from '../endpoint.ts'
import { refusedFields } from '../refusal/refusal.ts'
import type { Meaning, Refusal } from '../refusal/refusal.ts'
import { asItCame } from './encode-reply.ts'
import type { ReplyForms } from './encode-reply.ts'
import { nextForms } from './reply-forms.ts'
import type { Habits, RequestBody } from './request-body.ts'

const maxAdaptations = 4

/** The smallest reply limit to try near the end of the context; with less room the conversation is too long. */
const leastReply = 256

/** Number of picture ids remembered; servers cache fewer. */
const maxHeldImages = 65_536

/** What was learnt about one server, shared by all requests. */
export interface Learnt {
  /** Fields that it refuses. */
  readonly dropped: Set<string>
  /** Reply limits by model, if the model allows fewer tokens than requested. */
  readonly replyCaps: Map<string, number>
  readonly pictures: PictureMemory
  /** The form in which it accepts its own replies. */
  replyForms: ReplyForms
  /** Whether it has accepted a request with stop strings. */
  stopTaken: boolean
  /** Whether it has streamed a reply. */
  streamTaken: boolean
}

export function nothingLearnt(): Learnt {
  return {
    dropped: new Set(),
    replyCaps: new Map(),
    pictures: pictureMemory(),
    replyForms: asItCame,
    stopTaken: false,
    streamTaken: false,
  }
}

/** A request in the form that the server is expected to accept. */
export interface Form {
  // Functions and not getters: V8 keeps what a getter of an object literal refers to until a full garbage collection.
  asked(): CompletionRequest
  habits(): Habits
  /** Whether there is another form to try; if so, switches to it. `tries`: number of failed attempts. */
  adapt(refusal: Refusal, meaning: Meaning, body: RequestBody, tries: number): boolean
  /** The stream of the reply was unreadable: request it without streaming. */
  streamFailed(): void
  /** The form was accepted: remember it for later requests. */
  taken(body: RequestBody): void
}

export function formOf(request: CompletionRequest, learnt: Learnt): Form {
  const { dropped, replyCaps, pictures } = learnt
  const { model } = request
  let maxTokens = request.maxTokens
  if (maxTokens !== undefined) maxTokens = Math.min(maxTokens, replyCaps.get(model) ?? maxTokens)
  let byId = true
  let withoutStop = false
  let withoutStream = false
  let adaptations = 0
  let capped = false

  function shorter(meaning: Meaning): number | undefined {
    if (maxTokens === undefined) return undefined
    const half = Math.floor(maxTokens / 2)
    if (meaning.kind === 'reply-cap') return meaning.cap !== undefined && meaning.cap < maxTokens ? meaning.cap : half
    if (meaning.kind !== 'too-long' || !meaning.reply) return undefined
    // A count that did not help the first time is not trusted again.
    const room = adaptations === 0 ? meaning.room : undefined
    const fewer =
      room !== undefined && room < maxTokens ? room : Math.min(half, Math.floor((meaning.limit || maxTokens) / 2))
    return fewer >= leastReply ? fewer : undefined
  }

  function another(refusal: Refusal, meaning: Meaning, body: RequestBody, tries: number): boolean {
    const fewer = shorter(meaning)
    if (fewer !== undefined && fewer >= 1) {
      maxTokens = fewer
      capped ||= meaning.kind === 'reply-cap'
      return true
    }
    const unclear = meaning.kind === 'unknown' || meaning.kind === 'no-pictures' || meaning.kind === 'no-tools'
    // mlx-lm answers with 404 where the chat template fails.
    const form = unclear || meaning.kind === 'no-endpoint'
    const forms = form ? nextForms(refusal, learnt.replyForms, request.messages) : undefined
    if (forms !== undefined) {
      learnt.replyForms = forms
      return true
    }
    const fields = unclear ? refusedFields(refusal, body.fields) : []
    for (const field of fields) dropped.add(field)
    if (fields.length > 0) return true
    const forgotten = meaning.kind === 'image-miss'
    if (body.imagesById > 0 && byId && (forgotten || unclear || meaning.kind === 'image-unfit')) {
      byId = false
      pictures.missed(body.images, forgotten || refusal.status === 500)
      return true
    }
    const streamed = body.fields.includes('stream')
    if (streamed && unclear && /\bstream/i.test(`${refusal.message} ${refusal.code}`)) return (withoutStream = true)
    // Some servers always respond to streaming or stop strings with a bare 500.
    if (meaning.kind !== 'unknown' || refusal.status !== 500 || tries === 0) return false
    if (streamed && !learnt.streamTaken) return (withoutStream = true)
    if (withoutStop || learnt.stopTaken || !body.fields.includes('stop')) return false
    withoutStream = false
    return (withoutStop = true)
  }

  return {
    asked: () => ({ ...request, maxTokens }),
    habits: () => ({
      dropped: new Set([...dropped, ...(withoutStop ? ['stop'] : []), ...(withoutStream ? ['stream'] : [])]),
      heldImages: byId ? pictures.held : nothing,
      replyForms: learnt.replyForms,
    }),
    adapt(refusal, meaning, body, tries) {
      if (adaptations >= maxAdaptations || !another(refusal, meaning, body, tries)) return false
      adaptations++
      return true
    },
    streamFailed: () => void (withoutStream = true),
    taken(body) {
      pictures.took(body.images)
      if (withoutStop) dropped.add('stop')
      if (withoutStream) dropped.add('stream')
      if (body.fields.includes('stream')) learnt.streamTaken = true
      if (capped && maxTokens !== undefined) replyCaps.set(model, maxTokens)
      if (body.fields.includes('stop')) learnt.stopTaken = true
    },
  }
}

const nothing: ReadonlySet<string> = new Set()

/** Tracks the pictures that a server may have cached. If that is wrong more often than right, ids are no longer used. */
interface PictureMemory {
  readonly held: ReadonlySet<string>
  took(images: readonly string[]): void
  /** `forgotten`: the server supports ids but no longer has these pictures; otherwise it does not support ids. */
  missed(images: readonly string[], forgotten: boolean): void
}

function pictureMemory(): PictureMemory {
  const held = new Set<string>()
  let hits = 0
  let misses = 0
  const worthIt = (): boolean => misses <= 3 + hits / 4
  return {
    held,
    took(images) {
      if (!worthIt()) return
      if (images.some((image) => held.has(image))) hits++
      if (held.size > maxHeldImages) held.clear()
      for (const image of images) held.add(image)
    },
    missed(images, forgotten) {
      misses += forgotten ? 1 : Number.POSITIVE_INFINITY
      for (const image of images) held.delete(image)
      if (!worthIt()) held.clear()
    },
  }
}
