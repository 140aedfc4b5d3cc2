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
  '(?:image|video|audio|img)[_-](?:pad|token|placeholder|newline|soft_token|start|end|id|break|atom)',
  '(?:start|end)_of_(?:image|audio|video|turn|utterance|text)|(?:im|vision)_(?:start|end|patch|col|low)',
  'global-img|fake_token_around_image|row_\\d+_col_\\d+|slice|tile|unit|ref|box|quad|point|bbox|ref-object',
  'loc_?\\d{1,4}|seg\\d{3}|extra_id_\\d+|reserved_?\\d+|SPECIAL_\\d+|fim_[a-z]+|seed:[a-z_]+',
  // End of text and turn.
  's|bos|eos|pad|unk|mask|sep|cls|sop|eop|BOS_TOKEN|EOS_TOKEN|unused_?\\d+|endoftext',
].join('|')
const patterns = [
  /<\/?[|｜](?!\s)[^|｜<>\n]{1,64}(?<!\s)[|｜]>/, // <|im_end|>, <|visual token 7|>, <｜User｜>: Qwen, Llama, Phi, GPT, GLM, Kimi, DeepSeek
  /<\/?[|｜][^|｜<>\s]{1,64}>|<\/?[^|｜<>\s]{1,64}[|｜]>/, // <|turn>, <turn|>: Gemma 4
  /\]<\][^[\]<>\n]{1,64}\[>\[/, // ]<]image[>[: MiniMax
  new RegExp(`</?(?:${names})>`),
  /<<\/?SYS>>|\[\/?(?:INST|IMG|THINK|ARGS|AUDIO|(?:IMG|TOOL|AVAILABLE|CALL|SYSTEM|BEGIN|MODEL)_[A-Z]+)\]/, // Mistral
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
