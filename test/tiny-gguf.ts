/**
 * A Qwen2.5-VL in two files of a megabyte together, for llama.cpp: made, not trained, in a blink and the same each time. Its output
 * layer says which token may follow which, so it writes what the test wants; where several may follow, random attention to the
 * pictures and texts before decides, or at a temperature chance.
 */
import { join } from 'node:path'
import { random } from '../src/shared/random.ts'
import { bf16Bytes, f32Bytes, writeGguf } from './write-gguf.mjs'
import type { Tensor } from './write-gguf.d.mts'

/** What may follow each piece of text; a reply begins at `begin`, and `end` ends it. */
export type Follows = Readonly<Record<string, readonly string[]>>

const zooms = [0.5, 0.625, 0.75, 0.875].map(
  (corner) => `<grounding>{"bbox_2d": [0.25, 0.25, ${corner}, ${corner}], "source": "original_image"}`,
)
const answers = Array.from({ length: 10 }, (_, digit) => `<answer>${digit}</answer>`)

/** Thinks, and zooms or answers; it goes on behind the call, as models do that are not stopped. */
export const searching: Follows = {
  begin: ['<think>I look.</think>'],
  '<think>I look.</think>': [...zooms, ...answers],
  ...Object.fromEntries(zooms.map((zoom) => [zoom, ['</ground']])),
  '</ground': ['ing>'],
  'ing>': [' and on'],
  ' and on': ['end'],
  ...Object.fromEntries(answers.map((answer) => [answer, ['end']])),
}

/** Never ends. */
export const talking: Follows = { begin: ['word '], 'word ': ['word ', 'and '], 'and ': ['word '] }

export interface TinyModel {
  readonly model: string
  readonly mmproj: string
}

const specials = ['<|endoftext|>', '<|im_start|>', '<|im_end|>', '<|vision_start|>', '<|vision_end|>', '<|image_pad|>']
const [bos, , end] = [0, 1, 2].map((index) => 256 + index)
/** Of ChatML: what stands in front of a reply ends with this. */
const lineEnd = 10
const heads = 4
const ffn = 64
/** Of the model that sees. */
const eye = { width: 32, heads: 2, ffn: 32, patch: 14, merged: 128, blocks: 2 }

export async function writeTinyGguf(folder: string, follows: Follows = searching, context = 8192): Promise<TinyModel> {
  const pieces = [...new Set(Object.entries(follows).flatMap(([piece, next]) => [piece, ...next]))].filter(
    (piece) => piece !== 'begin' && piece !== 'end',
  )
  const byteTokens = Array.from({ length: 256 }, (_, byte) => visible(byte))
  const tokens = [...byteTokens, ...specials, ...pieces, 'in']
  const idOf = (piece: string): number =>
    piece === 'begin' ? lineEnd : piece === 'end' ? (end ?? 0) : tokens.indexOf(piece)
  // One number for each token, and more than enough of them for the positions in a picture.
  const width = Math.ceil(tokens.length / 64) * 64
  const files = { model: join(folder, 'tiny.gguf'), mmproj: join(folder, 'mmproj-tiny.gguf') }
  await writeGguf(
    files.model,
    describe(tokens, pieces.length, width, context),
    languageTensors(tokens.length, width, follows, idOf),
  )
  await writeGguf(files.mmproj, describeEyes(width), eyeTensors(width))
  return files
}

/** As byte-level vocabularies write a byte. */
function visible(byte: number): string {
  const plain = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
  if (plain) return String.fromCharCode(byte)
  const rank = byte <= 32 ? byte : byte <= 160 ? byte - 127 + 33 : 67
  return String.fromCharCode(256 + rank)
}

const template = `{%- macro said(content) -%}
{%- if content is string -%}{{ content }}
{%- else -%}
{%- for part in content or [] -%}{%- if part.type == 'text' -%}{{ part.text }}{%- else -%}<|image_pad|>{%- endif -%}{%- endfor -%}
{%- endif -%}
{%- endmacro -%}
{%- if tools -%}
<|im_start|>system
Tools, to be called as <tool_call>{"name": ..., "arguments": ...}</tool_call>:
{% for tool in tools %}{{ tool | tojson }}
{% endfor %}<|im_end|>
{% endif -%}
{%- for message in messages -%}
<|im_start|>{{ message.role }}
{{ said(message.content) }}
{%- for call in message.tool_calls or [] -%}
<tool_call>{"name": {{ call.function.name | tojson }}, "arguments": {{ call.function.arguments | tojson }}}</tool_call>
{%- endfor -%}
<|im_end|>
{% endfor -%}
{%- if add_generation_prompt -%}<|im_start|>assistant
{% endif -%}`

function describe(tokens: readonly string[], pieces: number, width: number, context: number) {
  const own = (key: string): string => `qwen2vl.${key}`
  return {
    'general.architecture': 'qwen2vl',
    'general.name': 'Tiny',
    'general.file_type': 32,
    [own('block_count')]: 1,
    [own('context_length')]: context,
    [own('embedding_length')]: width,
    [own('feed_forward_length')]: ffn,
    [own('attention.head_count')]: heads,
    [own('attention.head_count_kv')]: 2,
    [own('rope.dimension_sections')]: [width / heads / 2 - 28, 14, 14, 0],
    [own('rope.freq_base')]: { float: 1e6 },
    [own('attention.layer_norm_rms_epsilon')]: { float: 1e-6 },
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'qwen2',
    'tokenizer.ggml.tokens': tokens,
    // 1 plain, 3 of control, 4 of the user.
    'tokenizer.ggml.token_type': tokens.map((_, id) => (id < 256 ? 1 : id < 262 ? 3 : id < 262 + pieces ? 4 : 1)),
    'tokenizer.ggml.merges': ['i n'],
    'tokenizer.ggml.bos_token_id': bos ?? 0,
    'tokenizer.ggml.eos_token_id': end ?? 0,
    'tokenizer.ggml.padding_token_id': bos ?? 0,
    'tokenizer.chat_template': template,
  }
}

function describeEyes(width: number) {
  const own = (key: string): string => `clip.vision.${key}`
  const three = (value: number) => [value, value, value].map((float) => ({ float }))
  return {
    'general.architecture': 'clip',
    'general.type': 'mmproj',
    'general.name': 'Tiny',
    'general.file_type': 32,
    'clip.has_vision_encoder': true,
    'clip.projector_type': 'qwen2.5vl_merger',
    'clip.use_silu': true,
    [own('projection_dim')]: width,
    [own('image_size')]: 560,
    [own('patch_size')]: eye.patch,
    [own('embedding_length')]: eye.width,
    [own('feed_forward_length')]: eye.ffn,
    [own('block_count')]: eye.blocks,
    [own('attention.head_count')]: eye.heads,
    [own('image_mean')]: three(0.5),
    [own('image_std')]: three(0.25),
    [own('n_wa_pattern')]: eye.blocks,
    [own('attention.layer_norm_epsilon')]: { float: 1e-6 },
  }
}

const draw = random('tiny-gguf')

function matrix(name: string, shape: readonly number[], spread: number, type: 'bf16' | 'f32' = 'bf16'): Tensor {
  const length = shape.reduce((product, one) => product * one, 1)
  const encoded = type === 'bf16' ? bf16Bytes : f32Bytes
  const bytes = () => encoded(Float32Array.from({ length }, () => draw.between(-spread, spread)))
  return { name, shape, type, bytes }
}

function vector(name: string, length: number, value = 0): Tensor {
  return { name, shape: [length], type: 'f32', bytes: () => f32Bytes(Array<number>(length).fill(value)) }
}

/** How much likelier what may follow is than the rest. */
const surely = 8

/** A token is one number of the stream, beside what attention adds, and the output layer reads the last one. */
function languageTensors(tokens: number, width: number, follows: Follows, idOf: (piece: string) => number): Tensor[] {
  const allowed = new Set(
    Object.entries(follows).flatMap(([piece, next]) => next.map((one) => idOf(one) * width + idOf(piece))),
  )
  const table = (name: string, value: (at: number) => number): Tensor => ({
    name,
    shape: [width, tokens],
    type: 'bf16',
    bytes: () => bf16Bytes(Float32Array.from({ length: tokens * width }, (_, at) => value(at))),
  })
  const kv = width / 2
  return [
    table('token_embd.weight', (at) => Number(at % width === Math.floor(at / width))),
    vector('output_norm.weight', width, 1),
    table('output.weight', (at) => (allowed.has(at) ? surely : 0) + draw.between(-0.05, 0.05)),
    vector('blk.0.attn_norm.weight', width, 1),
    matrix('blk.0.attn_q.weight', [width, width], 0.05),
    matrix('blk.0.attn_k.weight', [width, kv], 0.05),
    matrix('blk.0.attn_v.weight', [width, kv], 0.5),
    vector('blk.0.attn_q.bias', width),
    vector('blk.0.attn_k.bias', kv),
    vector('blk.0.attn_v.bias', kv),
    matrix('blk.0.attn_output.weight', [width, width], 0.015),
    vector('blk.0.ffn_norm.weight', width, 1),
    matrix('blk.0.ffn_gate.weight', [width, ffn], 0.05),
    matrix('blk.0.ffn_up.weight', [width, ffn], 0.05),
    matrix('blk.0.ffn_down.weight', [ffn, width], 0.05),
  ]
}

function eyeTensors(width: number): Tensor[] {
  const { width: own, patch, merged, blocks } = eye
  return [
    // Convolutions take no bf16.
    matrix('v.patch_embd.weight', [patch, patch, 3, own], 0.1, 'f32'),
    matrix('v.patch_embd.weight.1', [patch, patch, 3, own], 0.1, 'f32'),
    ...Array.from({ length: blocks }, (_, index) => eyeBlock(`v.blk.${index}`)).flat(),
    vector('v.post_ln.weight', own, 1),
    matrix('mm.0.weight', [4 * own, merged], 0.3),
    vector('mm.0.bias', merged),
    matrix('mm.2.weight', [merged, width], 0.3),
    vector('mm.2.bias', width),
  ]
}

function eyeBlock(name: string): Tensor[] {
  const { width: own, ffn: inner } = eye
  const layer = (part: string, from: number, to: number): Tensor[] => [
    matrix(`${name}.${part}.weight`, [from, to], 0.2),
    vector(`${name}.${part}.bias`, to),
  ]
  return [
    vector(`${name}.ln1.weight`, own, 1),
    ...['attn_q', 'attn_k', 'attn_v', 'attn_out'].flatMap((part) => layer(part, own, own)),
    vector(`${name}.ln2.weight`, own, 1),
    ...layer('ffn_gate', own, inner),
    ...layer('ffn_up', own, inner),
    ...layer('ffn_down', inner, own),
  ]
}
