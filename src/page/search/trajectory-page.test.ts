import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { pixelBox, relativeBox } from '../../protocol/box.ts'
import { trajectorySchema } from '../../protocol/trajectory.ts'
import type { Trajectory, Turn } from '../../protocol/trajectory.ts'
import { trajectoryPage } from './trajectory-page.ts'
import type { PageSearch } from './trajectory-page.ts'

const url = 'data:image/png;base64,iVBORw0KGgo='
const hostile =
  '</script><script>alert(1)</script><img src=x onerror=alert(2)>"\'` \ud800 \u0000 \u001b[31m http://evil.test/'

test('a page holds question, answer, truth, verdict and every turn', () => {
  const page = trajectoryPage('One search', [search()])
  for (const text of [
    'Which digit?',
    'correct',
    'goal: red heart.',
    'Looks into observation 1',
    'Box refused',
    'Truth',
  ]) {
    expect(page).toContain(text)
  }
  expect(page.match(/<li class="card/g)).toHaveLength(5)
  expect(page.match(/<g class="box /g)).toHaveLength(2)
  expect(page).toContain('alt="As the policy saw it: observation 2, x 250 to 375, y 250 to 375 of the original"')
})

test('crops of crops are drawn at their place in the original, thinner the deeper', () => {
  const page = trajectoryPage('One search', [search()])
  expect(page).toContain('class="box turn-1 depth-1" data-turn="1" data-box="0 0 500 500"')
  expect(page).toContain('class="box turn-2 depth-2" data-turn="2" data-box="250 250 375 375"')
})

test('the target box and its checkbox are there only when the place is known', () => {
  expect(trajectoryPage('', [search()])).toContain('class="show-target"')
  const { targetBoxRel: _, ...problem } = sample.problem
  expect(trajectoryPage('', [search({ problem })])).not.toContain('class="show-target"')
})

test('nothing leaves the page: a policy by hash, no inline handlers or styles, pictures inside', () => {
  const page = trajectoryPage('One search', [search(), search()])
  const csp = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!
  expect(csp).toContain('default-src &#39;none&#39;; img-src data:')
  for (const name of ['script', 'style']) {
    const elements = [...page.matchAll(new RegExp(`<${name}[^>]*>([\\s\\S]*?)</${name}>`, 'g'))]
    expect(elements).toHaveLength(1)
    expect(csp).toContain(`&#39;sha256-${createHash('sha256').update(elements[0]![1]!).digest('base64')}&#39;`)
  }
  const markup = page.replace(/<(script|style)>[\s\S]*?<\/\1>/g, '')
  expect(markup).not.toMatch(/\son\w+=|\sstyle=|<link|<iframe|<base/i)
  for (const [, target] of page.matchAll(/\s(?:src|href)="([^"]*)"/g)) expect(target).toMatch(/^(data:image\/|#)/)
  expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|@import|url\(/)
})

test('hostile text of a model or a file stays text, everywhere', () => {
  const turns: Turn[] = sample.turns.map((turn) => ({
    ...turn,
    text: hostile,
    thought: hostile,
    error: turn.error && { ...turn.error, error: hostile },
    action:
      turn.action?.kind === 'answer'
        ? { ...turn.action, text: hostile }
        : turn.action && { ...turn.action, source: hostile },
  }))
  const calm = trajectoryPage('T', [search()])
  const page = trajectoryPage(hostile, [
    {
      ...search({
        turns,
        answer: hostile,
        policy: hostile,
        problem: { ...sample.problem, question: hostile, answer: hostile, docId: hostile, dataSource: hostile },
        verdict: { kind: 'wrong', reason: hostile },
      }),
      title: hostile,
    },
  ])
  for (const name of ['script', 'img', 'a', 'li', 'svg', 'image']) {
    const count = (text: string): number => text.match(new RegExp(`<${name}[\\s>]`, 'g'))?.length ?? 0
    expect([name, count(page)]).toEqual([name, count(calm)])
  }
  expect(page).toContain('&lt;/script&gt;&lt;script&gt;alert(1)')
  expect(page.isWellFormed()).toBe(true)
  // oxlint-disable-next-line no-control-regex
  expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/)
})

test('a reply of megabytes is cut on the page', () => {
  const turns = [{ ...sample.turns[0]!, thought: 'x'.repeat(5_000_000), text: 'y'.repeat(5_000_000) }]
  const page = trajectoryPage('Long', [search({ turns, end: 'over-turn', answer: null })])
  expect(page.length).toBeLessThan(100_000)
  expect(page).toContain('more characters')
})

test('a search without any turn, and one that failed, still make a page', () => {
  const failed = search({
    turns: [],
    observations: sample.observations.slice(0, 1),
    answer: null,
    end: 'failed',
    failure: { code: 'gone', message: 'the policy went away' },
  })
  const page = trajectoryPage('Failed', [failed])
  expect(page).toContain('the policy went away')
  expect(page).toContain('No answer: the policy failed')
})

test('pictures are data, or there is no page', () => {
  for (const originalUrl of [
    'https://evil.test/a.png',
    'data:image/svg+xml;base64,AAAA',
    'data:image/png;base64,"x"',
  ]) {
    expect(() => trajectoryPage('', [{ ...search(), originalUrl }])).toThrow('data: URLs')
  }
})

const usage = { promptTokens: 70, imageTokens: 64, replyTokens: 20 }
const sample: Trajectory = trajectorySchema.parse({
  version: 1,
  problem: {
    docId: 'one',
    dataSource: 'test',
    question: 'Which digit?',
    answer: '7',
    level: 'hard',
    targetBoxRel: relativeBox(0.3, 0.3, 0.32, 0.32),
  },
  picture: { sha256: 'a'.repeat(64), width: 1000, height: 1000 },
  policy: 'test',
  profile: { name: 'embedded', sha256: 'b'.repeat(64) },
  maxTurns: 12,
  seed: 1,
  sampleIndex: 0,
  turns: [
    {
      text: '...',
      finish: 'stop',
      thought: 'goal: red heart.',
      action: { kind: 'grounding', boxRel: relativeBox(0, 0, 0.5, 0.5), source: 'original_image' },
      observation: 1,
      usage,
      ms: 12,
    },
    {
      text: '...',
      finish: 'stop',
      thought: 'closer.',
      action: { kind: 'grounding', boxRel: relativeBox(0.5, 0.5, 0.75, 0.75), source: 'observation_1' },
      observation: 2,
      usage,
      ms: 12,
    },
    {
      text: '...',
      finish: 'stop',
      action: { kind: 'grounding', boxRel: relativeBox(0, 0, 1, 1), source: 'observation_7' },
      error: { code: 'no-such-source', error: 'There is no observation_7 yet.' },
      usage,
      ms: 12,
    },
    { text: '...', finish: 'stop', thought: 'legible.', action: { kind: 'answer', text: '7' }, usage, ms: 12 },
  ],
  observations: [
    { index: 0, parent: null, boxPx: pixelBox(0, 0, 1000, 1000), ...place(0, 0, 1000, 1000) },
    { index: 1, parent: 0, boxPx: pixelBox(0, 0, 500, 500), ...place(0, 0, 500, 500) },
    { index: 2, parent: 1, boxPx: pixelBox(250, 250, 375, 375), ...place(250, 250, 375, 375) },
  ],
  end: 'answered',
  answer: '7',
  usage,
  ms: 48,
  verdict: { kind: 'correct', reason: 'the same' },
})

function place(...box: [number, number, number, number]) {
  return { boxInOriginalPx: pixelBox(...box), view: { width: 64, height: 64 } }
}

function search(changes: Partial<Trajectory> = {}): PageSearch {
  const trajectory = { ...sample, ...changes }
  const images = { viewUrl: url, cropUrl: url, thumbUrl: url }
  return { title: 'hard', trajectory, originalUrl: url, observations: trajectory.observations.map(() => images) }
}
