/** A policy that is shown something else than its search looked at, for the controls of an evaluation. */
import { viewsOf } from '../../policy/policy.ts'
import type { Message, Policy, View } from '../../policy/policy.ts'
import type { Problem } from '../../protocol/problem.ts'

/** What a session is told in place of each message. */
export type Retell = (message: Message) => Message | Promise<Message>

/** Opened for each search, by the problem and the seed of its session. */
export type OpenRetell = (problem: Problem, seed: number) => Retell

/** `inner` with other messages; it keeps its name, so that requests and seeds are those of the search without a control. */
export function retoldPolicy(inner: Policy, openRetell: OpenRetell): Policy {
  return {
    ...inner,
    open: (problem, options) => {
      const session = inner.open(problem, options)
      const retell = openRetell(problem, options.seed)
      const { answerNow, adopt } = session
      return {
        take: async (message, turn) => session.take(await retell(message), turn),
        ...(answerNow && { answerNow: async (message, turn) => answerNow.call(session, await retell(message), turn) }),
        ...(adopt && {
          adopt: async (message, taken, turn) => adopt.call(session, await retell(message), taken, turn),
        }),
        close: () => session.close(),
      }
    },
  }
}

/** Every crop is black, at the size that it would have had. */
export const blackCrops: Retell = (message) =>
  message.kind === 'observation' ? { ...message, view: black(message.view) } : message

/** The question without its picture; its text must have no `<image>`. */
export const withoutPicture: Retell = (message) => {
  if (message.kind !== 'question') return message
  const { view: _view, furtherViews: _further, ...question } = message
  return question
}

/** For a policy that cannot take a turn without a view: every picture of the question is black. */
export const blackPicture: Retell = (message) => {
  if (message.kind !== 'question' || message.view === undefined) return message
  const [view, ...furtherViews] = viewsOf(message).map(black)
  return { ...message, ...(view && { view }), ...(furtherViews.length > 0 && { furtherViews }) }
}

function black(view: View): View {
  return {
    ...view,
    key: `black ${view.key}`,
    pixels: async () => {
      const { width, height } = await view.pixels()
      return { width, height, data: new Uint8Array(width * height * 3) }
    },
  }
}
