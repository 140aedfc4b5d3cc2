/** The real vocabulary against the tokenizer that published it: see `test/peers/qwen-vocabulary.py`. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { qwenFiles } from '../../../test/qwen-files.ts'
import { chatModel } from './chat-model.ts'

/** The folder that the script wrote. */
const folder = process.env['QWEN_VOCABULARY']

test.skipIf(folder === undefined)('the published vocabulary of the Qwen models, as tiktoken reads it', async () => {
  const read = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(folder!, name), 'utf8'))
  const files = qwenFiles()
  const tokenizer = files['tokenizer.json'] as { readonly model: object }
  const bpe = (await read('bpe.json')) as object
  const real = chatModel({ ...files, 'tokenizer.json': { ...tokenizer, model: { ...tokenizer.model, ...bpe } } })
  const cases = (await read('cases.json')) as readonly { readonly text: string; readonly ids: readonly number[] }[]
  expect(cases.length).toBeGreaterThan(400)
  for (const { text, ids } of cases) {
    expect(real.tokenizer.encode(text)).toEqual(ids)
    expect(real.tokenizer.decode(ids)).toBe(text)
  }
})
