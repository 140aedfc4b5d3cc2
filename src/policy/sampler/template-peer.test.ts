/**
 * What the programs that serve models make of the same conversations: see `test/peers/chat-templates.py`. The merges of the published
 * vocabulary are used where `QWEN_VOCABULARY` names the folder that `test/peers/qwen-vocabulary.py` wrote.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { conversation } from '../../../test/conversations.ts'
import { chatTemplateText, qwenFiles, qwenModels } from '../../../test/qwen-files.ts'
import { chatModel } from '../../model/renderer/chat-model.ts'
import type { ChatModel } from '../../model/renderer/chat-model.ts'
import { profiles } from '../../protocol/profile.ts'
import { keysOf } from '../../shared/fields.ts'
import { shownPictures } from './conversation.ts'
import { fittingProfiles } from './fitting-profiles.ts'
import { checkTemplate } from './template-check.ts'

/** One that has transformers. */
const python = process.env['TRANSFORMERS_PYTHON']
const vocabulary = process.env['QWEN_VOCABULARY']
const words = ['<think>', '</think>', '<tool_call>', '</tool_call>', '<tool_response>', '</tool_response>']

interface AddedToken {
  readonly id: number
  readonly content: string
}

/** `tokenizers` gives added tokens numbers of its own where some are missing between them. */
function withoutGaps(tokens: readonly AddedToken[]): AddedToken[] {
  const first = Math.min(...tokens.map(({ id }) => id))
  const last = Math.max(...tokens.map(({ id }) => id))
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const id = first + i
    return tokens.find((token) => token.id === id) ?? { ...tokens[0]!, id, content: `<|unused_${id}|>` }
  })
}

test.skipIf(python === undefined)(
  'transformers renders and splits conversations as they are rendered here',
  async () => {
    const counts: Record<string, Record<string, number>> = {}
    const models: Record<string, object> = {}
    for (const name of keysOf(qwenModels)) {
      const files = qwenFiles(words, [], name)
      const tokenizer = files['tokenizer.json'] as {
        readonly model: object
        readonly added_tokens: readonly AddedToken[]
      }
      const bpe = vocabulary === undefined ? {} : JSON.parse(await readFile(join(vocabulary, 'bpe.json'), 'utf8'))
      const stored = {
        ...tokenizer,
        added_tokens: withoutGaps(tokenizer.added_tokens),
        model: { ...tokenizer.model, ...bpe },
      }
      const model = chatModel({ ...files, 'tokenizer.json': stored })
      const cases: object[] = []
      const watched: ChatModel = {
        ...model,
        template: (messages, options = {}) => {
          const text = model.template(messages, options)
          const { tools, replies = false } = options
          cases.push({ messages, ...(tools && { tools }), replies, text, ids: model.tokenizer.encodeMarked(text) })
          return text
        },
      }
      const fitting = Object.values(profiles).filter((profile) => fittingProfiles(model).includes(profile.name))
      const shown = shownPictures()
      const found: Record<string, number> = (counts[name] = { conversations: 0, same: 0 })
      for (let seed = 0; seed < 300; seed++) {
        const kind = { replies: seed % 3 === 0 ? 'stored' : 'sampled', marks: seed % 3 === 2 } as const
        const profile = fitting[seed % fitting.length]!
        const { differences } = await checkTemplate(watched, profile, conversation(seed, model, profile, kind), shown)
        found['conversations']!++
        if (differences.length === 0) found['same']!++
        for (const { cause = 'unexplained' } of differences) found[cause] = (found[cause] ?? 0) + 1
      }
      models[name] = { template: chatTemplateText(name), tokenizer: stored, cases }
    }
    const folder = await mkdtemp(join(tmpdir(), 'templates-'))
    try {
      const file = join(folder, 'cases.json')
      await writeFile(file, JSON.stringify(models))
      const script = join(import.meta.dirname, '../../../test/peers/chat-templates.py')
      const said = execFileSync(python!, [script, file], { encoding: 'utf8', maxBuffer: 2 ** 26 })
      expect(JSON.parse(said)).toEqual({ count: 300 * keysOf(qwenModels).length, different: [] })
      process.stdout.write(`${JSON.stringify(counts, null, 1)}\n`)
    } finally {
      await rm(folder, { recursive: true })
    }
  },
)
