/** A prompt as chunks of the protocol, and how many positions it takes, which is known before any picture is encoded. */
import { defaultConfig, patchTokens } from '../../model/config.ts'
import { encodePng } from '../../vision/encode.ts'
import type { Prompt, PromptChunk } from '../engine.ts'
import type { Chunk } from './protocol.ts'

/** Text that stands together becomes one chunk. */
export async function wireChunks(prompt: Prompt): Promise<Chunk[]> {
  return joined(await Promise.all(prompt.map(wireChunk)))
}

async function wireChunk(chunk: PromptChunk): Promise<Chunk> {
  if (chunk.kind === 'text') return { type: 'encoded_text', tokens: chunk.tokens }
  if (chunk.kind === 'image') {
    return { type: 'image', data: await chunk.bytes(), format: chunk.format, expected_tokens: chunk.tokens }
  }
  // Without loss: what is sampled from and what is trained on are the same pixels.
  return {
    type: 'image',
    data: await encodePng(chunk.view),
    format: 'png',
    expected_tokens: patchTokens(defaultConfig),
  }
}

function joined(chunks: readonly Chunk[]): Chunk[] {
  const whole: Chunk[] = []
  for (const chunk of chunks) {
    const last = whole.at(-1)
    if (chunk.type === 'encoded_text' && chunk.tokens.length === 0) continue
    if (chunk.type === 'encoded_text' && last?.type === 'encoded_text') {
      whole[whole.length - 1] = { type: 'encoded_text', tokens: [...last.tokens, ...chunk.tokens] }
    } else whole.push(chunk)
  }
  return whole
}

export function hasPictures(prompt: Prompt): boolean {
  return prompt.some(({ kind }) => kind !== 'text')
}

/** A picture file of a vision-language model takes about this many bytes for each of its tokens (some 800 pixels, as JPEG). */
const bytesPerImageToken = 400

/** Bytes of a prompt on the wire, roughly, before its pictures are encoded. */
export function promptBytes(prompt: Prompt): number {
  return prompt.reduce((sum, chunk) => {
    if (chunk.kind === 'view') return sum + chunk.view.width * chunk.view.height * 3
    return sum + (chunk.kind === 'image' ? chunk.tokens * bytesPerImageToken : chunk.tokens.length * 10)
  }, 0)
}
