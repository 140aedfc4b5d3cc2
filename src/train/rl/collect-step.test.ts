import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { tinyRl, tinyRun, tinyTasks } from '../../../test/tinker-runs.ts'
import { tinyVlm } from '../../../test/tiny-vlm.ts'
import { promptOf } from '../../engine/engine.ts'
import { viewsOf } from '../../policy/policy.ts'
import type { Policy } from '../../policy/policy.ts'
import { profiles } from '../../protocol/profile.ts'
import { itemAt } from '../../shared/known.ts'
import { vlmLearner } from '../learner.ts'
import { collectStep } from './collect-step.ts'

test('a question about several pictures is searched with all of them', async () => {
  const [first, second] = [itemAt(tinyTasks, 0), itemAt(tinyTasks, 1)]
  const task = { ...first, furtherPictures: [second.picture] }
  const shown: number[] = []
  const policy: Policy = {
    name: 'scripted',
    open: () => ({
      async take(message) {
        shown.push(viewsOf(message).length)
        const prompt = promptOf({ width: 1, height: 1, data: new Uint8Array(3) }, [])
        const text = `<answer>${shown.length}</answer>`
        const reply = tinyVlm.tokenizer.encode(text)
        const sample = { prompt, reply, logprobs: reply.map(() => -1) }
        return { text, finish: 'stop', usage: { promptTokens: 1, imageTokens: 1, replyTokens: 1 }, sample }
      },
      close() {},
    }),
  }
  const run = await tinyRun({})
  const options = {
    problems: { easy: [async () => task], medium: [], hard: [] },
    learner: vlmLearner(tinyVlm, profiles.default, 40),
    settings: { ...tinyRl, problemsPerStep: 1, groupSize: 2 },
    run,
  }
  await collectStep(options, { step: 1, policy, weightOf: undefined, cut: new AbortController().signal })
  await run.close()
  await rm(dirname(run.path), { recursive: true })
  expect(shown).toEqual([2, 2])
})
