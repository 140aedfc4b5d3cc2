/**
 * Detects text that a trainer would not treat as text: picture marks and special tokens of chat models. Rows with such text cannot be
 * trained on faithfully. Pure.
 */
import { imageMark } from './training-row.ts'
import type { TrainingRow } from './training-row.ts'

/** Special tokens of common model families that rarely occur in ordinary text. */
const names = [
  // Media placeholders of trainers and chat templates.
  'image|img|video|audio|vid|IMG|IMAGE|VIDEO|AUDIO|IMG_CONTEXT|ImageHere|media',
  '(?:image|video|audio|img)[_-](?:pad|token|placeholder|newline|soft_token|start|end|id|break)',
  '(?:start|end)_of_(?:image|audio|video|turn|utterance|text)|(?:im|vision)_(?:start|end)',
  'global-img|fake_token_around_image|row_\\d+_col_\\d+|slice|tile|unit|ref|box|quad|point',
  // End of text and turn.
  's|bos|eos|pad|unk|mask|sep|cls|sop|eop|BOS_TOKEN|EOS_TOKEN|unused_?\\d+|endoftext',
].join('|')
const patterns = [
  /<\/?\|[^|<>\s]{1,64}\|>/, // <|im_end|>, <|image_1|>: Qwen, Llama, Phi, GPT, GLM, Kimi
  /<｜[^｜<>\s]{1,64}｜>/, // DeepSeek
  new RegExp(`</?(?:${names})>`),
  /<<\/?SYS>>|\[\/?(?:INST|IMG|IMG_BREAK|IMG_END|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS|SYSTEM_PROMPT)\]/, // Mistral
  /\[(?:gMASK|MASK|CLS|SEP|PAD|UNK)\]/,
]
const special = new RegExp(patterns.map(({ source }) => source).join('|'))

/** Why the row cannot be trained on, short enough to group by; undefined if it can. */
export function specialTextIn({ system, messages, images }: TrainingRow): string | undefined {
  const told = messages.flatMap(({ role, text }) => (role === 'user' ? [text] : []))
  const replies = messages.flatMap(({ role, text }) => (role === 'assistant' ? [text] : []))
  const marks = told.reduce((sum, text) => sum + text.split(imageMark).length - 1, 0)
  const others = [...told.map((text) => text.replaceAll(imageMark, ' ')), system, ...replies]
  const found = others.map((text) => special.exec(text)?.[0]).find((token) => token !== undefined)
  if (found !== undefined) return `the text contains ${found}`
  return marks === images.length ? undefined : `the text contains ${imageMark}`
}
