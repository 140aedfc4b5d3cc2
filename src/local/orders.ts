/** Messages between the program and the child process that runs llama.cpp. */
import type { ToRun } from './runner.ts'

export interface OpenOrder extends ToRun {
  readonly kind: 'open'
  /** Path of the addon. */
  readonly addon: string
  /** Folder of the prompt cache, and its size limit in bytes. */
  readonly keptFolder: string
  readonly keptBytes: number
}

export interface Media {
  readonly sha256: string
  readonly dataUrl: string
  readonly width: number
  readonly height: number
}

export interface CompleteOrder {
  readonly kind: 'complete'
  readonly id: number
  /** JSON text of OpenAI messages, each picture a part of the type `media_marker`. */
  readonly messages: string
  readonly media: readonly Media[]
  readonly tools: readonly object[]
  readonly stop: readonly string[]
  readonly maxTokens: number
  readonly temperature: number
  readonly topP: number
  readonly seed: number
  /** Whether to report the reply while it is generated. */
  readonly live: boolean
}

export type Order = OpenOrder | CompleteOrder | { readonly kind: 'cancel'; readonly id: number }

export interface LocalReply {
  readonly content: string
  readonly thinking: string
  readonly toolCalls: readonly object[]
  readonly finish: 'stop' | 'length'
  readonly promptTokens: number
  readonly cachedTokens: number
  readonly replyTokens: number
}

/** Progress of a reply before it is complete. */
export type ReplyProgress = Extract<Note, { readonly kind: 'reading' | 'text' }>

export type Note =
  | { readonly kind: 'opened'; readonly devices: readonly string[] }
  /** It starts reading this many tokens of the prompt; the others are cached. */
  | { readonly kind: 'reading'; readonly id: number; readonly tokens: number; readonly kept: number }
  /** More of a reply. */
  | { readonly kind: 'text'; readonly id: number; readonly text: string; readonly thinking: string }
  | { readonly kind: 'done'; readonly id: number; readonly reply: LocalReply }
  | { readonly kind: 'failed'; readonly id?: number; readonly code: string; readonly message: string }

/** Stands for a picture in a prompt. */
export const mediaMarker = '<__media__>'
