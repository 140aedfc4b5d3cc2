/**
 * Compares finished evaluations: node scripts/compare-evals.mjs <out folder> "<name>=<run folder>"...
 * Prints Markdown (accuracy at every turn limit of each run, paired differences to the first, and what went wrong), keeps it as
 * table.md, and draws turns.svg, the accuracy of the first run by turn limit, with a curve for each level.
 */
import { join } from 'node:path'
import { curveSvg, limitCurves } from '../dist/evaluate/document/curve-svg.js'
import { differenceText } from '../dist/evaluate/document/document.js'
import { compareEvals } from '../dist/evaluate/figures/compare.js'
import { readEvalRun } from '../dist/evaluate/read-run.js'
import { accuracyTable, causesTable, markdownTable } from '../dist/evaluate/document/table.js'
import { exitCodeOf, messageOf, UserError } from '../dist/shared/errors.js'
import { counted } from '../dist/shared/numbers.js'
import { replaceFile } from '../dist/shared/replace-file.js'

/** @param {string[]} args */
async function main([out, ...words]) {
  const named = words.map((word) => /^([^=]+)=(.+)$/.exec(word))
  if (out === undefined || out.includes('=') || named.length === 0 || named.includes(null)) {
    throw new UserError('usage', 'usage: node scripts/compare-evals.mjs <out folder> "<name>=<run folder>"...')
  }
  const names = named.map(([, name]) => name)
  if (new Set(names).size < names.length) throw new UserError('name-twice', 'Give every run a name of its own.')
  const entries = []
  for (const [, name, path] of named) entries.push({ ...(await readEvalRun(path)), name })

  const [first] = entries
  const sizes = entries.map(
    ({ name, summary }) =>
      `${name}: ${summary.problems} problems, ${counted(summary.samples, 'search', 'searches')} each`,
  )
  const causes = entries.flatMap((entry) => [
    `What went wrong, ${entry.name}:`,
    markdownTable(causesTable(entry.causes)),
  ])
  const differences = entries.slice(1).map((entry) => {
    return differenceText([first, entry], compareEvals(first.problems, entry.problems, first.config.seed))
  })
  const text = [markdownTable(accuracyTable(entries)), `${sizes.join('; ')}.`, ...differences, ...causes].join('\n\n')

  const title = `Accuracy of ${first.name} by turn limit`
  const chart = curveSvg(limitCurves(first.summary), { title, xLabel: 'turn limit', yLabel: 'accuracy' })
  await replaceFile(join(out, 'turns.svg'), chart)
  await replaceFile(join(out, 'table.md'), `${text}\n`)
  console.log(text)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(`error: ${messageOf(error)}`)
  process.exitCode = exitCodeOf(error)
}
