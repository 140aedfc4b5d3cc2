/** A model in llama.cpp, in the process that runs it: conversations at once, each as far as it is known from the turn before. */
import { contextLengthCode, MiniO3Error } from '../shared/errors.ts'
import { limiter } from '../shared/limiter.ts'
import { loadAddon } from './addon.ts'
import type { CompletionResult, FormattedChat, LlamaContext, TokenEvent } from './addon.ts'
import { keepPrompts } from './kept-prompts.ts'
import type { CompleteOrder, OpenOrder, LocalReply } from './orders.ts'
import { countTokens } from './prompt-tokens.ts'

/** Tokens that are read at once. */
const batch = 512
/** A reply for which there is less room is no turn. */
const leastReply = 16

export interface Llama {
  readonly devices: readonly string[]
  complete(
    order: CompleteOrder,
    onText: (text: string, thinking: string) => void,
    stop: AbortSignal,
  ): Promise<LocalReply>
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
  if (!llama.getMultimodalSupport().vision) throw new MiniO3Error('mmproj-blind', `${mmproj} sees no pictures.`)
  llama.enableParallelMode({ n_parallel: slots, n_batch: batch })
  return { devices: llama.getUsedDevices(), complete: completer(llama, order) }
}

function completer(
  llama: LlamaContext,
  { context, slots, mrope, keptFolder, keptBytes }: OpenOrder,
): Llama['complete'] {
  const kept = keepPrompts(keptFolder, keptBytes)
  const inSlot = limiter(slots)
  /** Prompts that are being read just now. */
  const reading = new Map<string, Promise<void>>()

  async function complete(
    order: CompleteOrder,
    onText: (text: string, thinking: string) => void,
    stop: AbortSignal,
  ): Promise<LocalReply> {
    stop.throwIfAborted()
    const chat = llama.getFormattedChat(JSON.parse(order.messages) as object[], undefined, {
      jinja: true,
      enable_thinking: true,
      reasoning_format: 'auto',
      ...(order.tools.length > 0 && { tools: order.tools, tool_choice: 'auto' }),
    })
    const media = order.media.map(({ dataUrl }) => dataUrl)
    const pictures = order.media.map(({ sha256 }) => sha256)
    const tokenized = await llama.tokenize(chat.prompt, media)
    const promptTokens = countTokens(tokenized, order.media, mrope)
    const room = context - promptTokens.all
    if (room < leastReply) {
      throw new MiniO3Error(contextLengthCode, `The conversation has ${promptTokens.all} tokens, of ${context}.`)
    }
    const names = tokenized.bitmap_hashes ?? []
    const save = pictures.length > 0 ? kept.place() : undefined
    const prompt = `${pictures.join()} ${chat.prompt}`
    await reading.get(prompt)
    const from = pictures.length > 0 ? await kept.take(chat.prompt, pictures, names) : undefined
    let read = (): void => {}
    if (save !== undefined) reading.set(prompt, new Promise((resolve) => (read = resolve)))
    const asked = (loaded: string | undefined): Promise<CompletionResult> =>
      run(llama, order, chat, { media, room, load: loaded, save }, stop, (event) => {
        read()
        onText(event.content ?? event.token, event.reasoning_content ?? '')
      })
    try {
      let result = await asked(from)
      if (failed(result) && from !== undefined) result = await asked(undefined)
      if (failed(result)) throw new MiniO3Error('local-reply-failed', 'llama.cpp could not complete the request.')
      if (save !== undefined) await kept.keep(chat.prompt, pictures, save)
      return replyOf(result, order, room, promptTokens)
    } catch (error) {
      if (save !== undefined) await kept.drop(save)
      throw error
    } finally {
      read()
      reading.delete(prompt)
      if (from !== undefined) await kept.drop(from)
    }
  }

  return (order, onText, stop) => inSlot(() => complete(order, onText, stop))
}

interface Run {
  readonly media: readonly string[]
  readonly room: number
  readonly load: string | undefined
  readonly save: string | undefined
}

function run(
  llama: LlamaContext,
  order: CompleteOrder,
  { prompt, additional_stops, ...chat }: FormattedChat,
  { media, room, load, save }: Run,
  stop: AbortSignal,
  onToken: (event: TokenEvent) => void,
): Promise<CompletionResult> {
  const { temperature, topP, seed, maxTokens } = order
  return new Promise((resolve, reject) => {
    const onEvent = (error: unknown, event: TokenEvent | CompletionResult): void => {
      if (error !== null) reject(error)
      else if ('token' in event) onToken(event)
      else resolve(event)
    }
    const options = {
      ...chat,
      prompt,
      additional_stops,
      media_paths: media,
      reasoning_format: 'auto',
      stop: [...order.stop, ...additional_stops],
      n_predict: Math.min(maxTokens, room),
      seed,
      temperature,
      // The temperature alone decides, as for every server that takes these. Left out, the last two would be on: the addon's own
      // values take out the likeliest tokens in every tenth draw.
      top_p: topP,
      top_k: 0,
      min_p: 0,
      dry_multiplier: 0,
      xtc_probability: 0,
      ...(load !== undefined && { load_state_path: load }),
      ...(save !== undefined && { save_prompt_state_path: save }),
    } as const
    stop.throwIfAborted()
    const { requestId } = llama.queueCompletion(options, onEvent)
    stop.addEventListener('abort', () => {
      llama.cancelRequest(requestId)
      reject(new MiniO3Error('aborted', 'Stopped.'))
    })
  })
}

function failed({ stopped_eos, stopped_limit, stopped_word, context_full }: CompletionResult): boolean {
  return !stopped_eos && !stopped_limit && !stopped_word && !context_full
}

function replyOf(
  result: CompletionResult,
  { maxTokens }: CompleteOrder,
  room: number,
  promptTokens: ReturnType<typeof countTokens>,
): LocalReply {
  const { text, content = '', reasoning_content: thinking = '', tool_calls: toolCalls = [], timings } = result
  const cut = result.stopped_limit || result.context_full
  if (cut && room < maxTokens) {
    throw new MiniO3Error(contextLengthCode, 'The reply did not fit into the context.')
  }
  const understood = content !== '' || thinking !== '' || toolCalls.length > 0
  return {
    content: understood ? content : text,
    thinking,
    toolCalls,
    finish: cut ? 'length' : 'stop',
    promptTokens: promptTokens.all,
    cachedTokens: promptTokens.before(timings.cache_n),
    replyTokens: timings.predicted_n,
  }
}
