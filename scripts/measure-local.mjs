#!/usr/bin/env node
/**
 * Time and memory of `--policy local:` with a model of real size and random weights: the shape of Qwen2-VL-2B at four bits (Q4_K), with
 * the vision part of Qwen2.5-VL at 16 bits. A search of four turns is played: a view, then crops. docs/experiments/local.md
 *
 *     npm run build && node scripts/measure-local.mjs [--repeat 3] [--keep <folder>]
 *
 * The files take 2.3 GB in the temporary folder, or in that of --keep, where they are left and found again.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { encodeMessage } from '../dist/endpoint/exchange/encode-message.js'
import { openLocal } from '../dist/local/open-local.js'
import { sha256 } from '../dist/shared/canonical.js'
import { f32Bytes, writeGguf } from '../test/write-gguf.mjs'

const { values: options } = parseArgs({
  options: { repeat: { type: 'string', default: '3' }, keep: { type: 'string' } },
})
const language = { blocks: 28, width: 1536, ffn: 8960, heads: 12, kv: 2, vocabulary: 151_936 }
const eyes = { blocks: 32, width: 1280, ffn: 3420, heads: 16, patch: 14, merged: 5120 }
/** Sides of the first view and of the crops: 560 and 196 tokens. */
const views = [
  [784, 560],
  [392, 392],
  [392, 392],
  [392, 392],
]
const replyTokens = 48

const ones = (length) => f32Bytes(new Float32Array(length).fill(1))
const noise = randomBytes(144 * 4096)
/** Small weights of either sign: blocks with fixed scales and random numbers. */
const q4K = Buffer.from(noise)
for (let at = 0; at < q4K.length; at += 144) {
  q4K.writeUInt16LE(0x0800, at)
  q4K.writeUInt16LE(0x1380, at + 2)
}
const f16 = Buffer.from(noise)
for (let at = 0; at < f16.length; at += 2) f16.writeUInt16LE((f16.readUInt16LE(at) & 0x83ff) | 0x2000, at)

const filled = (pattern, length) => Buffer.alloc(length, pattern)
/** @returns {import('../test/write-gguf.d.mts').Tensor} */
const vector = (name, length) => ({ name, shape: [length], type: 'f32', bytes: () => ones(length) })
/** @returns {import('../test/write-gguf.d.mts').Tensor} */
const matrix = (name, shape, type = /** @type {'q4K' | 'f16' | 'f32'} */ ('q4K')) => ({
  name,
  shape,
  type,
  bytes: (length) =>
    type === 'f32' ? f32Bytes(new Float32Array(length / 4).fill(0.01)) : filled(type === 'q4K' ? q4K : f16, length),
})

async function writeLanguage(path) {
  const { blocks, width, ffn, heads, kv, vocabulary } = language
  const side = width / heads
  const specials = [
    '<|endoftext|>',
    '<|im_start|>',
    '<|im_end|>',
    '<|vision_start|>',
    '<|vision_end|>',
    '<|image_pad|>',
  ]
  const plain = Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(byte >= 33 && byte <= 126 ? byte : 256 + byte),
  )
  const fillers = Array.from({ length: vocabulary - 256 - specials.length }, (_, index) => `tok${index}`)
  const tokens = [...plain, ...specials, ...fillers]
  const block = (index) => [
    vector(`blk.${index}.attn_norm.weight`, width),
    vector(`blk.${index}.ffn_norm.weight`, width),
    matrix(`blk.${index}.attn_q.weight`, [width, width]),
    matrix(`blk.${index}.attn_k.weight`, [width, kv * side]),
    matrix(`blk.${index}.attn_v.weight`, [width, kv * side]),
    matrix(`blk.${index}.attn_output.weight`, [width, width]),
    vector(`blk.${index}.attn_q.bias`, width),
    vector(`blk.${index}.attn_k.bias`, kv * side),
    vector(`blk.${index}.attn_v.bias`, kv * side),
    matrix(`blk.${index}.ffn_gate.weight`, [width, ffn]),
    matrix(`blk.${index}.ffn_up.weight`, [width, ffn]),
    matrix(`blk.${index}.ffn_down.weight`, [ffn, width]),
  ]
  const own = (key) => `qwen2vl.${key}`
  const values = {
    'general.architecture': 'qwen2vl',
    'general.name': 'Random 2B',
    [own('block_count')]: blocks,
    [own('context_length')]: 32_768,
    [own('embedding_length')]: width,
    [own('feed_forward_length')]: ffn,
    [own('attention.head_count')]: heads,
    [own('attention.head_count_kv')]: kv,
    [own('rope.dimension_sections')]: [16, 24, 24, 0],
    [own('rope.freq_base')]: { float: 1e6 },
    [own('attention.layer_norm_rms_epsilon')]: { float: 1e-6 },
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'qwen2',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': tokens.map((_, id) => (id >= 256 && id < 256 + specials.length ? 3 : 1)),
    'tokenizer.ggml.merges': ['t o'],
    'tokenizer.ggml.eos_token_id': 258,
    'tokenizer.chat_template':
      '{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content %}{{ p.text }}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}',
  }
  await writeGguf(path, values, [
    matrix('token_embd.weight', [width, vocabulary]),
    vector('output_norm.weight', width),
    ...Array.from({ length: blocks }, (_, index) => block(index)).flat(),
  ])
}

async function writeEyes(path) {
  const { blocks, width, ffn, heads, patch, merged } = eyes
  const layer = (name, from, to) => [matrix(`${name}.weight`, [from, to], 'f16'), vector(`${name}.bias`, to)]
  const block = (index) => [
    vector(`v.blk.${index}.ln1.weight`, width),
    vector(`v.blk.${index}.ln2.weight`, width),
    ...['attn_q', 'attn_k', 'attn_v', 'attn_out'].flatMap((part) => layer(`v.blk.${index}.${part}`, width, width)),
    ...layer(`v.blk.${index}.ffn_gate`, width, ffn),
    ...layer(`v.blk.${index}.ffn_up`, width, ffn),
    ...layer(`v.blk.${index}.ffn_down`, ffn, width),
  ]
  const own = (key) => `clip.vision.${key}`
  const three = (float) => [{ float }, { float }, { float }]
  const values = {
    'general.architecture': 'clip',
    'clip.has_vision_encoder': true,
    'clip.projector_type': 'qwen2.5vl_merger',
    'clip.use_silu': true,
    [own('projection_dim')]: language.width,
    [own('image_size')]: 560,
    [own('patch_size')]: patch,
    [own('embedding_length')]: width,
    [own('feed_forward_length')]: ffn,
    [own('block_count')]: blocks,
    [own('attention.head_count')]: heads,
    [own('image_mean')]: three(0.5),
    [own('image_std')]: three(0.25),
    [own('n_wa_pattern')]: 8,
    [own('attention.layer_norm_epsilon')]: { float: 1e-6 },
  }
  await writeGguf(path, values, [
    matrix('v.patch_embd.weight', [patch, patch, 3, width], 'f32'),
    matrix('v.patch_embd.weight.1', [patch, patch, 3, width], 'f32'),
    ...Array.from({ length: blocks }, (_, index) => block(index)).flat(),
    vector('v.post_ln.weight', width),
    ...layer('mm.0', 4 * width, merged),
    ...layer('mm.2', merged, language.width),
  ])
}

/** Mebibytes that the process held at most, of a child of this one. */
function peakMemory() {
  const own = process.pid
  const children = readFileSync(`/proc/${own}/task/${own}/children`, 'utf8').trim().split(' ')
  const peaks = children.map((pid) =>
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0),
  )
  return Math.round(Math.max(...peaks) / 1024)
}

async function user(text, size, seed) {
  const [width = 0, height = 0] = size
  const data = Buffer.alloc(width * height * 3, randomBytes(997).fill(seed, 0, 10))
  const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 95 })
    .toBuffer()
  const picture = {
    type: /** @type {const} */ ('image'),
    bytes,
    mime: /** @type {const} */ ('image/jpeg'),
    sha256: sha256(bytes),
  }
  return encodeMessage({ role: 'user', content: [picture, { type: 'text', text }] })
}

/** Seconds to the first token, tokens a second after it, and what was read. */
async function timed(endpoint, messages) {
  const start = performance.now()
  let first = 0
  const onNews = ({ kind }) => {
    if (kind !== 'waiting') first ||= performance.now()
  }
  const request = { model: 'random', messages, maxTokens: replyTokens, temperature: 1, seed: 1 }
  const completion = await endpoint.complete(request, { onNews })
  const { promptTokens, cachedTokens, replyTokens: written } = completion.usage
  const toFirst = (first - start) / 1000
  const perSecond = (written - 1) / ((performance.now() - first) / 1000)
  return { completion, toFirst, perSecond, read: promptTokens - cachedTokens, cached: cachedTokens }
}

async function measure(files) {
  const start = performance.now()
  const { endpoint, about } = await openLocal({ ...files, context: 8192, viewPixels: 784 * 560 })
  const load = (performance.now() - start) / 1000
  const rows = []
  const messages = []
  try {
    for (const [index, size] of views.entries()) {
      messages.push(await user(index === 0 ? 'What does the sign say?' : `Crop ${index}.`, size, index))
      const row = await timed(endpoint, messages)
      rows.push(row)
      messages.push(row.completion.message)
    }
    const loaded = peakMemory()
    // The last turn again, by a model that has read none of it.
    await endpoint.close()
    const afresh = await openLocal({ ...files, context: 8192, viewPixels: 784 * 560 })
    const without = await timed(afresh.endpoint, messages.slice(0, -1))
    await afresh.endpoint.close()
    return { about, load, rows, without, peak: loaded }
  } finally {
    await endpoint.close()
  }
}

const folder = options.keep ?? mkdtempSync(join(tmpdir(), 'measure-local-'))
const files = { model: join(folder, 'random-2b.gguf'), mmproj: join(folder, 'mmproj-random-2b.gguf') }
try {
  if (!existsSync(files.model)) await writeLanguage(files.model)
  if (!existsSync(files.mmproj)) await writeEyes(files.mmproj)
  const sizes = readdirSync(folder).map((name) => `${name} ${(statSync(join(folder, name)).size / 1e9).toFixed(2)} GB`)
  console.log(`${sizes.join(', ')}; ${availableParallelism()} processors`)
  for (let run = 1; run <= Number(options.repeat); run++) {
    const { about, load, rows, without, peak } = await measure(files)
    if (run === 1) console.log(about)
    console.log(`run ${run} (load of the machine ${machineLoad()}): loaded in ${load.toFixed(1)} s, peak ${peak} MiB`)
    for (const [index, row] of [...rows, without].entries()) {
      const what = index < rows.length ? `turn ${index + 1}` : `turn ${rows.length} afresh`
      const said = [`read ${row.read} tokens`, `${row.cached} kept`, `first token after ${row.toFirst.toFixed(1)} s`]
      console.log(`  ${what}: ${said.join(', ')}, then ${row.perSecond.toFixed(1)} tokens/s`)
    }
  }
} finally {
  if (options.keep === undefined) rmSync(folder, { recursive: true, force: true })
}

function machineLoad() {
  return (loadavg()[0] ?? 0).toFixed(1)
}
