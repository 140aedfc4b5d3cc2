/** The registry of judges by name, as in `--judge` and in runs. Only this file parses judge names. Pure. */
import type { Benchmark } from '../benchmark/benchmark.ts'
import { judgeAnls } from './anls.ts'
import { judgeCanInfer } from './can-infer.ts'
import { judgeChoice } from './choice.ts'
import { judgeExact } from './exact.ts'
import type { Judge } from './judge.ts'
import { judgeMmeLetter, judgeTreeBenchLetter } from './mme-letter.ts'
import { keysOf, entriesOf } from '../shared/fields.ts'

export interface JudgeKind {
  /** Absent: a model is asked, whose name follows that of the kind and a colon. */
  readonly judge?: Judge
  /** Where that model is. */
  readonly modelAt?: 'server' | 'here'
  /** Which problems have to have choices. */
  readonly needsChoices?: 'all' | 'some'
}

const kinds = {
  exact: { judge: judgeExact },
  choice: { judge: judgeChoice, needsChoices: 'some' },
  'can-infer': { judge: judgeCanInfer, needsChoices: 'all' },
  'mme-letter': { judge: judgeMmeLetter, needsChoices: 'all' },
  'treebench-letter': { judge: judgeTreeBenchLetter, needsChoices: 'all' },
  anls: { judge: judgeAnls },
  llm: { modelAt: 'server' },
  local: { modelAt: 'here' },
} satisfies Readonly<Record<string, JudgeKind>>

type JudgeKindName = keyof typeof kinds

/** The form for `--judge`, such as `llm:<model>`. */
export function judgeForm(kindName: JudgeKindName): string {
  return 'judge' in kinds[kindName] ? kindName : `${kindName}:<model>`
}

/** For help and errors. */
export const judgeForms = keysOf(kinds).map(judgeForm).join(', ')

export interface NamedJudge {
  readonly kindName: JudgeKindName
  readonly kind: JudgeKind
  /** As its server knows it, or as it is typed behind `local:` for a policy. */
  readonly model?: string
}

/** Undefined for an unknown name. */
export function judgeNamed(name: string): NamedJudge | undefined {
  for (const [kindName, kind] of entriesOf<JudgeKindName, JudgeKind>(kinds)) {
    if (kind.judge !== undefined && name === kindName) return { kindName, kind }
    const prefix = `${kindName}:`
    if (kind.judge === undefined && name.startsWith(prefix)) return { kindName, kind, model: name.slice(prefix.length) }
  }
  return undefined
}

/** Whether this judge is the benchmark's own rule. */
export function isRuleOf({ judge }: Pick<Benchmark, 'judge'>, name: string): boolean {
  return judgeNamed(name)?.kindName === judge
}
