import { describe, expect, it } from 'vitest'
import { bytesText } from './bytes.ts'
import { durationText } from './durations.ts'
import { startProgress } from './progress.ts'

function setup(isTTY: boolean, total?: number, done?: number) {
  let ms = 0
  const written: string[] = []
  const stream = { isTTY, columns: 80, write: (text: string) => written.push(text) }
  const progress = startProgress({ label: 'searches', total, done, stream, now: () => ms })
  return { progress, written, pass: (by: number) => (ms += by) }
}

describe('progress', () => {
  it('says nothing about work of under two seconds', () => {
    const { progress, written, pass } = setup(true, 3)
    for (let i = 0; i < 3; i++) {
      pass(600)
      progress.advance()
    }
    progress.finish()
    expect(written).toEqual([])
  })

  it('writes plain lines with count, rate and time left every few seconds', () => {
    const { progress, written, pass } = setup(false, 100)
    for (let i = 0; i < 20; i++) {
      pass(1000)
      progress.advance(2, 'loss 0.5')
    }
    expect(written[0]).toBe('searches 4/100, 2.00/s, 48 s left, loss 0.5\n')
    expect(written).toHaveLength(4)
    progress.finish()
    expect(written.at(-1)).toBe('searches 40/100, 2.00/s, 30 s left, loss 0.5\n')
  })

  it('does not repeat its last plain line at the end', () => {
    const { progress, written, pass } = setup(false, 2)
    progress.advance()
    pass(10_000)
    progress.advance()
    progress.finish()
    expect(written).toEqual(['searches 2/2, 12.0/min, in 10 s\n'])
  })

  it('tells counts and rate in the unit that it is given', () => {
    let ms = 0
    const written: string[] = []
    const stream = { write: (text: string) => written.push(text) }
    const progress = startProgress({ label: 'model', total: 4e9, countText: bytesText, stream, now: () => ms })
    ms = 10_000
    progress.advance(1e9)
    expect(written).toEqual(['model 1.00 GB/4.00 GB, 100 MB/s, 30 s left\n'])
  })

  it('keeps one live line on a terminal, cut to its width', () => {
    const { progress, written, pass } = setup(true)
    pass(4000)
    progress.advance(1, 'x'.repeat(200))
    expect(written).toEqual(['\r\u001b[Jsearches 1, 15.0/min, in 4 s, '.padEnd(4 + 79, 'x')])
    progress.finish()
    expect(written.at(-1)).toBe('\n')
  })

  it('gives several notes lines of their own on a terminal, each cut to its width, and rewrites them in place', () => {
    const { progress, written, pass } = setup(true, 10)
    pass(4000)
    progress.advance(1, ['right 50 %', 'x'.repeat(200)])
    expect(written).toEqual([`\r\u001b[Jsearches 1/10, 15.0/min, 36 s left\nright 50 %\n${'x'.repeat(79)}`])
    pass(4000)
    progress.advance(1, ['right 60 %', 'y'])
    expect(written[1]).toBe('\u001b[2A\r\u001b[Jsearches 2/10, 15.0/min, 32 s left\nright 60 %\ny')
    progress.finish()
    expect(written.at(-1)).toBe('\n')
  })

  it('joins several notes to one plain line', () => {
    const { progress, written, pass } = setup(false, 10)
    pass(5000)
    progress.advance(1, ['right 50 %', 'turns 3.0'])
    expect(written).toEqual(['searches 1/10, 12.0/min, 45 s left, right 50 %, turns 3.0\n'])
  })

  it('writes a rate of thousands in full', () => {
    const { progress, written, pass } = setup(false, undefined)
    pass(2000)
    progress.advance(7860)
    expect(written).toEqual(['searches 7860, 3930/s, in 2 s\n'])
  })

  it('leaves work from before a resume out of the rate', () => {
    const { progress, written, pass } = setup(false, 100, 50)
    pass(10_000)
    progress.advance(10)
    expect(written).toEqual(['searches 60/100, 1.00/s, 40 s left\n'])
  })

  it('names durations', () => {
    expect([0.4, 59.4, 61, 3599.6, 7500].map(durationText)).toEqual([
      '0 s',
      '59 s',
      '1 min 01 s',
      '1 h 00 min',
      '2 h 05 min',
    ])
  })
})
