import { describe, expect, test } from 'vitest'
import { tinyVlm } from '../../test/tiny-vlm.ts'
import { decodeTokens, encodeText, special } from '../model/tokenizer.ts'
import { profiles } from '../protocol/profile.ts'
import { addSums, lengthReader, partFigures, partMeans, partReader, sumByPart } from './token-parts.ts'

/** A text and the part of each of its characters, as `t`hought, `b`ox, `s`ource, `a`nswer or `-`. */
function lettersOf(
  text: string,
  tokens: readonly number[],
  read: ReturnType<typeof partReader>,
  decode: (of: readonly number[]) => string,
): string {
  const parts = read(tokens)
  expect(parts).toHaveLength(tokens.length)
  const letters = tokens.map((token, i) => (parts[i] === 'form' ? '-' : parts[i]![0]!).repeat(decode([token]).length))
  expect(tokens.map((token) => decode([token])).join('')).toBe(text)
  return letters.join('')
}

test('tokens that share a character: the last one has it', () => {
  const { encode, decode } = tinyVlm.tokenizer
  const text = 'a 中 b'
  const tokens = encode(text)
  const lengths = lengthReader(decode)([...tokens, tinyVlm.end])
  expect(lengths).toHaveLength(tokens.length + 1)
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(text.length)
  // Three bytes, a token each.
  expect(lengths.join()).toContain('0,0,1')
  expect(lengths.at(-1)).toBe(0)
})

describe('the part of each token', () => {
  test('of a large model, a byte a token where it has no word for it', () => {
    const { encode, decode } = tinyVlm.tokenizer
    const read = partReader(profiles['official-train'], decode)
    const pieces = [
      ['<think>', '-'],
      ['see 7', 't'],
      ['</think><grounding>{"bbox_2d": ', '-'],
      ['[0, 0, 1, 1]', 'b'],
      [', "source": ', '-'],
      ['"original_image"', 's'],
      ['}</grounding>', '-'],
    ] as const
    const text = pieces.map(([piece]) => piece).join('')
    const expected = pieces.map(([piece, letter]) => letter.repeat(piece.length)).join('')
    expect(lettersOf(text, encode(text), read, decode)).toBe(expected)
    const answer = '<think>look</think><answer>3</answer>'
    expect(read([...encode(answer), tinyVlm.end])).toEqual([
      'form',
      'thought',
      'form',
      'form',
      'answer',
      'form',
      'form',
    ])
  })

  test('tokens that share a character count to the part that holds it', () => {
    const { encode, decode } = tinyVlm.tokenizer
    const read = partReader(profiles['official-train'], decode)
    const tokens = encode('<think>größe 木</think><answer>木</answer>')
    const parts = read(tokens)
    expect(parts.filter((part) => part === 'answer')).toHaveLength(3)
    expect(parts.filter((part) => part === 'thought')).toHaveLength(Buffer.byteLength('größe 木'))
    // Broken characters are text, too.
    expect(read([...tokens.slice(0, 4), 0xff, 0xfe])).toHaveLength(6)
  })

  test('of the small model', () => {
    const text =
      '<think>not it. zoom in.</think><grounding>{"bbox_2d": [0.25, 0.25, 0.5, 0.5], "source": "original_image"}</grounding>'
    const tokens = encodeText(text)
    const parts = partReader(profiles.embedded, decodeTokens)([...tokens, special.end])
    const said = (part: string): string => decodeTokens(tokens.filter((_, i) => parts[i] === part))
    expect(said('source')).toContain('original_image')
    expect(said('box')).toMatch(/0\.25.*0\.5/)
    expect(said('answer')).toBe('')
    expect(parts.at(-1)).toBe('form')
  })
})

test('figures by part: shares of tokens, means of what is told of them', () => {
  const sums = addSums([
    sumByPart([{ parts: ['thought', 'thought', 'form'], values: [-1, -2, -0.5] }]),
    sumByPart([{ parts: ['thought', 'answer'], values: [-3, 0] }]),
  ])
  expect(partFigures(sums)).toEqual({
    thought: { share: 0.6, logprob: -2 },
    answer: { share: 0.2, logprob: 0 },
    form: { share: 0.2, logprob: -0.5 },
  })
  expect(partMeans(sums)).toEqual({ thought: -2, answer: 0, form: -0.5 })
  expect(partFigures(addSums([]))).toEqual({})
})
