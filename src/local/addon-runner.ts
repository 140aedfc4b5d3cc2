/** Runs a model in the addon, in a child process: no server, no port. */
import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Completion, CompletionOptions, CompletionRequest } from '../endpoint/endpoint.ts'
import { AbortedError, ContextLengthError, contextLengthCode, MiniO3Error, TransportError } from '../shared/errors.ts'
import { kept } from './child.ts'
import { startLlama } from './llama-process.ts'
import type { LlamaProcess } from './llama-process.ts'
import type { ReplyProgress } from './orders.ts'
import { askedOf, completionOf } from './request.ts'
import type { Runner, ToRun } from './runner.ts'

/** Rejects with `llama-ended` if llama.cpp cannot read the files. */
export async function runInAddon(addon: string, run: ToRun): Promise<Runner> {
  const keptFolder = await mkdtemp(join(tmpdir(), 'mini-o3-local-'))
  const keptBytes = await keepableBytes(keptFolder)
  const forget = (): Promise<void> => rm(keptFolder, { recursive: true, force: true })
  const llama = await kept(() => startLlama({ kind: 'open', addon, keptFolder, keptBytes, ...run })).catch(
    async (error: unknown) => {
      await forget()
      throw error
    },
  )
  const { devices } = await llama.now()
  const { threads } = run
  const spent = { requests: 0, retries: 0, promptTokens: 0, replyTokens: 0, bytesSent: 0 }
  return {
    model: { id: run.model, contextLength: run.context },
    where: devices.length === 0 ? `${threads} thread${threads === 1 ? '' : 's'}` : devices.join(', '),
    card: devices.length > 0,
    async complete(request, options) {
      spent.requests++
      const completion = await ask(await llama.now(), request, options)
      spent.promptTokens += completion.usage?.promptTokens ?? 0
      spent.replyTokens += completion.usage?.replyTokens ?? 0
      return completion
    },
    spent: () => ({ ...spent }),
    async close() {
      await llama.close()
      await forget()
    },
  }
}

async function ask(
  llama: LlamaProcess,
  request: CompletionRequest,
  { signal, onNews }: CompletionOptions,
): Promise<Completion> {
  const onProgress = (progress: ReplyProgress): void => {
    if (progress.kind === 'reading') {
      const { tokens, kept: known } = progress
      const before = known === 0 ? '' : `, and has ${known.toLocaleString('en')} cached`
      onNews?.({ kind: 'waiting', why: `The model is reading ${tokens.toLocaleString('en')} tokens${before}.` })
      return
    }
    const { text, thinking } = progress
    if (thinking !== '') onNews?.({ kind: 'thinking', text: thinking })
    if (text !== '') onNews?.({ kind: 'text', text })
  }
  try {
    return completionOf(await llama.complete(await askedOf(request, onNews !== undefined), onProgress, signal), request)
  } catch (error) {
    if (!(error instanceof MiniO3Error)) throw error
    if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason })
    if (error.code === contextLengthCode) throw new ContextLengthError(error.message, { cause: error })
    throw error instanceof TransportError ? error : new TransportError(error.code, error.message, { cause: error })
  }
}

/** A quarter of the free disk space, up to a limit. */
async function keepableBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return Math.min((bavail * bsize) / 4, 16 * 2 ** 30)
}
