/**
 * Any VLM behind an OpenAI-compatible server as a `Policy`: each session is one conversation that only grows, kept as it was
 * sent and received.
 */
import type { Endpoint } from '../../endpoint/endpoint.ts'
import type { Profile } from '../../protocol/profile.ts'
import { MiniO3Error } from '../../shared/errors.ts'
import type { Message, Policy } from '../policy.ts'

/** A search that stands in the conversation before the question, to be imitated: its messages and the raw replies to them. */
export interface Shot {
  readonly exchanges: readonly { readonly message: Message; readonly reply: string }[]
}

export interface ChatPolicyOptions {
  readonly endpoint: Endpoint
  readonly model: string
  /** Says how turns are written: where a reply halts, and which functions are declared. */
  readonly profile: Profile
  readonly temperature?: number
  readonly topP?: number
  /** Tokens of one turn; default 8192. */
  readonly maxTokens?: number
  /** Exemplars for the conversation with this seed. */
  readonly shots?: (seed: number) => readonly Shot[]
}

export function chatPolicy(options: ChatPolicyOptions): Policy {
  return {
    name: `chat:${options.model}`,
    open: () => {
      throw new MiniO3Error('chat-policy', 'not there yet')
    },
  }
}
