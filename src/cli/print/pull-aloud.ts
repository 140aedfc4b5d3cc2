/** A download as a person sees it: what would come, from where and under which licence; then how far it is and what it waits for. */
import { pullFiles } from '../../hub/pull.ts'
import type { PullPlan } from '../../hub/pull.ts'
import { bytesText } from '../../shared/bytes.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { startProgress } from '../../shared/progress.ts'
import { isAgreed } from './consent.ts'
import { say } from './output.ts'

interface PullAloud {
  /** What it is, for people. */
  readonly title: string
  /** Where more is known of it than the card says. */
  readonly licence?: string
  readonly yes: boolean | undefined
  /** The line with which a script goes on. */
  readonly command: string
}

/** For whoever waits while a plan is made. */
export const sayingRetries = {
  onRetry: () => say('The hub is busy or out of reach: trying again.'),
}

const mostNames = 8

/** Shows the plan, asks, downloads. False: the person said no. Stopped by Ctrl-C, what has come is kept. */
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
    say('Stopping. What has come is kept: repeat the command to go on.')
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
    `  licence: ${licence ?? 'the card names none'}`,
    `  to ${hub.cache}`,
    ...(bytesLeft < bytes ? [`  ${bytesText(bytes - bytesLeft)} of ${bytesText(bytes)} are there already`] : []),
  ]
}
