/** What is known of each kind of OpenAI-compatible server, as data. */

export const serverKindNames = ['vllm', 'sglang', 'llamacpp', 'ollama', 'openai', 'gemini', 'generic'] as const
export type ServerKindName = (typeof serverKindNames)[number]

export interface ServerKind {
  readonly name: ServerKindName
}
