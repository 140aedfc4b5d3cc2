/** The model within the child process that runs llama.cpp: concurrent conversations, each continued from its cached prefix. */
import { z } from 'zod'
import { AbortedError, contextLengthCode, messageOf, MiniO3Error, throwIfAborted } from '../shared/errors.ts'
import { onAbort } from '../shared/deadline.ts'
import { parseJson } from '../shared/json.ts'
import { limiter } from '../shared/limiter.ts'
import { loadAddon } from './addon.ts'
import type { SampleOptions, CompletionResult, FormattedChat, LlamaContext, TokenEvent } from './addon.ts'
import { keepPrompts } from './kept-prompts.ts'
import type { CompleteOrder, LocalReply, OpenOrder } from './orders.ts'
import { countTokens } from './prompt-tokens.ts'
import type { PromptTokens } from './prompt-tokens.ts'

/** Batch size in tokens for reading prompts. */
const batch = 512
/** Minimum room for a reply: fewer tokens cannot hold a turn. */
const leastReply = 16

/** Progress of a reply. */
interface Listener {
  onReading(tokens: number, kept: number): void
  onText(text: string, thinking: string): void
}

export interface Llama {
  readonly devices: readonly string[]
  complete(order: CompleteOrder, listener: Listener, stop: AbortSignal): Promise<LocalReply>
}

export function openLlama(order: OpenOrder): Llama {
  const { addon, model, mmproj, context, slots, threads, imageTokens } = order
  const { LlamaContext } = loadAddon(addon)
  const llama = new LlamaContext({
    model,
    n_ctx: context * slots,
    n_parallel: slots,
    n_batch: batch,
    n_threads: threads,
    ctx_shift: false,
  })
  llama.initMultimodal({ path: mmproj, use_gpu: true, image_max_tokens: imageTokens })
  if (!llama.getMultimodalSupport().vision)
    throw new MiniO3Error('mmproj-blind', `${mmproj} is not a projector for pictures.`)
  llama.enableParallelMode({ n_parallel: slots, n_batch: batch })
  return { devices: llama.getUsedDevices(), complete: completer(llama, order) }
}

function completer(
  llama: LlamaContext,
  { context, slots, keptFolder, keptBytes, ...shape }: OpenOrder,
): Llama['complete'] {
  const kept = keepPrompts(keptFolder, keptBytes)
  const inSlot = limiter(slots)
  /** Prompts that are being read and will be cached. */
  const reading = new Map<string, Promise<void>>()

  async function complete(order: CompleteOrder, listener: Listener, stop: AbortSignal): Promise<LocalReply> {
    const chat = format(llama, order)
    const media = order.media.map(({ dataUrl }) => dataUrl)
    const tokenized = await llama.tokenize(chat.prompt, media)
    const tokens = countTokens(tokenized, order.media, shape)
    const room = context - tokens.all
    if (room < leastReply) {
      throw new MiniO3Error(
        contextLengthCode,
        `The conversation has ${tokens.all} tokens, but its context is ${context}. Make its views smaller with --max-pixels.`,
      )
    }
    const run = (load?: string, save?: string, onRead?: () => void): Promise<CompletionResult> => {
      const options = completionOptions(order, chat, media, room)
      const files = { ...(load && { load_state_path: load }), ...(save && { save_prompt_state_path: save }) }
      return queue(llama, { ...options, ...files }, stop, (event) => {
        onRead?.()
        if (order.live) tellText(event)
      })
    }
    const tellText = teller(chat, listener)
    // Reading text alone again takes almost no time.
    if (media.length === 0) return replyOf(await run(), order, room, tokens)

    const pictures = order.media.map(({ sha256 }) => sha256)
    const key = [...pictures, chat.prompt].join(' ')
    // There is no await between this check and the entry, so two conversations that start together do not both read the prompt.
    while (reading.has(key)) await reading.get(key)
    const save = kept.place()
    let onRead = (): void => {}
    const read = new Promise<void>((resolve) => (onRead = resolve))
    // The file is written before the first token.
    const keeping = read.then(() => kept.keep(chat.prompt, pictures, save)).finally(() => reading.delete(key))
    reading.set(key, keeping)
    const known = await kept.take(chat.prompt, pictures, tokenized.bitmap_hashes ?? [])
    const before = known === undefined ? 0 : tokens.throughPicture(known.pictures)
    listener.onReading(tokens.all - before, before)
    try {
      const result = await run(known?.path, save, () => onRead())
      return replyOf(failed(result) && known !== undefined ? await run() : result, order, room, tokens)
    } finally {
      onRead()
      await keeping
      if (known !== undefined) await kept.drop(known.path)
    }
  }

  return (order, listener, stop) => inSlot(() => complete(order, listener, stop), stop)
}

const chatMessages = z.array(z.looseObject({}))

function format(llama: LlamaContext, { messages, tools }: CompleteOrder): FormattedChat {
  try {
    return llama.getFormattedChat(chatMessages.parse(parseJson(messages)), undefined, {
      jinja: true,
      enable_thinking: true,
      reasoning_format: 'auto',
      ...(tools.length > 0 && { tools, tool_choice: 'auto' }),
    })
  } catch (cause) {
    const text = `The chat template of the model does not accept this conversation: ${messageOf(cause)}`
    throw new MiniO3Error('chat-template', text, { cause })
  }
}

/** Reports what is new; the addon passes the whole reply each time. */
function teller({ chat_format: read }: FormattedChat, { onText }: Listener): (event: TokenEvent) => void {
  let told = { text: 0, thinking: 0 }
  return ({ token, content: text = '', reasoning_content: thinking = '' }) => {
    if (read === 0) return onText(token, '')
    onText(text.slice(told.text), thinking.slice(told.thinking))
    told = { text: Math.max(told.text, text.length), thinking: Math.max(told.thinking, thinking.length) }
  }
}

function completionOptions(
  { temperature, topP, seed, maxTokens, stop }: CompleteOrder,
  chat: FormattedChat,
  media: readonly string[],
  room: number,
): SampleOptions {
  return {
    ...chat,
    media_paths: media,
    reasoning_format: 'auto',
    stop: [...stop, ...chat.additional_stops],
    n_predict: Math.min(maxTokens, room),
    seed,
    temperature,
    // Only the temperature is used, as for every server that accepts these fields. The addon's defaults for the last two would remove
    // the likeliest tokens in every tenth draw.
    top_p: topP,
    top_k: 0,
    min_p: 0,
    dry_multiplier: 0,
    xtc_probability: 0,
  }
}

function queue(
  llama: LlamaContext,
  options: SampleOptions,
  stop: AbortSignal,
  onToken: (event: TokenEvent) => void,
): Promise<CompletionResult> {
  let release = (): void => {}
  return new Promise<CompletionResult>((resolve, reject) => {
    throwIfAborted(stop)
    const { requestId } = llama.queueCompletion(options, (error, event) => {
      if (error !== null) reject(error)
      else if ('token' in event) onToken(event)
      else resolve(event)
    })
    release = onAbort(stop, () => {
      llama.cancelRequest(requestId)
      reject(new AbortedError())
    })
  }).finally(() => release())
}

function failed({ stopped_eos, stopped_limit, stopped_word, context_full }: CompletionResult): boolean {
  return !stopped_eos && !stopped_limit && !stopped_word && !context_full
}

function replyOf(
  result: CompletionResult,
  { maxTokens }: CompleteOrder,
  room: number,
  promptTokens: PromptTokens,
): LocalReply {
  if (failed(result)) throw new MiniO3Error('local-reply-failed', 'llama.cpp could not complete the request.')
  const { text, content = '', reasoning_content: thinking = '', tool_calls: toolCalls = [], timings } = result
  const cut = result.stopped_limit || result.context_full
  if (cut && room < maxTokens) {
    throw new MiniO3Error(contextLengthCode, 'The context was full before the reply ended.')
  }
  const understood = content !== '' || thinking !== '' || toolCalls.length > 0
  return {
    content: understood ? content : text,
    thinking,
    toolCalls,
    finish: cut ? 'length' : 'stop',
    promptTokens: promptTokens.all,
    cachedTokens: promptTokens.before(timings.cache_n),
    // The end mark is a token of the reply, too.
    replyTokens: timings.predicted_n + Number(result.stopped_eos),
  }
}
