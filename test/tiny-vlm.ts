/**
 * A vision-language model as small as can be: turns are well formed, and random where it matters, in whether it looks or answers
 * and in what it answers.
 */
import { chatModel } from '../src/model/renderer/chat-model.ts'
import { type Bigram, createBigram } from './bigram.ts'
import { ids, qwenFiles } from './qwen-files.ts'

const call = '{"bbox_2d": [0, 0, 0.5, 0.5], "source": "original_image"}'
const words = ['<think>', 'look', '</think>', '<grounding>', call, '</grounding>', '<answer>', '</answer>']

export const tinyVlmFiles = qwenFiles(words)
export const tinyVlm = chatModel(tinyVlmFiles)

const { encode } = tinyVlm.tokenizer
const only = (text: string): number => encode(text)[0]!

const likely = [
  ['\n', '<think>'],
  ['<think>', 'look'],
  ['look', '</think>'],
  ['</think>', '<grounding>'],
  ['</think>', '<answer>'],
  ['<grounding>', call],
  [call, '</grounding>'],
  ['<answer>', '3'],
  ['<answer>', '7'],
  ['3', '</answer>'],
  ['7', '</answer>'],
].map(([before, token]) => [only(before!), only(token!)] as const)
const ends = ['</grounding>', '</answer>'].map((tag) => [only(tag), tinyVlm.end] as const)

/** Before any training. */
export function freshBigram(): Bigram {
  const vocabulary = [...Array(256).keys(), ...Object.values(ids), ...words.map(only)]
  return createBigram(vocabulary, tinyVlm.end, [...likely, ...ends])
}
