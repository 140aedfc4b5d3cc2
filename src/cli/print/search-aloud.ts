/** Runs one search, prints each turn as it arrives, and judges it if the right answer is known. */
import { duration, endText } from '../../page/step.ts'
import { judgeExact } from '../../judge/exact.ts'
import { judgeTrajectory } from '../../judge/judge.ts'
import type { Policy } from '../../policy/policy.ts'
import { reasonOf } from '../../protocol/reason.ts'
import { openThinking } from '../../protocol/thinking-marks.ts'
import { answeredBeyondLimit } from '../../protocol/trajectory.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { boxHints } from '../../search/box-hints.ts'
import { search } from '../../search/search.ts'
import type { Asked, SearchOptions, Task } from '../../search/search.ts'
import { plainLine, plainText } from './plain-text.ts'
import { turnPrinter } from './turns.ts'

export async function searchAloud(
  task: Task | Asked,
  policy: Policy,
  options: SearchOptions,
  stream: NodeJS.WriteStream,
): Promise<Trajectory> {
  const { print, styled, close } = turnPrinter(stream)
  const { question } = 'problem' in task ? task.problem : task
  stream.write(`${styled('bold', plainLine(question))}\n`)
  let judged: Trajectory | undefined
  /** The thought of the newest turn as far as it was printed. */
  let shown = { turn: 0, thought: '' }
  try {
    for await (const event of search(task, policy, { ...options, live: true })) {
      print(event)
      if (event.kind === 'thinking') shown = { turn: event.turn, thought: event.text }
      if (event.kind === 'writing') {
        const before = event.turn === shown.turn ? shown.thought : ''
        shown = { turn: event.turn, thought: before + event.text }
      }
      if (event.kind === 'ended') judged = await judgeTrajectory(event.trajectory, judgeExact, options.signal)
    }
  } finally {
    close()
  }
  if (judged === undefined) throw new Error('a search always ends with its trajectory')
  const right = judged.answer !== null && judged.verdict?.kind !== 'wrong'
  for (const line of [...shortcoming(judged, shown.thought), ...boxHints(judged, options.profile)])
    stream.write(`${line}\n`)
  stream.write(`${styled(['bold', right ? 'green' : 'red'], outcome(judged))}\n`)
  return judged
}

const longestReply = 2_000

/**
 * For a search that ended without an answer and without reaching a limit: the last reply, unless it is nothing but the thought that was
 * printed, and why it was not valid.
 */
function shortcoming(trajectory: Trajectory, printed: string): string[] {
  const reason = trajectory.answer === null ? reasonOf(trajectory) : undefined
  if (reason === undefined || reason.kind === 'unjudged') return []
  const last = trajectory.turns.at(-1)
  // A failure after a zoom has no reply to quote.
  const text =
    last === undefined || (last.action !== undefined && last.action.kind !== 'answer') ? '' : last.text.trim()
  const thinking = text === '' ? last?.thinking : openThinking(text)
  const whole = text || (thinking ?? '')
  const news = thinking !== undefined && flat(thinking) === flat(printed) ? '' : whole
  const shown = plainText(news.length > longestReply ? `${news.slice(0, longestReply)}…` : news).trim()
  const quoted = shown === '' ? [] : ['The last reply in full:', ...shown.split('\n').map((line) => `  | ${line}`)]
  return [...quoted, plainText(reason.message)]
}

function flat(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

/** For example `answer 7, truth 7: correct (5 turns, 1.2 s)`. */
function outcome(trajectory: Trajectory): string {
  const { answer, problem, verdict, turns, ms } = trajectory
  const how = endText(trajectory)
  const beyond = answeredBeyondLimit(trajectory) ? `, ${how}` : ''
  const said = answer === null ? `no answer: ${how}` : `answer ${plainLine(answer, 160)}${beyond}`
  const truth = problem.answer === undefined ? '' : `, truth ${plainLine(problem.answer, 160)}: ${verdict?.kind}`
  return `${said}${truth} (${turns.length} ${turns.length === 1 ? 'turn' : 'turns'}, ${duration(ms)})`
}
