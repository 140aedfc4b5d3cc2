/** The small model's prompt as chunks: its view, which takes as many positions as it has picture tokens, then the text. */
import { defaultConfig, imageTokens } from '../../model/config.ts'
import { special } from '../../model/tokenizer.ts'
import { encodePng } from '../../vision/encode.ts'
import type { Prompt } from '../engine.ts'
import type { Chunk } from './protocol.ts'

/** How a model is shown a prompt, and which tokens end its reply. */
export interface Renderer {
  render(prompt: Prompt): Promise<readonly Chunk[]>
  readonly endTokens: readonly number[]
}

export const embeddedRenderer: Renderer = {
  endTokens: [special.end],
  render: async ({ view, tokens }) => [
    // Without loss: what is sampled from and what is trained on are the same pixels.
    { type: 'image', data: await encodePng(view), format: 'png', expected_tokens: imageTokens(defaultConfig) },
    { type: 'encoded_text', tokens },
  ],
}
