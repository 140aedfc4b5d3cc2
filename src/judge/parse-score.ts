/** What a judge's reply says: right, wrong, or nothing that can be read. Pure. */

/**
 * `official`: as the released scorer reads it, which takes "10" and "0.1" for right (reference 6.2); `strict`: exactly 0 or 1.
 */
export const scoreParsers = ['official', 'strict'] as const
export type ScoreParser = (typeof scoreParsers)[number]

/** undefined: no score can be read, so the judge has to be asked again. What a model thought before its reply does not count. */
export function parseScore(reply: string, parser: ScoreParser): 'correct' | 'wrong' | undefined {
  const said = withoutThinking(reply)
  const mark = said.toLowerCase().lastIndexOf('score:')
  if (mark < 0) return undefined
  const [line = ''] = said
    .slice(mark + 'score:'.length)
    .trim()
    .split('\n')
  if (parser === 'strict') {
    const digit = /^([01])\.?$/.exec(line.trim())?.[1]
    return digit === undefined ? undefined : digit === '1' ? 'correct' : 'wrong'
  }
  const [token = ''] = line.trim().split(' ')
  if (token.includes('1')) return 'correct'
  return token.includes('0') ? 'wrong' : undefined
}

/** Thinking that is not closed was cut off: there is no reply behind it. */
function withoutThinking(reply: string): string {
  return reply.replaceAll(/<think>[^]*?(?:<\/think>|$)/g, '')
}
