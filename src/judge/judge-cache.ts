/**
 * What a judge said before: the same question, reference and answer, put to the same model in the same words, is asked about
 * once. Kept line by line, so that it survives a kill.
 */
import { z } from 'zod'
import type { Verdict } from '../protocol/trajectory.ts'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { MiniO3Error } from '../shared/errors.ts'
import type { RunFolder } from '../shared/run-folder.ts'
import { scoreParsers } from './parse-score.ts'

const askedSchema = z.strictObject({
  model: z.string(),
  promptsSha256: z.string(),
  parser: z.enum(scoreParsers),
  question: z.string(),
  reference: z.string(),
  answer: z.string(),
})

const lineSchema = z.strictObject({ ...askedSchema.shape, kind: z.enum(['correct', 'wrong']), reason: z.string() })

/** All that a verdict depends on. */
export type JudgeAsked = z.infer<typeof askedSchema>

export interface JudgeCache {
  /** The verdict that is there, or that of `judge`, which is kept if it is one. Asked twice at once, it is judged once. */
  verdictOf(asked: JudgeAsked, judge: () => Promise<Verdict>): Promise<Verdict>
  /** How many verdicts were wanted so far, and for how many of them nobody had to be asked. */
  counts(): { readonly wanted: number; readonly cached: number }
}

/** Reads `judgements.jsonl` of a run, and goes on writing it. */
export async function openJudgeCache(run: Pick<RunFolder, 'read' | 'append' | 'file'>): Promise<JudgeCache> {
  const verdicts = new Map<string, Promise<Verdict>>()
  for await (const line of run.read('judgements')) {
    const { kind, reason, ...asked } = parsed(line, run.file('judgements.jsonl'))
    verdicts.set(keyOf(asked), Promise.resolve({ kind, reason }))
  }
  let wanted = 0
  let cached = 0

  async function judgeAndStore(asked: JudgeAsked, judge: () => Promise<Verdict>): Promise<Verdict> {
    const verdict = await judge()
    if (verdict.kind !== 'unjudged') await run.append('judgements', { ...asked, ...verdict })
    return verdict
  }

  return {
    async verdictOf(asked, judge) {
      const key = keyOf(asked)
      wanted++
      const known = verdicts.get(key)
      if (known !== undefined) {
        cached++
        return known
      }
      const verdict = judgeAndStore(asked, judge)
      verdicts.set(key, verdict)
      // A judge that failed is asked again by the next who wants to know.
      const forget = (): void => void verdicts.delete(key)
      verdict.then(({ kind }) => kind === 'unjudged' && forget(), forget)
      return verdict
    },
    counts: () => ({ wanted, cached }),
  }
}

function keyOf(asked: JudgeAsked): string {
  return sha256(canonicalJson(asked))
}

function parsed(line: unknown, file: string): z.infer<typeof lineSchema> {
  const { data, error } = lineSchema.safeParse(line)
  if (data !== undefined) return data
  throw new MiniO3Error(
    'judgements-unreadable',
    `A line in ${file} is not what this version writes. Delete the file: its judgements will be asked for again.`,
    { cause: error },
  )
}
