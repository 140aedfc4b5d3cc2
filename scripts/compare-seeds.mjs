/**
 * Compares policies that were trained or searched with several seeds, on the same problems:
 * node scripts/compare-seeds.mjs [--trained-turns 6] <out folder> "<name>=<run folder>,<run folder>..."...
 * Writes table.md (for each level: accuracy at every turn limit, pooled over seeds, with intervals over problems; every
 * seed by itself; differences, paired by problem), turns-<level>.svg and figures.json. If two policies have equally many runs,
 * three to ten, these are taken as pairs in the order in which they are named (such as: same cold start, same training seed), and
 * their differences come with a second interval, over pairs of runs.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bootstrapMean } from '../dist/evaluate/figures/bootstrap.js'
import { clustersOf } from '../dist/evaluate/figures/clusters.js'
import { curveSvg, limitCurve } from '../dist/evaluate/document/curve-svg.js'
import { readEvalRun } from '../dist/evaluate/read-run.js'
import { summarise } from '../dist/evaluate/figures/summary.js'
import { markdownTable } from '../dist/evaluate/document/table.js'
import { levels } from '../dist/protocol/problem.js'
import { exitCodeOf, messageOf, UserError } from '../dist/shared/errors.js'
import { counted, mean as meanOf, sum } from '../dist/shared/numbers.js'
import { replaceFile } from '../dist/shared/replace-file.js'

/** The largest turn limit at which tables and curves begin. */
const latestStart = 4

const percent = (share) => (share * 100).toFixed(1)
const interval = ({ low, high }) => `${percent(low)} to ${percent(high)}`
const signed = (share) => `${share < 0 ? '-' : '+'}${percent(Math.abs(share))}`
const signedTurns = (turns) => `${turns < 0 ? '-' : '+'}${Math.abs(turns).toFixed(2)}`

async function readPolicy([name, paths]) {
  const runs = []
  for (const path of paths) runs.push(await readEvalRun(path))
  const names = runs[0].problemNames
  if (runs.some(({ problemNames }) => problemNames.join('\n') !== names.join('\n'))) {
    throw new UserError('other-problems', `The runs of ${name} are not on the same problems.`)
  }
  const pooled = names.map((_, i) => runs.flatMap(({ outcomesByProblem }) => outcomesByProblem[i]))
  const { samples } = runs[0].summary
  const maxTurns = runs[0].summary.byTurnLimit.at(-1).limit
  const scored = pooled.map((outcomes) => ({ slices: {}, outcomes }))
  const summary = summarise(scored, { samples: samples * runs.length, maxTurns, seed: 1, run: name })
  return { name, names, runs, pooled, summary }
}

const shareAt = (outcomes, limit) =>
  outcomes.filter((own) => own.correct && own.turns <= limit).length / outcomes.length

/** The mean over the problems of a level of what `differenceOf` says of each, with its interval, as words. */
function differenceWords(policy, level, differenceOf) {
  /** @type {{ slices: {}, outcomes: any[], difference: number }[]} */
  const problems = policy.pooled.flatMap((outcomes, i) =>
    outcomes[0].level === level ? [{ slices: {}, outcomes, difference: differenceOf(outcomes, i) }] : [],
  )
  const differences = clustersOf(problems).map((cluster) => cluster.map(({ difference }) => difference))
  const { mean, low, high } = bootstrapMean(differences, 1)
  return `${signed(mean)} (${signed(low)} to ${signed(high)})`
}

/** 97.5 % quantiles of Student's t distribution for 2 to 9 degrees of freedom. */
const tQuantiles = [4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262]

/** The runs of two policies as pairs, in the order in which they were named; undefined if they are no pairs, too few or too many. */
function pairedRuns(policy, other, level) {
  const n = policy.runs.length
  if (other.runs.length !== n || tQuantiles[n - 3] === undefined) return undefined
  return policy.runs.map(({ summary }, i) => [summary.byLevel[level], other.runs[i].summary.byLevel[level]])
}

/**
 * The mean difference of paired training runs in a figure, with a 95 % t interval over the pairs, as words: what other seeds and
 * cold starts could change on these problems.
 */
function pairedWords(pairs, figureOf, wordsOf) {
  const n = pairs.length
  const differences = pairs.map(([own, other]) => figureOf(own) - figureOf(other))
  const mean = meanOf(differences)
  const variance = sum(differences.map((one) => (one - mean) ** 2)) / (n - 1)
  const half = tQuantiles[n - 3] * Math.sqrt(variance / n)
  return `${wordsOf(mean)} (${wordsOf(mean - half)} to ${wordsOf(mean + half)})`
}

/** @param {string[]} args */
async function main(args) {
  const options = { 'trained-turns': { type: /** @type {const} */ ('string'), default: '6' } }
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
  const [out, ...words] = positionals
  /** Turns of a search in training. */
  const trainedLimit = Number(values['trained-turns'])
  const firstLimit = Math.min(latestStart, trainedLimit)
  const named = words.map((word) => /^([^=]+)=(.+)$/.exec(word))
  if (out === undefined || out.includes('=') || named.length === 0 || named.includes(null)) {
    throw new UserError(
      'usage',
      'usage: node scripts/compare-seeds.mjs [--trained-turns 6] <out folder> "<name>=<run>,<run>..."...',
    )
  }
  const policies = []
  for (const [, name, runs] of named) policies.push(await readPolicy([name, runs.split(',')]))
  const [base] = policies
  if (policies.some(({ names }) => names.join('\n') !== base.names.join('\n'))) {
    throw new UserError('other-problems', 'The policies were not tried on the same problems.')
  }

  const parts = []
  const figures = {}
  for (const level of levels) {
    const slices = policies.flatMap((policy) => {
      const slice = policy.summary.byLevel[level]
      return slice ? [{ ...policy, slice }] : []
    })
    if (slices.length === 0) continue
    const limits = slices[0].slice.byTurnLimit.map(({ limit }) => limit).filter((limit) => limit >= firstLimit)
    const scoreAt = (slice, limit) => slice.byTurnLimit.find((score) => score.limit === limit)
    const rows = slices.map(({ name, slice, runs }) => [
      name,
      ...limits.map((limit) => percent(scoreAt(slice, limit).avgAtK)),
      interval(scoreAt(slice, limits.at(-1))),
      runs.map(({ summary }) => percent(summary.byLevel[level].avgAtK)).join(', '),
      slice.meanTurns.toFixed(1),
      percent(slice.ends['over-turn']),
    ])
    const last = limits.at(-1)
    const head = [`${level}: %, at turn limit`, ...limits.map(String), `95 % at ${last}`, 'each seed', 'turns', 'over']
    const differences = slices.flatMap((policy, index) => [
      `- ${policy.name}, from ${trainedLimit} turns to ${last}: ` +
        differenceWords(policy, level, (own) => shareAt(own, last) - shareAt(own, trainedLimit)),
      ...slices.slice(0, index).flatMap((other) => {
        const between = `${policy.name} minus ${other.name}`
        const atLast = `- ${between} at ${last} turns: ${differenceWords(policy, level, (own, i) => shareAt(own, last) - shareAt(other.pooled[i], last))}`
        const pairs = pairedRuns(policy, other, level)
        if (!pairs) return [atLast]
        const gainOf = (slice) => slice.avgAtK - scoreAt(slice, trainedLimit).avgAtK
        return [
          `${atLast}; over ${counted(pairs.length, 'pair', 'pairs')} of runs ${pairedWords(pairs, ({ avgAtK }) => avgAtK, signed)}`,
          `- ${between}, gain from ${trainedLimit} turns to ${last}, over these pairs: ${pairedWords(pairs, gainOf, signed)}`,
          `- ${between}, mean turns, over these pairs: ${pairedWords(pairs, ({ meanTurns }) => meanTurns, signedTurns)}`,
        ]
      }),
    ])
    const { problems } = slices[0].slice
    const about = `${problems} problems; ${slices.map(({ name, slice }) => `${name}: ${counted(slice.samples, 'search', 'searches')} each`).join('; ')}.`
    parts.push([markdownTable({ head, rows }), about, differences.join('\n')].join('\n\n'))
    figures[level] = Object.fromEntries(
      slices.map(({ name, slice, runs }) => [
        name,
        { pooled: slice, seeds: runs.map(({ summary }) => summary.byLevel[level]) },
      ]),
    )
    const curves = slices.map(({ name, slice }) => {
      const curve = limitCurve(name, slice)
      return { ...curve, points: curve.points.filter(({ x }) => x >= firstLimit) }
    })
    const title = `Accuracy by turn limit, ${level}`
    const chart = curveSvg(curves, { title, xLabel: 'turn limit at test time', yLabel: 'accuracy' })
    await replaceFile(join(out, `turns-${level}.svg`), chart)
  }
  const text = parts.join('\n\n')
  await replaceFile(join(out, 'table.md'), `${text}\n`)
  await replaceFile(join(out, 'figures.json'), `${JSON.stringify(figures, null, 1)}\n`)
  console.log(text)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(`error: ${messageOf(error)}`)
  process.exitCode = exitCodeOf(error)
}
