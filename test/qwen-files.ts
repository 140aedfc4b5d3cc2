/**
 * The files of a vision-language model that never was: bytes as tokens, a few whole words, and the marks of the Qwen models
 * under their own ids. Small enough to be made in a test, and read by the same code as the real ones.
 */
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ModelFiles } from '../src/model/renderer/model-files.ts'

/** As in the tokenizers of Qwen2.5-VL and Qwen3-VL. */
export const ids = {
  endOfText: 151643,
  start: 151644,
  end: 151645,
  visionStart: 151652,
  visionEnd: 151653,
  imagePad: 151655,
}

const special = {
  '<|endoftext|>': ids.endOfText,
  '<|im_start|>': ids.start,
  '<|im_end|>': ids.end,
  '<|vision_start|>': ids.visionStart,
  '<|vision_end|>': ids.visionEnd,
  '<|image_pad|>': ids.imagePad,
}

/** Printable stand-ins for all bytes, as byte-level BPE has them. */
function byteSymbols(): string[] {
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173)
    return String.fromCharCode(printable ? byte : next++)
  })
}

const edges = { shortest_edge: 65_536, longest_edge: 16_777_216 }
const qwen3Pictures = { patch_size: 16, merge_size: 2, size: edges }

/** By the names of real chat templates in `chat-templates/`. */
export const qwenModels = {
  'qwen2.5-vl': {
    modelType: 'qwen2_5_vl',
    pictures: { patch_size: 14, merge_size: 2, min_pixels: 3136, max_pixels: 12845056 },
  },
  'qwen3-vl': { modelType: 'qwen3_vl', pictures: qwen3Pictures },
  'qwen3.5': { modelType: 'qwen3_5', pictures: qwen3Pictures },
  'qwen3.5-small': { modelType: 'qwen3_5', pictures: qwen3Pictures },
  'qwen3.6': { modelType: 'qwen3_5', pictures: qwen3Pictures },
  'qwen3.8': { modelType: 'qwen3_5', pictures: qwen3Pictures },
} as const
export type QwenModel = keyof typeof qwenModels

export function chatTemplateText(model: QwenModel): string {
  return readFileSync(join(import.meta.dirname, 'chat-templates', `${model}.jinja`), 'utf8')
}

/** `words` are tokens of their own, wherever they stand. Each merge joins two tokens that are there before it. */
export function qwenFiles(
  words: readonly string[] = [],
  merges: readonly (readonly [string, string])[] = [],
  model: QwenModel = 'qwen2.5-vl',
): ModelFiles {
  const pieces = [...byteSymbols(), ...merges.map(([a, b]) => a + b)]
  const vocab = Object.fromEntries(pieces.map((piece, id) => [piece, id]))
  const token = (content: string, id: number, isSpecial: boolean): object => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: isSpecial,
  })
  return {
    'tokenizer.json': {
      version: '1.0',
      added_tokens: [
        ...Object.entries(special).map(([content, id]) => token(content, id, true)),
        ...words.map((word, i) => token(word, 151657 + i, false)),
      ],
      normalizer: { type: 'NFC' },
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          {
            type: 'Split',
            pattern: {
              Regex:
                "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
            },
            behavior: 'Isolated',
            invert: false,
          },
          { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
        ],
      },
      post_processor: null,
      decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: '',
        end_of_word_suffix: '',
        fuse_unk: false,
        byte_fallback: false,
        vocab,
        merges,
      },
    },
    'tokenizer_config.json': {
      tokenizer_class: 'Qwen2Tokenizer',
      eos_token: '<|im_end|>',
      pad_token: '<|endoftext|>',
      chat_template: chatTemplateText(model),
    },
    'preprocessor_config.json': qwenModels[model].pictures,
    'config.json': { model_type: qwenModels[model].modelType },
  }
}

export async function writeQwenFiles(folder: string, files: ModelFiles): Promise<string> {
  await mkdir(folder, { recursive: true })
  const written = Object.entries(files).map(([name, file]: [string, object | string]) =>
    writeFile(join(folder, name), typeof file === 'string' ? file : JSON.stringify(file)),
  )
  await Promise.all(written)
  return folder
}
