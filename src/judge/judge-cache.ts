/**
 * Cache of verdicts: the same question, reference and answer with the same model and prompts is judged only once. Stored line by line, so
 * that it survives a kill.
 */
import { addSpent, nothingSpent } from '../protocol/price.ts'
import type { SpentTokens } from '../protocol/price.ts'
import type { Verdict } from '../protocol/trajectory.ts'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { readLog } from '../runs/log.ts'
import { judgementLog } from '../runs/judgements.ts'
import type { JudgeAsked } from '../runs/judgements.ts'
import type { RunFolder } from '../runs/run-folder.ts'

/** A verdict with its token usage. */
export interface Judged {
  readonly verdict: Verdict
  readonly tokens: SpentTokens
}

export interface JudgeCache {
  /** The cached verdict, or that of `judge`, which is stored if it succeeded. Concurrent calls are judged once. */
  verdictOf(asked: JudgeAsked, judge: () => Promise<Judged>): Promise<Verdict>
  /** Number of verdicts requested so far, and of those from the cache. */
  counts(): { readonly wanted: number; readonly cached: number }
  /** Tokens of all stored verdicts, including earlier ones. */
  tokens(): SpentTokens
}

/** Tokens of the stored verdicts of a run; undefined if there are none, or an earlier version did not log them. */
export async function readJudgeTokens(folder: string): Promise<SpentTokens | undefined> {
  let all: SpentTokens | undefined
  for await (const { tokens } of readLog(folder, judgementLog)) {
    if (tokens !== undefined) all = addSpent(all ?? nothingSpent, tokens)
  }
  return all
}

/** Opens the cache of a run. */
export async function openJudgeCache(run: Pick<RunFolder, 'read' | 'append'>): Promise<JudgeCache> {
  const verdicts = new Map<string, Promise<Verdict>>()
  let spent = nothingSpent
  for await (const { kind, reason, tokens = nothingSpent, ...asked } of run.read(judgementLog)) {
    spent = addSpent(spent, tokens)
    verdicts.set(cacheKey(asked), Promise.resolve({ kind, reason }))
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
      const key = cacheKey(asked)
      wanted++
      const known = verdicts.get(key)
      if (known !== undefined) {
        cached++
        return known
      }
      const verdict = judgeAndStore(asked, judge)
      verdicts.set(key, verdict)
      // A failed judgement is not cached.
      const forget = (): void => void verdicts.delete(key)
      verdict.then(({ kind }) => kind === 'unjudged' && forget(), forget)
      return verdict
    },
    counts: () => ({ wanted, cached }),
    tokens: () => spent,
  }
}

function cacheKey(asked: JudgeAsked): string {
  return sha256(canonicalJson(asked))
}
