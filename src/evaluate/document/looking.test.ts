/** The sentence that says how much of a score is due to looking. */
import { expect, test } from 'vitest'
import type { ControlFigures } from '../figures/looking.ts'
import { lookingParts } from './looking.ts'

function control(name: ControlFigures['control'], controlled: number): ControlFigures {
  const at = (mean: number) => ({ mean, low: mean - 0.05, high: mean + 0.05 })
  return {
    control: name,
    problems: 100,
    looking: 0.5,
    controlled: at(controlled),
    difference: at(0.5 - controlled),
    over: 'problems',
  }
}

const parts = (...controls: readonly ControlFigures[]) =>
  lookingParts({
    title: 'Set',
    policy: 'embedded',
    leftOut: [],
    corrected: 0,
    figures: {
      looking: { mean: 0.5, low: 0.4, high: 0.6 },
      problems: 100,
      controls,
      use: undefined,
      byProblem: [],
      withoutLooking: [],
    },
  })

test('counts as due to looking what no control without crops reaches, not what the worst of them loses', () => {
  const all = [control('black', 0.05), control('overview', 0.125), control('no-picture', 0.1), control('target', 0.98)]
  expect(parts(...all)).toContainEqual({
    kind: 'text',
    text:
      '50.0 % of searches are right with looking. Of the controls that withhold the crops, "overview only" comes nearest ' +
      'with 12.5 %: +37.5 points (95 % +32.5 to +42.5), 75.0 % of the score, are due to looking.',
  })
})

test('says nothing of looking without a control that withholds the crops, or without any', () => {
  for (const all of [parts(control('target', 0.98)), parts()]) {
    expect(JSON.stringify(all)).not.toMatch(/due to looking|without looking|bootstrap over \./)
  }
})
