#!/usr/bin/env node
/**
 * Time and memory of `--policy local:` with a model of real size and random weights: the shape of Qwen3-VL-2B at four bits (Q4_K), with
 * its vision part at eight (or 16) bits. A search of four turns is played: a view, then crops. docs/experiments/local.md
 *
 *     npm run build && node scripts/measure-local.mjs [--repeat 3] [--eyes q8_0|f16] [--server <llama-server>] [--keep <folder>]
 *
 * Without --server the addon runs the model, whatever is on the PATH. The files take 1.8 GB in the temporary folder, or in that of
 * --keep, where they are left and found again.
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
  options: {
    repeat: { type: 'string', default: '3' },
    eyes: { type: 'string', default: 'q8_0' },
    server: { type: 'string', default: '' },
    keep: { type: 'string' },
  },
})
process.env['MINI_O3_LLAMA_SERVER'] = options.server
const eyesType = options.eyes === 'f16' ? 'f16' : 'q8_0'
const language = { blocks: 28, width: 2048, ffn: 6144, heads: 16, kv: 8, side: 128, vocabulary: 151_936 }
const eyes = { blocks: 24, width: 1024, ffn: 4096, heads: 16, patch: 16, positions: 2304, deep: [5, 11, 17] }
/** Sides of the first view and of the crops: 560 and 196 tokens. */
const views = [
  [896, 640],
  [448, 448],
  [448, 448],
  [448, 448],
]
const viewPixels = 896 * 640
const replyTokens = 48

const noise = randomBytes(144 * 34 * 64)
/** Random numbers in blocks of so many bytes with fixed scales, so that weights are small and of either sign. */
function blocks(size, scales) {
  const pattern = Buffer.from(noise)
  for (let at = 0; at < pattern.length; at += size) {
    for (const [index, scale] of scales.entries()) pattern.writeUInt16LE(scale, at + 2 * index)
  }
  return pattern
}
const f16 = Buffer.from(noise)
for (let at = 0; at < f16.length; at += 2) f16.writeUInt16LE((f16.readUInt16LE(at) & 0x83ff) | 0x2000, at)
const patterns = { q4K: blocks(144, [0x0800, 0x1380]), q8_0: blocks(34, [0x0800]), f16, f32: f32Bytes([0.01, -0.01]) }

/** @returns {import('../test/write-gguf.d.mts').Tensor} */
const vector = (name, length, value = 0) => ({
  name,
  shape: [length],
  type: 'f32',
  bytes: () => f32Bytes(new Float32Array(length).fill(value)),
})
/** @returns {import('../test/write-gguf.d.mts').Tensor} */
const matrix = (name, shape, type = /** @type {keyof typeof patterns} */ ('q4K')) => ({
  name,
  shape,
  type,
  bytes: (length) => Buffer.alloc(length, patterns[type]),
})

async function writeLanguage(path) {
  const { blocks: depth, width, ffn, heads, kv, side, vocabulary } = language
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
    vector(`blk.${index}.attn_norm.weight`, width, 1),
    vector(`blk.${index}.ffn_norm.weight`, width, 1),
    vector(`blk.${index}.attn_q_norm.weight`, side, 1),
    vector(`blk.${index}.attn_k_norm.weight`, side, 1),
    matrix(`blk.${index}.attn_q.weight`, [width, heads * side]),
    matrix(`blk.${index}.attn_k.weight`, [width, kv * side]),
    matrix(`blk.${index}.attn_v.weight`, [width, kv * side]),
    matrix(`blk.${index}.attn_output.weight`, [heads * side, width]),
    matrix(`blk.${index}.ffn_gate.weight`, [width, ffn]),
    matrix(`blk.${index}.ffn_up.weight`, [width, ffn]),
    matrix(`blk.${index}.ffn_down.weight`, [ffn, width]),
  ]
  const own = (key) => `qwen3vl.${key}`
  const values = {
    'general.architecture': 'qwen3vl',
    'general.name': 'Random 2B',
    [own('block_count')]: depth,
    [own('context_length')]: 262_144,
    [own('embedding_length')]: width,
    [own('feed_forward_length')]: ffn,
    [own('attention.head_count')]: heads,
    [own('attention.head_count_kv')]: kv,
    [own('attention.key_length')]: side,
    [own('attention.value_length')]: side,
    [own('rope.dimension_sections')]: [24, 20, 20, 0],
    [own('rope.freq_base')]: { float: 5e6 },
    [own('attention.layer_norm_rms_epsilon')]: { float: 1e-6 },
    [own('n_deepstack_layers')]: eyes.deep.length,
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
    vector('output_norm.weight', width, 1),
    ...Array.from({ length: depth }, (_, index) => block(index)).flat(),
  ])
}

async function writeEyes(path) {
  const { blocks: depth, width, ffn, heads, patch, positions, deep } = eyes
  const layer = (name, from, to) => [matrix(`${name}.weight`, [from, to], eyesType), vector(`${name}.bias`, to)]
  const norm = (name, length) => [vector(`${name}.weight`, length, 1), vector(`${name}.bias`, length)]
  const block = (index) => [
    ...norm(`v.blk.${index}.ln1`, width),
    ...norm(`v.blk.${index}.ln2`, width),
    ...layer(`v.blk.${index}.attn_qkv`, width, 3 * width),
    ...layer(`v.blk.${index}.attn_out`, width, width),
    ...layer(`v.blk.${index}.ffn_up`, width, ffn),
    ...layer(`v.blk.${index}.ffn_down`, ffn, width),
  ]
  const merger = (first, second) => [...layer(first, 4 * width, 4 * width), ...layer(second, 4 * width, language.width)]
  const own = (key) => `clip.vision.${key}`
  const three = (float) => [{ float }, { float }, { float }]
  const values = {
    'general.architecture': 'clip',
    'general.file_type': eyesType === 'f16' ? 1 : 7,
    'clip.has_vision_encoder': true,
    'clip.projector_type': 'qwen3vl_merger',
    'clip.use_gelu': true,
    [own('projection_dim')]: language.width,
    [own('image_size')]: Math.sqrt(positions) * patch,
    [own('patch_size')]: patch,
    [own('spatial_merge_size')]: 2,
    [own('embedding_length')]: width,
    [own('feed_forward_length')]: ffn,
    [own('block_count')]: depth,
    [own('attention.head_count')]: heads,
    [own('image_mean')]: three(0.5),
    [own('image_std')]: three(0.5),
    [own('attention.layer_norm_epsilon')]: { float: 1e-6 },
    [own('is_deepstack_layers')]: Array.from({ length: depth }, (_, index) => deep.includes(index)),
  }
  await writeGguf(path, values, [
    matrix('v.patch_embd.weight', [patch, patch, 3, width], 'f32'),
    matrix('v.patch_embd.weight.1', [patch, patch, 3, width], 'f32'),
    vector('v.patch_embd.bias', width),
    matrix('v.position_embd.weight', [width, positions], 'f32'),
    ...Array.from({ length: depth }, (_, index) => block(index)).flat(),
    ...norm('v.post_ln', width),
    ...deep.flatMap((index) => [
      ...norm(`v.deepstack.${index}.norm`, 4 * width),
      ...merger(`v.deepstack.${index}.fc1`, `v.deepstack.${index}.fc2`),
    ]),
    ...merger('mm.0', 'mm.2'),
  ])
}

/** The processes that this one has started, and theirs. */
function descendants(pid = process.pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
  return children.flatMap((child) => [child, ...descendants(Number(child))])
}

/** Mebibytes that the largest of them held at most. */
function peakMemory() {
  const peak = (pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  return Math.round(Math.max(...descendants().map(peak)) / 1024)
}

/** Seconds of processors that they have used. */
function computed() {
  const ticks = (pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return Number(fields[11]) + Number(fields[12])
  }
  return descendants().reduce((sum, pid) => sum + ticks(pid), 0) / 100
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
  const before = computed()
  let first = 0
  let reading = 0
  const onNews = ({ kind }) => {
    if (kind === 'waiting' || first > 0) return
    first = performance.now()
    reading = computed() - before
  }
  const request = { model: 'random', messages, maxTokens: replyTokens, temperature: 1, seed: 1 }
  const completion = await endpoint.complete(request, { onNews })
  const { promptTokens, cachedTokens, replyTokens: written } = completion.usage
  const toFirst = (first - start) / 1000
  const perSecond = (written - 1) / ((performance.now() - first) / 1000)
  const writing = (computed() - before - reading) / (written - 1)
  const read = promptTokens - cachedTokens
  return { completion, toFirst, perSecond, read, cached: cachedTokens, reading, writing }
}

async function measure(files) {
  const start = performance.now()
  const { endpoint, about } = await openLocal({ ...files, context: 8192, viewPixels })
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
    const afresh = await openLocal({ ...files, context: 8192, viewPixels })
    const without = await timed(afresh.endpoint, messages.slice(0, -1))
    await afresh.endpoint.close()
    return { about, load, rows, without, peak: loaded }
  } finally {
    await endpoint.close()
  }
}

const folder = options.keep ?? mkdtempSync(join(tmpdir(), 'measure-local-'))
const files = { model: join(folder, 'random-2b.gguf'), mmproj: join(folder, `mmproj-random-2b-${eyesType}.gguf`) }
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
      const first = `first token after ${row.toFirst.toFixed(1)} s (${row.reading.toFixed(1)} of processors)`
      const then = `then ${row.perSecond.toFixed(1)} tokens/s (${row.writing.toFixed(2)} s of processors each)`
      console.log(`  ${what}: read ${row.read} tokens, ${row.cached} kept, ${first}, ${then}`)
    }
  }
} finally {
  if (options.keep === undefined) rmSync(folder, { recursive: true, force: true })
}

function machineLoad() {
  return (loadavg()[0] ?? 0).toFixed(1)
}
