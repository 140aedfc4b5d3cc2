/**
 * What a judge said before: the same question, reference and answer, put to the same model in the same words, is asked about
 * once. Kept line by line, so that it survives a kill.
 */
import { addSpent, nothingSpent } from '../endpoint/price.ts'
import type { SpentTokens } from '../endpoint/price.ts'
import type { Verdict } from '../protocol/trajectory.ts'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { readLog } from '../runs/log.ts'
import { judgementLog } from '../runs/judgements.ts'
import type { JudgeAsked } from '../runs/judgements.ts'
import type { RunFolder } from '../runs/run-folder.ts'

/** A verdict, and what it took to get it. */
export interface Judged {
  readonly verdict: Verdict
  readonly tokens: SpentTokens
}

export interface JudgeCache {
  /** The verdict that is there, or that of `judge`, which is kept if it is one. Asked twice at once, it is judged once. */
  verdictOf(asked: JudgeAsked, judge: () => Promise<Judged>): Promise<Verdict>
  /** How many verdicts were wanted so far, and for how many of them nobody had to be asked. */
  counts(): { readonly wanted: number; readonly cached: number }
  /** What all verdicts that are kept have cost, those from before too. */
  tokens(): SpentTokens
}

/** What the verdicts cost that a run keeps; undefined: nobody was asked, or an earlier version did not write it down. */
export async function readJudgeTokens(folder: string): Promise<SpentTokens | undefined> {
  let all: SpentTokens | undefined
  for await (const { tokens } of readLog(folder, judgementLog)) {
    if (tokens !== undefined) all = addSpent(all ?? nothingSpent, tokens)
  }
  return all
}

/** Reads the judgements of a run, and goes on adding to them. */
export async function openJudgeCache(run: Pick<RunFolder, 'read' | 'append'>): Promise<JudgeCache> {
  const verdicts = new Map<string, Promise<Verdict>>()
  let spent = nothingSpent
  for await (const { kind, reason, tokens = nothingSpent, ...asked } of run.read(judgementLog)) {
    spent = addSpent(spent, tokens)
    verdicts.set(keyOf(asked), Promise.resolve({ kind, reason }))
  }
  let wanted = 0
  let cached = 0

  async function judgeAndStore(asked: JudgeAsked, judge: () => Promise<Judged>): Promise<Verdict> {
    const { verdict, tokens } = await judge()
    if (verdict.kind === 'unjudged') return verdict
    await run.append(judgementLog, { ...asked, kind: verdict.kind, reason: verdict.reason, tokens })
    spent = addSpent(spent, tokens)
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
    tokens: () => spent,
  }
}

function keyOf(asked: JudgeAsked): string {
  return sha256(canonicalJson(asked))
}
