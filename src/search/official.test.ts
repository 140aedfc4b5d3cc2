/** `official`: what the released code did with the same replies (see `test/conformance/official/README.md`). */
import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { officialRows, playRow, rowProfile, rowsOf, type SearchRow } from '../../test/official-rows.ts'
import { openChatModel } from '../model/renderer/chat-model.ts'
import { officialPrompts } from '../protocol/official-prompts.ts'
import type { Profile } from '../protocol/profile.ts'
import { completed } from '../protocol/trajectory.ts'

/** Columns of a row, and the same of our search. */
async function compared(row: SearchRow, profile: Profile, model?: Parameters<typeof playRow>[2]) {
  const { trajectory, prompts, chatPrompts } = await playRow(row, profile, model)
  const crops = trajectory.observations.slice(1)
  const first = trajectory.observations[0]!.view
  const ours = {
    end: trajectory.end,
    turns: trajectory.turns.length,
    boxes: crops.map(({ boxPx }) => [...boxPx]),
    firstView: [first.width, first.height],
    views: crops.map(({ view }) => [view.width, view.height]),
    // Beyond the limits of turns and pictures the released loop does not look at the call any more.
    errors: row.errors.map((_, at) => trajectory.turns[at]?.error?.error ?? null),
    answer: trajectory.answer,
    masked: !completed(trajectory.end),
    replyTokens: trajectory.turns.map(({ usage }) => usage.replyTokens),
    ...(row.prompts && { prompts }),
  }
  if (row.prompts !== undefined && row.replies.every(({ more = 0 }) => more === 0))
    expect(chatPrompts).toEqual(row.prompts)
  const theirs = Object.fromEntries(Object.keys(ours).map((key) => [key, row[key as keyof SearchRow]]))
  return { ours, theirs }
}

describe('official, row by row', () => {
  it.each(officialRows<SearchRow>('searches').map((row, at) => [at + 1, row.class, row] as const))(
    'row %i: %s',
    async (_, __, row) => {
      const { ours, theirs } = await compared(row, rowProfile(row))
      expect(ours).toEqual(theirs)
    },
  )
})

const { OFFICIAL_ROWS, OFFICIAL_PROMPTS, OFFICIAL_MODEL } = process.env

/** Rows that you made yourself, however many: see the README on how, and on the prompts and the tokenizer with which they were made. */
test.skipIf(OFFICIAL_ROWS === undefined)('rows of your own', { timeout: 3_600_000 }, async () => {
  const prompts = OFFICIAL_PROMPTS && officialPrompts(readFileSync(OFFICIAL_PROMPTS, 'utf8'))
  const model = OFFICIAL_MODEL ? await openChatModel(OFFICIAL_MODEL) : undefined
  const differing: object[] = []
  for (const [at, row] of rowsOf<SearchRow>(readFileSync(OFFICIAL_ROWS!, 'utf8')).entries()) {
    const { ours, theirs } = await compared(row, rowProfile(row, prompts || undefined), model)
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) differing.push({ row: at + 1, ours, theirs })
  }
  expect(differing).toEqual([])
})
