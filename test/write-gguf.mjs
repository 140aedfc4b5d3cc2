/** Writes GGUF files: what a model says of itself, and its weights, which are made one tensor at a time. */
import { open } from 'node:fs/promises'

/** Of the types that are written here: its number, values in a block, and bytes of a block. */
const types = {
  f32: { number: 0, values: 1, bytes: 4 },
  f16: { number: 1, values: 1, bytes: 2 },
  bf16: { number: 30, values: 1, bytes: 2 },
  q8_0: { number: 8, values: 32, bytes: 34 },
  q4K: { number: 12, values: 256, bytes: 144 },
}

const align = (/** @type {number} */ length) => Math.ceil(length / 32) * 32

/**
 * @param {string} path
 * @param {import('./write-gguf.d.mts').Values} values
 * @param {readonly import('./write-gguf.d.mts').Tensor[]} tensors
 */
export async function writeGguf(path, values, tensors) {
  const sizes = tensors.map(({ shape, type }) => {
    const { values: block, bytes } = types[type]
    return (shape.reduce((product, side) => product * side, 1) / block) * bytes
  })
  const head = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(Object.keys(values).length)]
  for (const [key, value] of Object.entries(values)) head.push(text(key), typed(value))
  let offset = 0
  for (const [index, { name, shape, type }] of tensors.entries()) {
    head.push(text(name), u32(shape.length), ...shape.map(u64), u32(types[type].number), u64(offset))
    offset += align(sizes[index])
  }
  const file = await open(path, 'w')
  try {
    const start = Buffer.concat(head)
    await file.write(start)
    await file.write(Buffer.alloc(align(start.length) - start.length))
    for (const [index, tensor] of tensors.entries()) {
      const bytes = tensor.bytes(sizes[index])
      await file.write(bytes)
      await file.write(Buffer.alloc(align(bytes.length) - bytes.length))
    }
  } finally {
    await file.close()
  }
}

/** @param {readonly number[] | Float32Array} numbers */
export function f32Bytes(numbers) {
  return Buffer.from(Float32Array.from(numbers).buffer)
}

/** The upper half of each float. @param {readonly number[] | Float32Array} numbers */
export function bf16Bytes(numbers) {
  const bits = new Uint32Array(Float32Array.from(numbers).buffer)
  return Buffer.from(Uint16Array.from(bits, (one) => one >>> 16).buffer)
}

function u32(/** @type {number} */ value) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function u64(/** @type {number} */ value) {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function text(/** @type {string} */ value) {
  return Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)])
}

/** Whole numbers as uint32, others (`{ float }`) as float32. @param {import('./write-gguf.d.mts').Value} value */
function typed(value) {
  if (!Array.isArray(value)) return Buffer.concat([u32(typeOf(value)), plain(value)])
  return Buffer.concat([u32(9), u32(typeOf(value[0])), u64(value.length), ...value.map(plain)])
}

function typeOf(/** @type {unknown} */ value) {
  return { string: 8, boolean: 7, number: 4, object: 6 }[typeof value]
}

function plain(/** @type {any} */ value) {
  if (typeof value === 'string') return text(value)
  if (typeof value === 'boolean') return Buffer.from([Number(value)])
  return typeof value === 'number' ? u32(value) : f32Bytes([value.float])
}
