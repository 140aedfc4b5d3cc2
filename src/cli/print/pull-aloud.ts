/** A download with its terminal output: files, source and licence first, then progress and waiting times. */
import { pullFiles } from '../../hub/pull.ts'
import type { PullPlan } from '../../hub/pull.ts'
import { bytesText } from '../../shared/bytes.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { startProgress } from '../../shared/progress.ts'
import { isAgreed } from './consent.ts'
import { say } from './output.ts'

interface PullAloud {
  /** Title shown to the user. */
  readonly title: string
  /** Set if more is known about the licence than the card says. */
  readonly licence?: string
  readonly yes: boolean | undefined
  /** The command for scripts. */
  readonly command: string
}

/** Messages while the plan is made. */
export const sayingRetries = {
  onRetry: () => say('The hub is busy or unreachable: retrying.'),
}

const mostNames = 8

/** Shows the plan, asks, and downloads. Returns false if the user declined. After Ctrl-C, partial downloads are kept. */
export async function pullAloud(plan: PullPlan, about: PullAloud): Promise<boolean> {
  const { yes, command } = about
  if (plan.bytesLeft > 0) {
    for (const line of planLines(plan, about)) say(line)
    if (!(await isAgreed({ yes, question: `Download ${bytesText(plan.bytesLeft)}?`, command }))) return false
  }
  const before = plan.bytes - plan.bytesLeft
  const progress = startProgress({ label: 'download', total: plan.bytes, done: before, countText: bytesText })
  const interrupt = catchInterrupt(() => {
    progress.leave()
    say('Stopping. Partial downloads are kept: repeat the command to resume.')
  })
  let shown = before
  try {
    await pullFiles(plan, {
      signal: interrupt.signal,
      onBytes(done, _, note = '') {
        progress.advance(done - shown, note)
        shown = done
      },
    })
    progress.finish()
    return true
  } catch (error) {
    progress.leave()
    throw error
  } finally {
    interrupt.release()
  }
}

function planLines(plan: PullPlan, { title, licence = plan.licence }: PullAloud): string[] {
  const { repository, commit, files, bytes, bytesLeft, hub } = plan
  const names = files.slice(0, mostNames).map(({ path, bytes: own }) => `  ${path}, ${bytesText(own)}`)
  const more = files.length - mostNames
  return [
    title,
    `  from ${hub.endpoint.host}/${repository.kind === 'datasets' ? 'datasets/' : ''}${repository.id}, commit ${commit.slice(0, 8)}`,
    ...names,
    ...(more > 0 ? [`  and ${more} more files`] : []),
    `  licence: ${licence ?? 'none named on the model card'}`,
    `  to ${hub.cache}`,
    ...(bytesLeft < bytes ? [`  ${bytesText(bytes - bytesLeft)} of ${bytesText(bytes)} are already downloaded`] : []),
  ]
}
