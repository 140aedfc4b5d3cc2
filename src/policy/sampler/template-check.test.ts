/** What is sent, against the chat templates of real models, over conversations by chance. */
import { describe, expect, test } from 'vitest'
import { conversation } from '../../../test/conversations.ts'
import type { Kind } from '../../../test/conversations.ts'
import { qwenFiles } from '../../../test/qwen-files.ts'
import type { QwenModel } from '../../../test/qwen-files.ts'
import { chatModel } from '../../model/renderer/chat-model.ts'
import { profiles } from '../../protocol/profile.ts'
import { shownPictures } from './conversation.ts'
import { fittingProfiles } from './fitting-profiles.ts'
import { checkTemplate } from './template-check.ts'
import type { Departure } from './token-differences.ts'

const words = ['<think>', '</think>', '<tool_call>', '</tool_call>', '<tool_response>', '</tool_response>']
const merges = [
  ['Ċ', 'Ċ'],
  ['t', 'h'],
  ['th', 'e'],
  ['Ġ', 's'],
  ['>', 'Ċ'],
] as const

/** Of each model: what may explain a difference in stored turns, and beyond that in sampled ones. */
const explained: readonly (readonly [QwenModel, readonly Departure[], readonly Departure[]])[] = [
  ['qwen2.5-vl', ['tokens'], []],
  ['qwen3-vl', ['tokens'], ['blanks']],
  ['qwen3.5', ['tokens', 'blanks', 'thoughts', 'open'], ['calls']],
  ['qwen3.5-small', ['tokens', 'blanks', 'thoughts', 'open'], ['calls']],
  ['qwen3.6', ['tokens', 'blanks', 'thoughts', 'open'], ['calls']],
  ['qwen3.8', ['tokens', 'blanks', 'open'], ['calls']],
]
const kinds: readonly Kind[] = [
  { replies: 'stored', marks: false },
  { replies: 'sampled', marks: false },
  { replies: 'sampled', marks: true },
]

const shown = shownPictures()

describe.each(explained)('the template of %s', (name, stored, sampled) => {
  const model = chatModel(qwenFiles(words, merges, name))
  const fitting = Object.values(profiles).filter((profile) => fittingProfiles(model).includes(profile.name))

  test.each(kinds)('renders the same conversations but for what is explained: %j', async (kind) => {
    const known = [...stored, ...(kind.replies === 'sampled' ? sampled : []), ...(kind.marks ? ['marks'] : [])]
    let same = 0
    for (let seed = 0; seed < 24; seed++) {
      const profile = fitting[seed % fitting.length]!
      const exchanges = conversation(seed, model, profile, kind)
      const { differences, tokens } = await checkTemplate(model, profile, exchanges, shown)
      expect(tokens).toBeGreaterThan(20)
      for (const difference of differences) {
        expect(known, `${profile.name}, conversation ${seed}: ${spelt(difference)}`).toContain(difference.cause)
      }
      // Nothing is in the way of a first prompt.
      if (exchanges.length === 1) expect(differences.map(({ cause }) => cause)).toEqual(kind.marks ? ['marks'] : [])
      same += Number(differences.length === 0)
    }
    // Those that know no thoughts render stored turns as they are.
    const most = kind.replies === 'stored' && !stored.includes('blanks') ? 20 : 0
    if (!kind.marks) expect(same).toBeGreaterThan(most)
  })

  function spelt({ ours, theirs }: { readonly ours: readonly number[]; readonly theirs: readonly number[] }): string {
    return JSON.stringify([ours, theirs].map((tokens) => model.tokenizer.spell(tokens)))
  }
})
